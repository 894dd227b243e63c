// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace vfio_doctor {

/// Why a fact could not be read, where a rule or a report makes a difference of it. The words for people stand beside it.
enum class UnreadCause {
  other,
  permission,  ///< refused to this user (EACCES, EPERM)
  asleep,      ///< it sleeps, and to look would wake it
};

/// One fact as it was observed: a value, "the machine does not have it" (absent), or
/// "it could not be read" (unreadable, with the reason). There is no sentinel value: a rule
/// that needs an unreadable fact must answer `unknown`, never `pass`.
template <class T>
class Observed {
 public:
  /// A fact that nobody looked for yet counts as unreadable.
  Observed() : state_(std::in_place_index<2>) {}
  Observed(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose

  static Observed absent() { return Observed(State(std::in_place_index<1>)); }
  static Observed unreadable(std::string why, UnreadCause cause = UnreadCause::other) {
    return Observed(State(std::in_place_index<2>, std::make_shared<const Unreadable>(std::move(why), cause)));
  }
  /// The same absence or failure for another type. Where there is a value: nobody looked for the other.
  template <class U>
  static Observed like(const Observed<U>& other) {
    const auto* unread = std::get_if<2>(&other.state_);
    return other.is_absent() ? absent() : Observed(State(std::in_place_index<2>, unread ? *unread : nullptr));
  }

  bool has_value() const { return state_.index() == 0; }
  bool is_absent() const { return state_.index() == 1; }
  bool is_unreadable() const { return state_.index() == 2; }

  /// Precondition: has_value(); throws std::bad_variant_access otherwise.
  const T& value() const { return std::get<0>(state_); }
  T& value() { return std::get<0>(state_); }
  const T& operator*() const { return value(); }
  const T* operator->() const { return &value(); }
  /// The value, or nullptr where there is none.
  const T* get() const { return std::get_if<0>(&state_); }
  /// True only where the value was observed and equals `expected`.
  bool is(const T& expected) const { return has_value() && value() == expected; }
  /// Why there is no value: "absent", or the reason it could not be read; empty where there is one.
  std::string why() const {
    if (is_absent()) return "absent";
    if (has_value()) return {};
    const auto& unread = std::get<2>(state_);
    return !unread || unread->first.empty() ? "not read" : unread->first;
  }
  UnreadCause cause() const {
    const auto* unread = std::get_if<2>(&state_);
    return unread && *unread ? (*unread)->second : UnreadCause::other;
  }

 private:
  template <class U>
  friend class Observed;
  struct Absent {};
  /// Why, in words, and the cause. Apart from the fact and shared by those it holds for: there are a dozen facts of a function,
  /// thousands of functions, and most are read.
  using Unreadable = std::pair<std::string, UnreadCause>;
  using State = std::variant<T, Absent, std::shared_ptr<const Unreadable>>;  // null: nobody looked
  explicit Observed(State state) : state_(std::move(state)) {}
  State state_;
};

}  // namespace vfio_doctor
