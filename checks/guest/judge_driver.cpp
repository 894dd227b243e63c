// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

/// Drivers that hold a function without making use of it.
constexpr std::array<std::string_view, 5> placeholders = {"vfio-pci", "pci-stub", "xen-pciback", "uio_pci_generic",
                                                          "igb_uio"};

constexpr std::array problem_codes = {
    ProblemCode{1, Rung::driver, "the device is not configured correctly"},
    ProblemCode{3, Rung::driver, "the driver may be damaged, or memory is short"},
    ProblemCode{10, Rung::function, "the device cannot start"},
    ProblemCode{12, Rung::decode, "not enough free resources: no room for its memory"},
    ProblemCode{14, Rung::driver, "the guest must be restarted first"},
    ProblemCode{18, Rung::driver, "the drivers must be installed again"},
    ProblemCode{19, Rung::driver, "its registry entries are damaged"},
    ProblemCode{21, Rung::driver, "Windows is removing it"},
    ProblemCode{22, Rung::driver, "the device is disabled"},
    ProblemCode{24, Rung::present, "not present, or not all its drivers are installed"},
    ProblemCode{28, Rung::driver, "no driver is installed"},
    ProblemCode{29, Rung::decode, "the firmware gave it no resources"},
    ProblemCode{31, Rung::driver, "Windows cannot load the drivers it needs"},
    ProblemCode{32, Rung::driver, "its driver is disabled"},
    ProblemCode{37, Rung::driver, "its driver could not initialize"},
    ProblemCode{39, Rung::driver, "its driver is damaged or missing"},
    ProblemCode{43, Rung::function, "the driver stopped the device because it reported problems"},
    ProblemCode{45, Rung::present, "not connected: Windows only remembers it"},
    ProblemCode{48, Rung::driver, "its driver is blocked"},
    ProblemCode{52, Rung::driver, "its driver is not signed"},
    // It does not work: that is all that is known then.
    ProblemCode{GuestFunction::unnamed_problem, Rung::function, "it has a problem, which the listing does not name"},
};

}  // namespace

const ProblemCode* find_problem_code(unsigned code) {
  const auto found = std::find_if(problem_codes.begin(), problem_codes.end(),
                                  [code](const ProblemCode& known) { return known.code == code; });
  return found == problem_codes.end() ? nullptr : &*found;
}

std::string problem_text(const ProblemCode& problem) {
  const auto meaning = "Windows says: " + std::string(problem.meaning);
  return problem.code == GuestFunction::unnamed_problem ? meaning + "." : meaning + " (code " + std::to_string(problem.code) + ").";
}

std::optional<std::string> gave_up(const GuestFunction& seen) {
  constexpr std::array<std::string_view, 4> last_words = {"removing after probe failure", "failed with error", "probe failed",
                                                          "assume dead"};
  if (!seen.driver.is_absent() || seen.answers_nothing || !seen.log_errors.has_value()) return std::nullopt;
  std::optional<std::string> found;
  for (const auto& line : seen.log_errors.value()) {
    const auto lower = to_lower(line);
    if (lower.find("firmware load") != lower.npos) return std::nullopt;
    const auto says = [&lower](std::string_view words) { return lower.find(words) != lower.npos; };
    if (std::ranges::any_of(last_words, says)) found = line;
  }
  return found;
}

RungResult judge_driver(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (seen.driver.has_value()) {
    const auto& driver = seen.driver.value();
    if (std::find(placeholders.begin(), placeholders.end(), driver) == placeholders.end())
      return rung_result(Status::pass, driver + " drives it.");
    if (!expected.expect_driver) return rung_result(Status::not_applicable, "it is set aside with " + driver + ".");
    return rung_result(Status::fail, driver + " holds it, which makes no use of it.");
  }
  if (!expected.expect_driver) return rung_result(Status::not_applicable, "it needs no driver to be of use.");
  if (const auto line = gave_up(seen)) {
    auto result = rung_result(Status::warn, "a driver took it, but gave it up again.");
    result.evidence.push_back({"kernel log", *line});
    return result;
  }
  if (seen.driver.is_absent()) {
    auto result = rung_result(Status::fail, "no driver is bound to it.");
    if (seen.answers_nothing) result.summary = "no driver is bound to it, and the device answers nothing: it is dead.";
    if (seen.log_errors.has_value())
      for (const auto& line : seen.log_errors.value()) result.evidence.push_back({"kernel log", line});
    return result;
  }
  return rung_result(Status::unknown, "its driver was not seen: " + seen.driver.why() + ".");
}

}  // namespace vfio_doctor
