// SPDX-License-Identifier: GPL-2.0-or-later
// From findings to decisions: what the host, a selection and each function come to.
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"
#include "verdicts/acceptance.hpp"
#include "verdicts/device_verdicts.hpp"
#include "verdicts/next_boot.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

/// What the checks' findings come to. `decisions` point into the host, which must outlive them.
struct Judgement {
  Verdict verdict = Verdict::undetermined;
  std::vector<Finding> findings;          ///< those the report shows, and the verdict's own
  std::vector<DeviceDecision> decisions;  ///< every function, or the selected ones
  NextBoot next_boot;
};

/// With a selection the verdict is about the selected functions and nothing else; without one it is about the host: can a
/// device be assigned here at all. Where `only` names check ids, the judgement holds and the host's verdict counts only
/// their findings; device verdicts always rest on all of them. What is `accepted` stands in nobody's way. `domain` is the subject
/// of findings about the domain that the selection is for, if any: these count too, an unknown one only with Effect::blocked. The
/// verdict about a domain without a selection rests on these alone. What it takes from the host and gives to nobody is `freed`: a part of
/// the chipset may be that.
Judgement judge(const Host& host, std::vector<Finding> findings, const std::vector<PciAddress>& selection,
                const std::vector<std::string>& only, const std::vector<Acceptance>& accepted = {},
                const std::string& domain = {}, const std::vector<PciAddress>& freed = {});

}  // namespace vfio_doctor
