// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/host.hpp"

namespace vfio_doctor {

/// How a kernel argument can fail to be where a person expects it.
enum class DriftKind {
  not_applied,     ///< written down, but no boot entry has it
  not_removed,     ///< in the generated entries, but no longer written down
  not_running,     ///< written down, not running; the entries between the two are not known
  not_rebooted,    ///< in the boot entry, not running
  only_this_boot,  ///< running, but no boot entry has it
  not_next,        ///< in some boot entries, but not in the one that starts next
  some_entries,    ///< in some boot entries, not in others
  unread_file,     ///< written into a file that this host's boot loader does not read
  lost_words,      ///< in a file that is read, where they come to nothing
};

struct DriftedArgument {
  DriftKind kind;
  BootToken token;
  std::string lacking;  ///< where it was looked for and is not
};

/// What BootDrift::unknown names where ostree has staged a deployment.
inline constexpr const char* staged_deployment_file = "/run/ostree/staged-deployment";

/// RUNNING, CONFIGURED and GENERATED compared.
struct BootDrift {
  std::vector<DriftedArgument> arguments;  ///< worth telling
  std::vector<DriftedArgument> minor;      ///< differences that nobody needs to act on
  std::vector<UnreadBootFile> unknown;     ///< what could not be compared, and why
  const BootEntry* next = nullptr;         ///< what starts next, where that is known; points into the host
  bool compared = false;                   ///< running arguments against boot entries, or boot entries against settings
};

BootDrift find_boot_drift(const Host& host);

}  // namespace vfio_doctor
