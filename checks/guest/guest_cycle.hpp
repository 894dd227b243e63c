// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"

namespace vfio_doctor {

inline constexpr std::string_view cycle_finding_id = "guest-cycle";

/// What a guest is taken through, in this order; `arrive` is how it was found.
enum class CycleStep { arrive, start, reboot, reset };
std::string_view to_text(CycleStep step);  ///< "as it was", "shutdown and start", "reboot", "reset"

/// One step of one round.
struct CycleOutcome {
  std::string domain;
  unsigned round = 0, rounds = 0;
  CycleStep step = CycleStep::arrive;
  std::string trouble;                  ///< why the guest did not come back; empty where it did
  Status proof = Status::unknown;       ///< what its devices then proved: pass, fail or unknown
  std::vector<std::string> failing;     ///< the summaries of what then failed or was not seen
  std::vector<std::string> host_lines;  ///< what the host's kernel wrote about the devices meanwhile
};

/// "guest-cycle": whether the guest and its devices came through.
Finding judge_cycle(const CycleOutcome& outcome);

}  // namespace vfio_doctor
