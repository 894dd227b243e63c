// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/recording_root.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;

/// How much a node tells. Of two answers about one path the one that tells more stays, so the order of the questions,
/// which differs from run to run where threads ask, changes nothing.
int weight(const RecordedNode& node) {
  switch (node.kind) {
    case Kind::absent:
      return 0;
    case Kind::hidden:
      return 1;
    case Kind::seen:
      return 2;
    case Kind::special:
      return 3;
    case Kind::unreadable:
      return 4;
    case Kind::directory:
      return 5;
    case Kind::listed:
    case Kind::complete:
      return 6;
    case Kind::closed:
      return 7;  // over `listed`: an empty list must not stand for one that was refused
    case Kind::file:
    case Kind::link:
      return 8;
  }
  return 0;
}

/// What stands for something whose content could not be read.
RecordedNode unread_node(const Observed<NodeKind>& kind, const std::string& why) {
  if (!kind.has_value()) return {Kind::hidden, why};
  switch (kind.value()) {
    case NodeKind::directory:
      return {Kind::directory, {}};
    case NodeKind::other:
      return {Kind::special, {}};
    default:
      return {Kind::unreadable, why};
  }
}

}  // namespace

void RecordingRoot::keep(const std::string& path, RecordedNode node) const {
  const std::lock_guard lock(mutex_);
  auto [slot, is_new] = nodes_.try_emplace(path, node);
  if (is_new) return;
  const bool tells_more =
      weight(node) > weight(slot->second) || (node.kind == Kind::file && node.content.size() > slot->second.content.size());
  if (tells_more) slot->second = std::move(node);
}

/// The target of a link whose directory part is already resolved.
Observed<std::string> RecordingRoot::keep_link(const std::string& path) const {
  {
    // The same directories are on the way to thousands of files.
    const std::lock_guard lock(mutex_);
    if (no_links_.contains(path)) return Observed<std::string>::absent();
    if (const auto known = nodes_.find(path); known != nodes_.end() && known->second.kind == Kind::link)
      return known->second.content;
  }
  auto target = inner_.read_link(path);
  if (target.is_absent()) {
    const std::lock_guard lock(mutex_);
    no_links_.insert(path);
  }
  if (target.has_value()) keep(path, {Kind::link, target.value()});
  if (target.is_unreadable()) keep(path, {Kind::hidden, target.why()});
  return target;
}

Observed<std::string> RecordingRoot::resolve(const std::string& path) const {
  return resolve_links(path, [this](const std::string& link) { return keep_link(link); });
}

void RecordingRoot::keep_kind(const std::string& path, const Observed<NodeKind>& kind) const {
  if (kind.is_absent())
    keep(path, {Kind::absent, {}});
  else if (kind.is_unreadable())
    keep(path, {Kind::hidden, kind.why()});
  else if (kind.value() == NodeKind::directory)
    keep(path, {Kind::directory, {}});
  else
    keep(path, {kind.value() == NodeKind::file ? Kind::seen : Kind::special, {}});
}

void RecordingRoot::keep_absent(const std::string& path) const {
  if (const auto real = resolve(path); real.has_value()) keep(real.value(), {Kind::absent, {}});
}

void RecordingRoot::keep_content(const std::string& path, const Observed<std::string>& content) const {
  if (content.is_absent()) return keep_absent(path);
  const auto real = resolve(path);
  if (!real.has_value()) return;  // what hides it was kept on the way
  if (content.has_value())
    keep(real.value(), {Kind::file, content.value()});
  else
    keep(real.value(), unread_node(inner_.kind(real.value()), content.why()));
}

Observed<std::string> RecordingRoot::read(const std::string& path, std::size_t limit) const {
  auto content = inner_.read(path, limit);
  keep_content(path, content);
  return content;
}

Observed<std::string> RecordingRoot::read_head(const std::string& path, std::size_t length) const {
  auto content = inner_.read_head(path, length);
  keep_content(path, content);
  return content;
}

Observed<std::vector<std::string>> RecordingRoot::list(const std::string& path) const {
  auto names = inner_.list(path);
  const auto real = resolve(path);
  if (!real.has_value()) return names;
  if (names.is_absent()) {  // nothing, or no directory
    keep_kind(real.value(), inner_.kind(real.value()));
    return names;
  }
  if (names.is_unreadable()) {
    keep(real.value(), {Kind::closed, names.why()});
    return names;
  }
  keep(real.value(), {Kind::listed, {}});
  for (const auto& name : names.value()) {
    const auto entry = join_path(real.value(), name);
    if (!keep_link(entry).has_value()) keep_kind(entry, inner_.kind(entry));
  }
  return names;
}

Observed<std::string> RecordingRoot::read_link(const std::string& path) const {
  const auto directory = resolve(parent_path(path));
  if (!directory.has_value()) return directory;
  const auto real = join_path(directory.value(), base_name(path));
  auto target = keep_link(real);
  if (target.is_absent()) keep_kind(real, inner_.kind(real));  // nothing, or no link
  return target;
}

Observed<NodeKind> RecordingRoot::kind(const std::string& path) const {
  const auto found = inner_.kind(path);
  if (const auto real = resolve(path); real.has_value()) keep_kind(real.value(), found);
  return found;
}

Observed<std::string> RecordingRoot::canonical(const std::string& path) const {
  const auto real = resolve(path);
  if (!real.has_value()) return real;
  const auto found = kind(real.value());
  return found.has_value() ? real : Observed<std::string>::like(found);
}

Observed<std::string> RecordingRoot::kernel_log() const {
  auto log = inner_.kernel_log();
  if (log.has_value()) keep(kernel_log_path, {Kind::file, log.value()});
  if (log.is_unreadable()) keep(kernel_log_path, {Kind::unreadable, log.why()});
  if (log.is_absent()) keep(kernel_log_path, {Kind::absent, {}});
  return log;
}

Observed<std::string> RecordingRoot::routes() const {
  auto routes = inner_.routes();
  if (routes.has_value()) keep(routes_path, {Kind::file, routes.value()});
  if (routes.is_unreadable()) keep(routes_path, {Kind::unreadable, routes.why()});
  if (routes.is_absent()) keep(routes_path, {Kind::absent, {}});
  return routes;
}

RecordedNodes RecordingRoot::nodes() const {
  const std::lock_guard lock(mutex_);
  auto nodes = nodes_;
  // What a list says already is not said again. What appeared later, with something below it, was not absent for good.
  std::erase_if(nodes, [this](const auto& node) {
    if (node.second.kind != Kind::absent) return false;
    const auto above = nodes_.find(parent_path(node.first));
    if (above != nodes_.end() && (above->second.kind == Kind::listed || above->second.kind == Kind::absent)) return true;
    const auto inside = node.first + "/";
    for (auto below = nodes_.upper_bound(inside); below != nodes_.end() && below->first.starts_with(inside); ++below)
      if (below->second.kind != Kind::absent) return true;
    return false;
  });
  return nodes;
}

}  // namespace vfio_doctor
