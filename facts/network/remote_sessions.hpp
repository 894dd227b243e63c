// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "machine/root.hpp"

namespace vfio_doctor {

/// Somebody who is logged in from another machine now.
struct RemoteSession {
  std::string host;    ///< as the login service knows it, mostly an address: "192.0.2.77", "fe80::1%eth0"
  std::string source;  ///< "/run/systemd/sessions/5"
};

/// The remote logins that systemd-logind (or elogind) knows; none where there is no such service.
std::vector<RemoteSession> read_remote_sessions(const Root& root);

}  // namespace vfio_doctor
