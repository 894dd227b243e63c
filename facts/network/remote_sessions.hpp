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

struct RemoteSessions {
  std::vector<RemoteSession> sessions;
  std::string problem;  ///< not empty: this could not be read, so there may be more
  std::string source;   ///< of the problem
};

/// The remote logins that systemd-logind (or elogind) knows; none where there is no such service.
RemoteSessions read_remote_sessions(const Root& root);

}  // namespace vfio_doctor
