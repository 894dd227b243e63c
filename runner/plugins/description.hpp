// SPDX-License-Identifier: GPL-2.0-or-later
// A fact is described once: name, meaning and the member that holds it. Its JSON for plugins, its JSON Schema (2020-12) and
// its line in the table of facts all come from that.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/observed.hpp"
#include "base/text.hpp"
#include "machine/pci_address.hpp"
#include "runner/plugins/description_coverage.hpp"

namespace vfio_doctor {

using FactJson = nlohmann::ordered_json;  ///< keeps the order of members: shell plugins cut the line with sed

/// How a type is written: value(const T&) is its JSON, schema(Coverage&) what such JSON looks like. A type without a form is
/// a build error where it is described.
template <class T>
struct Form;

/// The words of an enumeration: specialize with `static constexpr auto list = std::to_array<Word<E>>({...})`, one word for
/// each enumerator. An empty word: the value was not recognised, which is written as unreadable.
template <class E>
struct Word {
  E value;
  std::string_view text;
};
template <class E>
struct Words;

/// One described member of the struct S. Without a name it is withheld: known, and on purpose not shown.
template <class S>
struct Member {
  std::string_view name, meaning;
  std::function<FactJson(const S&)> value;
  std::function<FactJson(Coverage&)> schema;
};
template <class S>
using Members = std::vector<Member<S>>;

/// What a struct consists of: specialize with `static Members<S> members()`.
template <class S>
struct Description;
template <class S>
concept Described = requires {
  Description<S>::members();
};

// ---- objects ---------------------------------------------------------------------------------------------------------

template <class S>
FactJson object_value(const Members<S>& members, const S& object) {
  FactJson json = FactJson::object();
  for (const auto& one : members)
    if (!one.name.empty()) json.emplace(std::string(one.name), one.value(object));
  return json;
}

template <class S>
FactJson object_schema(const Members<S>& members, Coverage& coverage) {
  FactJson required = FactJson::array(), properties = FactJson::object();
  for (const auto& one : members) {
    auto schema = one.schema(coverage);
    if (one.name.empty()) continue;
    FactJson described = {{"description", one.meaning}};
    described.update(schema);
    required.push_back(one.name);
    properties[std::string(one.name)] = std::move(described);
  }
  return {{"type", "object"}, {"required", std::move(required)}, {"properties", std::move(properties)}};
}

/// An object of its own that is made of facts from several places of S.
template <class S>
Member<S> grouped(std::string_view name, std::string_view meaning, Members<S> members) {
  return {name, meaning, [members](const S& object) { return object_value(members, object); },
          [members](Coverage& coverage) { return object_schema(members, coverage); }};
}

// ---- members ---------------------------------------------------------------------------------------------------------

template <class S, class T>
Member<S> member(std::string_view name, std::string_view meaning, T S::*where) {
  return {name, meaning, [where](const S& object) { return Form<T>::value(object.*where); },
          [where](Coverage& coverage) {
            coverage.note(where);
            return Form<T>::schema(coverage);
          }};
}

/// A member of a part of S.
template <class S, class Part, class T>
Member<S> member(std::string_view name, std::string_view meaning, Part S::*part, T Part::*where) {
  return {name, meaning, [part, where](const S& object) { return Form<T>::value(object.*part.*where); },
          [part, where](Coverage& coverage) {
            coverage.note(part);
            coverage.note(where);
            return Form<T>::schema(coverage);
          }};
}

/// What `make` says of the object; `covered` are the members that it speaks for.
template <class S, class Make, class... Covered>
Member<S> computed(std::string_view name, std::string_view meaning, Make make, Covered S::*... covered) {
  using T = std::remove_cvref_t<std::invoke_result_t<Make, const S&>>;
  return {name, meaning, [make](const S& object) { return Form<T>::value(make(object)); },
          [covered...](Coverage& coverage) {
            (coverage.note(covered), ...);
            return Form<T>::schema(coverage);
          }};
}

/// A member that plugins do not get; `why` is for who reads the description.
template <class S, class T>
Member<S> withheld(T S::*where, [[maybe_unused]] std::string_view why) {
  return {{}, {}, {}, [where](Coverage& coverage) {
            coverage.note(where);
            return FactJson();
          }};
}
template <class S, class Part, class T>
Member<S> withheld(Part S::*part, T Part::*where, [[maybe_unused]] std::string_view why) {
  return {{}, {}, {}, [part, where](Coverage& coverage) {
            coverage.note(part);
            coverage.note(where);
            return FactJson();
          }};
}

/// The same fact in another form: convert(value) where there is a value.
template <class T, class Convert>
auto mapped(const Observed<T>& fact, Convert convert) {
  using Result = Observed<std::remove_cvref_t<std::invoke_result_t<Convert, const T&>>>;
  return fact.has_value() ? Result(convert(fact.value())) : Result::like(fact);
}

/// A number as so many hexadecimal digits.
template <std::size_t digits>
struct Hex {
  std::uint64_t number;
};
template <std::size_t digits, class Number>
Hex<digits> as_hex(Number number) {
  return {number};
}
template <std::size_t digits, class Number>
Observed<Hex<digits>> as_hex(const Observed<Number>& fact) {
  return mapped(fact, [](Number number) { return Hex<digits>{number}; });
}

template <std::size_t digits, class S, class T>
Member<S> hex_member(std::string_view name, std::string_view meaning, T S::*where) {
  return computed<S>(
      name, meaning, [where](const S& object) { return as_hex<digits>(object.*where); }, where);
}

template <std::size_t digits, class S, class Part, class T>
Member<S> hex_member(std::string_view name, std::string_view meaning, Part S::*part, T Part::*where) {
  return {name, meaning,
          [part, where](const S& object) {
            return Form<decltype(as_hex<digits>(T()))>::value(as_hex<digits>(object.*part.*where));
          },
          [part, where](Coverage& coverage) {
            coverage.note(part);
            coverage.note(where);
            return Form<decltype(as_hex<digits>(T()))>::schema(coverage);
          }};
}

inline std::optional<std::string> text_or_nothing(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// Text of which empty means that there is none: null.
template <class S>
Member<S> text_or_null(std::string_view name, std::string_view meaning, std::string S::*where) {
  return computed<S>(
      name, meaning, [where](const S& object) { return text_or_nothing(object.*where); }, where);
}

// ---- forms -----------------------------------------------------------------------------------------------------------

template <>
struct Form<std::string> {
  static FactJson value(const std::string& text) { return text; }
  static FactJson schema(Coverage&) { return {{"type", "string"}}; }
};

template <>
struct Form<bool> {
  static FactJson value(bool truth) { return truth; }
  static FactJson schema(Coverage&) { return {{"type", "boolean"}}; }
};

template <std::integral T>
struct Form<T> {
  static FactJson value(T number) { return number; }
  static FactJson schema(Coverage&) {
    FactJson json = {{"type", "integer"}};
    if (std::is_unsigned_v<T>) json["minimum"] = 0;
    return json;
  }
};

template <std::size_t digits>
struct Form<Hex<digits>> {
  static FactJson value(Hex<digits> hex) { return hex_text(hex.number, digits); }
  static FactJson schema(Coverage&) { return {{"type", "string"}, {"pattern", "^[0-9a-f]{" + std::to_string(digits) + "}$"}}; }
};

template <>
struct Form<PciAddress> {
  static FactJson value(const PciAddress& address) { return address.text(); }
  static FactJson schema(Coverage&) { return {{"$ref", "#/$defs/address"}}; }
};

template <class T>
struct Form<std::vector<T>> {
  static FactJson value(const std::vector<T>& items) {
    FactJson json = FactJson::array();
    for (const auto& item : items) json.push_back(Form<T>::value(item));
    return json;
  }
  static FactJson schema(Coverage& coverage) { return {{"type", "array"}, {"items", Form<T>::schema(coverage)}}; }
};

inline const std::string& key_text(const std::string& name) { return name; }
inline std::string key_text(const PciAddress& address) { return address.text(); }

template <class Key, class T>
struct Form<std::map<Key, T>> {
  static FactJson value(const std::map<Key, T>& items) {
    FactJson json = FactJson::object();
    for (const auto& [name, item] : items) json.emplace(key_text(name), Form<T>::value(item));
    return json;
  }
  static FactJson schema(Coverage& coverage) {
    return {{"type", "object"}, {"additionalProperties", Form<T>::schema(coverage)}};
  }
};

/// null: there is none.
template <class T>
struct Form<std::optional<T>> {
  static FactJson value(const std::optional<T>& known) { return known ? Form<T>::value(*known) : FactJson(nullptr); }
  static FactJson schema(Coverage& coverage) {
    return {{"anyOf", FactJson::array({Form<T>::schema(coverage), {{"type", "null"}}})}};
  }
};

inline FactJson unreadable_value(const std::string& why) { return FactJson::object({{"unreadable", why}}); }
inline FactJson unreadable_schema() { return FactJson::object({{"$ref", "#/$defs/unreadable"}}); }

/// A value as it is, null for an absent fact, {"unreadable": why} for one that could not be read.
template <class T>
struct Form<Observed<T>> {
  static FactJson value(const Observed<T>& fact) {
    if (fact.has_value()) return Form<T>::value(fact.value());
    return fact.is_absent() ? FactJson(nullptr) : unreadable_value(fact.why());
  }
  static FactJson schema(Coverage& coverage) {
    return {{"anyOf", FactJson::array({Form<T>::schema(coverage), {{"type", "null"}}, unreadable_schema()})}};
  }
};

template <class E>
requires std::is_enum_v<E>
struct Form<E> {
  static_assert(Words<E>::list.size() == enumerator_count<E>(), "every enumerator has its word");
  static FactJson value(E value) {
    const auto found = std::ranges::find(Words<E>::list, value, &Word<E>::value);
    if (found == Words<E>::list.end() || found->text.empty()) return unreadable_value("not recognised");
    return found->text;
  }
  static FactJson schema(Coverage&) {
    FactJson words = FactJson::array();
    for (const auto& word : Words<E>::list)
      if (!word.text.empty()) words.push_back(word.text);
    const bool is_complete = words.size() == Words<E>::list.size();
    FactJson json = {{"enum", std::move(words)}};
    return is_complete ? json : FactJson({{"anyOf", FactJson::array({json, unreadable_schema()})}});
  }
};

template <Described S>
struct Form<S> {
  static const Members<S>& members() {
    static const auto list = Description<S>::members();
    return list;
  }
  static FactJson value(const S& object) { return object_value(members(), object); }
  static FactJson schema(Coverage& coverage) {
    coverage.enter<S>();
    return object_schema(members(), coverage);
  }
};

}  // namespace vfio_doctor
