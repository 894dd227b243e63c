// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace vfio_doctor {

/// How much of a JSON text is taken. nlohmann::json copies and prints by recursion, so the depth that an input may
/// choose is stack; every value is memory, however short its text; ordered_json looks for a key one by one.
struct JsonBounds {
  static constexpr std::size_t most_levels = 64;
  std::size_t most_values = 1'000'000;  ///< objects, arrays, and what is in them
  std::size_t most_members = 1024;      ///< of one object
};

/// A JSON text that is not taken. what() follows "NAME: ": "not valid JSON", or "not valid JSON: nested deeper than ...".
class JsonError : public std::runtime_error {
 public:
  explicit JsonError(std::string why, std::size_t line = 0)
      : std::runtime_error("not valid JSON" + why), why_(std::move(why)), line_(line) {}
  const std::string& why() const { return why_; }  ///< ": nested deeper than ..."; empty for a syntax error
  std::size_t line() const { return line_; }       ///< of a syntax error, from 1; else 0

 private:
  std::string why_;
  std::size_t line_;
};

/// Refuses what goes beyond the bounds as soon as the parser gets there, before memory is spent on it.
template <class Json>
class JsonBoundsKeeper {
 public:
  explicit JsonBoundsKeeper(const JsonBounds& bounds) : bounds_(bounds) {}

  bool operator()(typename Json::parse_event_t event) {
    using Event = typename Json::parse_event_t;
    switch (event) {
      case Event::object_start:
      case Event::array_start:
        if (level_ == JsonBounds::most_levels)
          throw JsonError(": nested deeper than " + std::to_string(JsonBounds::most_levels) + " levels");
        members_[level_++] = 0;
        count_value();
        break;
      case Event::object_end:
      case Event::array_end:
        --level_;
        break;
      case Event::key:
        if (++members_[level_ - 1] > bounds_.most_members)
          throw JsonError(": more than " + std::to_string(bounds_.most_members) + " members in one object");
        break;
      case Event::value:
        count_value();
        break;
    }
    return true;
  }

 private:
  void count_value() {
    if (++values_ > bounds_.most_values) throw JsonError(": more than " + std::to_string(bounds_.most_values) + " values");
  }

  const JsonBounds& bounds_;
  std::size_t level_ = 0, values_ = 0;
  std::array<std::size_t, JsonBounds::most_levels> members_{};
};

/// The one way in which JSON of others is read. Throws JsonError.
template <class Json = nlohmann::json>
Json parse_bounded_json(std::string_view text, const JsonBounds& bounds = {}) {
  JsonBoundsKeeper<Json> keeper(bounds);
  try {
    return Json::parse(text.begin(), text.end(),
                       [&keeper](int, typename Json::parse_event_t event, Json&) { return keeper(event); });
  } catch (const typename Json::parse_error& problem) {  // `byte` counts from 1
    throw JsonError("", line_at(text, problem.byte == 0 ? 0 : problem.byte - 1));
  } catch (const typename Json::exception&) {
    throw JsonError(": a number is out of range");
  }
}

}  // namespace vfio_doctor
