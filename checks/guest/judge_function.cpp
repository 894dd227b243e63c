// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "checks/guest/class_rules.hpp"
#include "checks/guest/fit.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

std::uint16_t class_of(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (seen.class_and_subclass.has_value()) return seen.class_and_subclass.value();
  return expected.id.class_code.has_value() ? static_cast<std::uint16_t>(*expected.id.class_code >> 8) : 0xffff;
}

using Lines = std::vector<const GuestLogLine*>;

/// "probe with driver NAME failed" and, before Linux 6.11, "NAME: probe of ADDRESS failed" (drivers/base/dd.c): NAME; empty where
/// the line is none of these.
std::string failed_prober(const std::string& text) {
  const auto words = split_words(text);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != "probe") continue;
    if (words[i + 1] == "with" && i + 3 < words.size()) return normalize_module_name(to_lower(words[i + 3]));
    if (words[i + 1] == "of" && i > 0 && words[i - 1].ends_with(':'))
      return normalize_module_name(to_lower(words[i - 1].substr(0, words[i - 1].size() - 1)));
  }
  return {};
}

/// A driver that refused what another one drives now: nouveau does not know what nvidia does, i915 leaves to xe what is new.
bool is_of_another_driver(const GuestLogLine& line, const GuestFunction& seen) {
  if (line.topic == "unsupported") return true;  // DRIVER tells of it where no driver is left
  if (!seen.driver.has_value()) return false;
  const auto name = failed_prober(line.text);
  return !name.empty() && name != normalize_module_name(to_lower(seen.driver.value()));
}

/// What the log says against the device. That a region found no room at first is no matter once all of them are in place.
Lines lines_against(const ExpectedDevice& expected, const GuestFunction& seen) {
  Lines lines;
  if (!seen.log_errors.has_value()) return lines;
  const bool has_room = (same_bars(expected, seen) == Agreement::same || resized_bar(expected, seen)) &&
                        std::ranges::all_of(seen.bars.value(), [](const GuestBar& bar) { return bar.has_address; });
  for (const auto& line : seen.log_errors.value())
    if ((!has_room || line.topic != "room") && !is_of_another_driver(line, seen)) lines.push_back(&line);
  return lines;
}

/// A driver's own word that the device fails refutes what looks like work; other trouble makes a pass a warning, which proves
/// nothing either. A pass without the log says so.
void add_log(const ExpectedDevice& expected, const GuestFunction& seen, RungResult& result) {
  if (!seen.log_errors.has_value() && result.status == Status::pass) result.summary += " The kernel log was not seen.";
  const auto lines = lines_against(expected, seen);
  if (lines.empty()) return;
  for (const auto* line : lines) result.evidence.push_back({"kernel log", line->text});
  if (result.status == Status::fail || result.status == Status::not_applicable) return;
  const auto last = std::ranges::find(lines.rbegin(), lines.rend(), LogMeaning::fail, &GuestLogLine::meaning);
  if (last != lines.rend()) {
    result.summary = "the kernel log tells that it does not work (" + (*last)->topic + "). Without the log: " + result.summary;
    result.status = Status::fail;
  } else if (result.status == Status::pass) {
    result.summary += " But the kernel log tells of trouble with it.";
    result.status = Status::warn;
  }
}

/// What was made to work while we looked outweighs what was merely not seen; it clears nothing that failed. A device that does
/// not do what it was asked for does not work.
void add_exercises(const GuestFunction& seen, RungResult& result) {
  using Result = GuestExercise::Result;
  for (const auto& exercise : seen.exercises)
    result.evidence.push_back({"exercise", "it " + exercise.act + ": " + exercise.what});
  if (result.status == Status::not_applicable) return;
  const auto first = [&seen](Result wanted) { return std::ranges::find(seen.exercises, wanted, &GuestExercise::result); };
  if (const auto failed = first(Result::failed); failed != seen.exercises.end() && result.status != Status::fail) {
    result.summary = "it was exercised and failed: " + failed->what + ".";
    result.status = Status::fail;
  }
  if (const auto worked = first(Result::worked);
      worked != seen.exercises.end() && result.status == Status::unknown && !is_silent(seen)) {
    result.summary = "it works: exercised, " + worked->what + ".";
    result.status = Status::pass;
  }
}

void add_interrupts(const GuestFunction& seen, RungResult& result) {
  if (!seen.interrupts.vectors.has_value() || !seen.interrupts.arrived.has_value()) return;
  const auto vectors = seen.interrupts.vectors.value();
  result.evidence.push_back({"interrupts", std::to_string(seen.interrupts.arrived.value()) + " arrived on " +
                                               (vectors == 0 ? "a shared line" : std::to_string(vectors) + " vectors")});
}

/// Windows starts a device only where its driver says that it works (problem code 10 or 43 otherwise).
bool windows_says_it_works(const GuestFunction& seen) {
  return seen.problem_code.is(0) && !seen.may_be_gone && !seen.instance_id.empty();
}

RungResult judge_by_class(const ExpectedDevice& expected, const GuestFunction& seen, const GuestView& view) {
  const auto class_code = class_of(expected, seen);
  const bool makes_a_bus = seen.class_and_subclass.has_value() ? seen.is_usb_controller() : class_code == 0x0c03;
  if (makes_a_bus && !(windows_says_it_works(seen) && expected.usb.empty())) return judge_usb(expected, seen, view);
  if (windows_says_it_works(seen)) return rung_result(Status::pass, "Windows has started it and reports no problem.");
  return judge_by_rule(rule_for(class_code), seen);
}

/// Where nothing that is seen can prove anything; nothing where it can.
std::optional<RungResult> without_proof(const RungResult& driver, const GuestFunction& seen) {
  if (driver.status != Status::unknown) return std::nullopt;
  if (seen.driver.is_absent() || is_placeholder(seen))
    return rung_result(Status::unknown, "without a driver nothing can show that it works.");
  if (windows_says_it_works(seen))
    return rung_result(Status::unknown, "Windows has started it, but not known with which driver.");
  return std::nullopt;
}

}  // namespace

RungResult judge_function(const DeviceLadder& ladder, const GuestView& view) {
  const auto& expected = *ladder.expected;
  const auto& seen = *ladder.seen;
  const auto driver = judge_driver(ladder);
  if (driver.status == Status::not_applicable) return rung_result(Status::not_applicable, "nothing of use was expected of it.");
  if (const auto* code = seen.problem_code.has_value() ? find_problem_code(seen.problem_code.value()) : nullptr)
    if (code->rung == Rung::function) return rung_result(Status::fail, problem_text(*code));
  if (gave_up(seen)) {
    auto result = rung_result(Status::fail, "its driver tried and gave up: the device does not work.");
    add_log(expected, seen, result);
    return result;
  }
  auto result = without_proof(driver, seen);
  if (!result) result = judge_by_class(expected, seen, view);
  add_interrupts(seen, *result);
  add_exercises(seen, *result);
  add_log(expected, seen, *result);
  // What comes along with another function may be of use, but need not.
  if (ladder.need == Need::nothing && (result->status == Status::unknown || result->status == Status::warn)) {
    result->status = Status::not_applicable;
    result->summary = "nothing of use was expected of it: " + result->summary;
  }
  return *result;
}

}  // namespace vfio_doctor
