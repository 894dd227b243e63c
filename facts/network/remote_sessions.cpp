// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/network/remote_sessions.hpp"

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_sessions = 1000;
const std::string directory = "/run/systemd/sessions/";

/// The file is "private", but sd-login reads it, too, and has kept its keys since 2011.
std::string remote_host(std::string_view text) {
  std::string host;
  bool remote = false, closing = false;
  for (const auto line : split_lines(text)) {
    if (line == "REMOTE=1") remote = true;
    if (line == "STATE=closing") closing = true;
    if (line.starts_with("REMOTE_HOST=")) host = trim(line.substr(12));
  }
  return remote && !closing ? host.substr(0, 120) : std::string();
}

}  // namespace

std::vector<RemoteSession> read_remote_sessions(const Root& root) {
  std::vector<RemoteSession> sessions;
  const auto names = root.list(directory);
  if (!names.has_value()) return sessions;
  for (const auto& name : names.value()) {
    if (name.find('.') != name.npos || sessions.size() == most_sessions) continue;  // "5.ref" is a pipe
    const auto text = root.read(directory + name, 65536);
    auto host = text.has_value() ? remote_host(text.value()) : std::string();
    if (!host.empty()) sessions.push_back({std::move(host), directory + name});
  }
  return sessions;
}

}  // namespace vfio_doctor
