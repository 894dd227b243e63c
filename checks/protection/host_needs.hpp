// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// One thing the host does with a function: "/" (ext4 on nvme0n1p3), seen in /proc/1/mountinfo.
struct HostNeed {
  std::string use, chain, source;
};

/// "/ and /home (btrfs on nvme0n1p3), swap (nvme0n1p2) and 3 more": needs with the same chain share a bracket.
std::string describe(const std::vector<HostNeed>& needs);

/// One line of evidence per need, of bounded number.
std::vector<Evidence> evidence_of(const std::vector<HostNeed>& needs);

/// False where the function cannot be in use by the host now: it has no driver or one that keeps it for guests.
/// Where no driver at all was seen on the host, that says nothing and every function may be in use.
class InUse {
 public:
  explicit InUse(const Host& host);
  bool operator()(const PciFunction& function) const;

 private:
  bool drivers_seen_ = false;
};

}  // namespace vfio_doctor
