// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/host.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// What becomes of passthrough with the next boot.
struct RebootWatch {
  std::vector<std::string> breaks;   ///< why it ends, a sentence each
  std::vector<std::string> unknown;  ///< what is not known of it, a sentence each
};

/// What predict_next_boot() says of the arguments, and whether another kernel that starts next has the module for VFIO. A host on
/// which nothing rests on VFIO has nothing to lose.
RebootWatch watch_next_boot(const Host& host, const Root& root);

}  // namespace vfio_doctor
