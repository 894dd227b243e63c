// SPDX-License-Identifier: GPL-2.0-or-later
// Counts what there is to describe, so that a forgotten member or enumerator is noticed.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

namespace vfio_doctor {

/// Stands for a value of any type; never made. std::optional takes it through its own constructor: a conversion as well
/// would be ambiguous.
struct AnyValue {
  template <class T>
  struct IsOptional : std::false_type {};
  template <class T>
  struct IsOptional<std::optional<T>> : std::true_type {};
  template <class T>
  requires(!IsOptional<T>::value) operator T() const;
};

template <class S, std::size_t... index>
consteval bool takes(std::index_sequence<index...>) {
  return requires { S{(static_cast<void>(index), AnyValue{})...}; };
}

/// How many members the aggregate S has: as many initializers as it takes.
template <class S, std::size_t count = 0>
consteval std::size_t member_count() {
  static_assert(std::is_aggregate_v<S>);
  if constexpr (takes<S>(std::make_index_sequence<count + 1>()))
    return member_count<S, count + 1>();
  else
    return count;
}

/// GCC and Clang write "V = Enum::name" for an enumerator and "V = (Enum)7" for another value.
template <auto V>
consteval bool is_enumerator() {
  return std::string_view(__PRETTY_FUNCTION__).find("V = (") == std::string_view::npos;
}

/// How many enumerators E has, counted from 0 without gaps.
template <class E, int next = 0>
consteval std::size_t enumerator_count() {
  if constexpr (is_enumerator<static_cast<E>(next)>())
    return enumerator_count<E, next + 1>();
  else
    return static_cast<std::size_t>(next);
}

/// Which members of which structs descriptions speak of.
class Coverage {
 public:
  /// S is described.
  template <class S>
  void enter() {
    auto& one = structs_[typeid(S)];
    one.members = member_count<S>();
  }
  /// A description speaks of this member, so S is described.
  template <class S, class T>
  void note(T S::*where) {
    static const S probe{};
    enter<S>();
    const auto* start = reinterpret_cast<const char*>(&probe);
    structs_[typeid(S)].offsets.insert(reinterpret_cast<const char*>(&(probe.*where)) - start);
  }
  /// One sentence for each struct of which some members are neither described nor withheld.
  std::vector<std::string> gaps() const;

 private:
  struct Struct {
    std::size_t members = 0;
    std::set<std::ptrdiff_t> offsets;
  };
  std::map<std::type_index, Struct> structs_;
};

}  // namespace vfio_doctor
