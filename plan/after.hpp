// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"
#include "plan/aims.hpp"
#include "plan/plan.hpp"

namespace vfio_doctor {

/// What became of one step.
struct StepOutcome {
  std::string id, text;
  Reached reached = Reached::unknown;
  std::vector<std::string> seen;  ///< for each aim: "vfio-pci holds 0000:03:00.0: iwlwifi holds it"
  std::vector<std::string> why;   ///< what the checks say about it, where it did not take effect
};

struct PlanOutcome {
  Reached reached = Reached::unknown;  ///< the whole
  std::vector<StepOutcome> steps;
  std::vector<std::string> notes;
};

/// What took effect of a plan that was made before, on the host as it is now. `now` is the plan that would be made today: it
/// decides about steps without an aim of their own. `findings` say why something did not take effect.
PlanOutcome compare_with_plan(const Host& host, const std::vector<Finding>& findings, const Plan& before, const Plan& now);

/// Exit code: 0 all took effect, 1 something did not, 3 something could not be seen.
int exit_code(Reached reached);

}  // namespace vfio_doctor
