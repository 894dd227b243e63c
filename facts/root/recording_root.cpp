// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/root/recording_root.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;

/// How much a node tells; a later answer replaces an earlier one that tells less.
int weight(const RecordedNode& node) {
  switch (node.kind) {
    case Kind::seen: return 0;
    case Kind::special: return 1;
    case Kind::hidden: return 2;
    case Kind::unreadable: return 2;
    case Kind::closed: return 4;  // also where the directory was only looked at before
    default: return 3;
  }
}

/// What stands for something whose content could not be read.
RecordedNode unread_node(const Observed<NodeKind>& kind, const std::string& why) {
  if (!kind.has_value()) return {Kind::hidden, why};
  switch (kind.value()) {
    case NodeKind::directory: return {Kind::directory, {}};
    case NodeKind::other: return {Kind::special, {}};
    default: return {Kind::unreadable, why};
  }
}

}  // namespace

void RecordingRoot::keep(const std::string& path, RecordedNode node) const {
  const std::lock_guard lock(mutex_);
  auto [slot, is_new] = nodes_.try_emplace(path, node);
  if (is_new) return;
  const bool tells_more = weight(node) > weight(slot->second) ||
                          (node.kind == Kind::file && node.content.size() > slot->second.content.size());
  if (tells_more) slot->second = std::move(node);
}

void RecordingRoot::keep_content(const std::string& path, const Observed<std::string>& content) const {
  if (content.is_absent()) return;
  const auto real = canonical(path);  // records the links on the way
  const std::string& where = real.has_value() ? real.value() : path;
  if (content.has_value())
    keep(where, {Kind::file, content.value()});
  else
    keep(where, unread_node(inner_.kind(path), content.why()));
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
  if (names.is_absent()) return names;
  const auto real = canonical(path);
  const std::string where = real.has_value() ? real.value() : path;
  if (names.is_unreadable()) {
    keep(where, {inner_.kind(path).is(NodeKind::directory) ? Kind::closed : Kind::hidden, names.why()});
    return names;
  }
  keep(where, {Kind::directory, {}});
  for (const auto& name : names.value()) {
    const auto entry = join_path(where, name);
    if (const auto target = inner_.read_link(entry); target.has_value())
      keep(entry, {Kind::link, target.value()});
    else if (inner_.kind(entry).is(NodeKind::directory))
      keep(entry, {Kind::directory, {}});
    else
      keep(entry, {Kind::seen, {}});
  }
  return names;
}

Observed<std::string> RecordingRoot::read_link(const std::string& path) const {
  auto target = inner_.read_link(path);
  const auto directory = inner_.canonical(parent_path(path));
  const auto where = directory.has_value() ? join_path(directory.value(), base_name(path)) : path;
  if (target.has_value()) keep(where, {Kind::link, target.value()});
  if (target.is_unreadable()) keep(where, {Kind::hidden, target.why()});
  return target;
}

Observed<NodeKind> RecordingRoot::kind(const std::string& path) const {
  const auto found = inner_.kind(path);
  if (found.is_absent()) return found;
  // Not canonical(): that asks kind() in turn.
  const auto resolved = resolve_links(path, [this](const std::string& link) { return read_link(link); });
  const std::string& real = resolved.has_value() ? resolved.value() : path;
  if (found.is_unreadable())
    keep(real, {Kind::hidden, found.why()});
  else if (found.value() == NodeKind::directory)
    keep(real, {Kind::directory, {}});
  else
    keep(real, {found.value() == NodeKind::file ? Kind::seen : Kind::special, {}});
  return found;
}

Observed<std::string> RecordingRoot::kernel_log() const {
  auto log = inner_.kernel_log();
  if (log.has_value()) keep(kernel_log_path, {Kind::file, log.value()});
  if (log.is_unreadable()) keep(kernel_log_path, {Kind::unreadable, log.why()});
  return log;
}

RecordedNodes RecordingRoot::nodes() const {
  const std::lock_guard lock(mutex_);
  return nodes_;
}

}  // namespace vfio_doctor
