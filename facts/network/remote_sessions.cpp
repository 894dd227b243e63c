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

RemoteSessions read_remote_sessions(const Root& root) {
  RemoteSessions seen;
  const auto fail = [&seen](const std::string& path, std::string why) {
    if (seen.problem.empty()) seen.source = path, seen.problem = std::move(why);
  };
  const auto names = root.list(directory);
  if (names.is_unreadable()) fail(directory, names.why());
  if (!names.has_value()) return seen;
  for (const auto& name : names.value()) {
    if (name.find('.') != name.npos) continue;  // "5.ref" is a pipe
    if (seen.sessions.size() == most_sessions) {
      fail(directory, "there are more sessions than this program looks at");
      break;
    }
    const auto text = root.read(directory + name, 65536);
    if (text.is_unreadable()) fail(directory + name, text.why());
    auto host = text.has_value() ? remote_host(text.value()) : std::string();
    if (!host.empty()) seen.sessions.push_back({std::move(host), directory + name});
  }
  return seen;
}

}  // namespace vfio_doctor
