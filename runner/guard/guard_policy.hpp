// SPDX-License-Identifier: GPL-2.0-or-later
// What the guard refuses, and for whom it makes exceptions.
#pragma once

#include <string>
#include <vector>

#include "facts/domain/domain_xml.hpp"
#include "facts/domain/surroundings.hpp"
#include "facts/host.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// /etc/vfio-doctor/guard.conf. Lines, '#' starts a comment:
///
///     allow DOMAIN ADDRESS|*     this domain may take it although the host needs it, or its group breaks
///     refuse protected|group     what is refused (default: both); "refuse nothing" switches the guard off
///     on-error allow|refuse      when the guard itself fails or is too slow (default: allow)
///     on-unknown allow|refuse    when it could not be seen whether the host needs a device (default: allow)
///     deadline MILLISECONDS      for all of it, 100 to 10000 (default: 2000)
struct GuardPolicy {
  struct Exception {
    std::string domain, address;  ///< "*" for any
  };
  std::vector<Exception> allowed;
  bool protected_devices = true, groups = true;
  bool refuse_on_error = false, refuse_on_unknown = false;
  unsigned deadline_milliseconds = 2000;
  std::vector<std::string> complaints;  ///< "FILE:LINE: ..." for lines that are not understood; they change nothing

  bool allows(const std::string& domain, const PciAddress& address) const;
};

inline constexpr const char* guard_policy_file = "/etc/vfio-doctor/guard.conf";

GuardPolicy parse_guard_policy(const std::string& text);
/// The defaults where there is no file or it cannot be read.
GuardPolicy read_guard_policy(const Root& root);

/// Why `domain` must not start now, one line each; empty: nothing speaks against it.
std::vector<std::string> reasons_to_refuse(const Host& host, const Domain& domain, const DomainSurroundings& around,
                                           const GuardPolicy& policy);

}  // namespace vfio_doctor
