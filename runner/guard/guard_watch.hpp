// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/host.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// What the next boot will be without.
struct NextBoot {
  std::vector<std::string> breaks;   ///< why passthrough ends with the next boot, a clause each
  std::vector<std::string> unknown;  ///< what could not be seen of it
};

/// Compares what starts next with what runs: arguments that VFIO rests on, and the VFIO modules of another kernel. A host
/// on which nothing rests on VFIO has nothing to lose.
NextBoot judge_next_boot(const Host& host, const Root& root);

}  // namespace vfio_doctor
