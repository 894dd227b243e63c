// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdicts/verdict.hpp"

namespace vfio_doctor {

struct Host;

/// What becomes of the kernel arguments that passthrough hangs on.
enum class ArgumentsNext {
  kept,     ///< the entry that starts next has them, and nothing new that takes passthrough away
  lost,     ///< it lacks one that is needed, or has one that switches the IOMMU off
  unknown,  ///< it is not known, or differs in what nobody can weigh
};

/// What the boot configuration predicts of the next start of a host.
struct NextBoot {
  Verdict verdict = Verdict::undetermined;  ///< ready: as now, by the same kernel with the same arguments
  ArgumentsNext arguments = ArgumentsNext::unknown;
  std::optional<std::string> entry;       ///< what starts next, as the boot menu calls it
  std::optional<bool> other_kernel;       ///< whether that is another kernel than the one that runs
  std::vector<std::string> lost, gained;  ///< arguments about passthrough that run and are not there next, and the reverse
  std::string reason;                     ///< a sentence; a second one where the initial RAM disk is not what the files say
};

/// Here, because the guest agent writes reports without ever predicting a boot.
inline std::string_view to_text(ArgumentsNext arguments) {
  switch (arguments) {
    case ArgumentsNext::kept:
      return "kept";
    case ArgumentsNext::lost:
      return "lost";
    case ArgumentsNext::unknown:
      break;
  }
  return "unknown";
}

/// `now` is what the host came to. Only the entry that starts next and its arguments are weighed: of another kernel it is not
/// known what it was built with, so the answer is then undetermined, unless an argument decides.
NextBoot predict_next_boot(const Host& host, Verdict now);

}  // namespace vfio_doctor
