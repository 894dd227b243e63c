// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/memory_root.hpp"

#include "base/input_error.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;
constexpr std::size_t most_implied_bytes = 128 << 20;  // names of directories that stand only in longer names

Observed<std::string> content_of(const RecordedNode& node) {
  switch (node.kind) {
    case Kind::file: return node.content;
    case Kind::unreadable: return Observed<std::string>::unreadable(node.content);
    case Kind::seen: return Observed<std::string>::unreadable("not recorded");
    default: return Observed<std::string>::unreadable("not a regular file");
  }
}

}  // namespace

MemoryRoot::MemoryRoot(RecordedNodes nodes) : nodes_(std::move(nodes)) {
  RecordedNodes parents;
  std::size_t bytes = 0;
  for (const auto& [path, node] : nodes_)
    for (auto above = parent_path(path); above.size() > 1 && !nodes_.contains(above); above = parent_path(above)) {
      if (!parents.try_emplace(above, RecordedNode{Kind::directory, {}}).second) break;
      bytes += above.size();
      if (bytes > most_implied_bytes) throw InputError("the recorded machine has too many directories");
    }
  nodes_.merge(parents);
  nodes_.try_emplace("/", RecordedNode{Kind::directory, {}});
}

/// The node itself; a link is not followed.
const RecordedNode* MemoryRoot::find(const std::string& path) const {
  const auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &found->second;
}

Observed<std::string> MemoryRoot::read(const std::string& path, std::size_t limit) const {
  const auto real = canonical(path);
  if (!real.has_value()) return real;
  auto content = content_of(*find(real.value()));
  if (content.has_value() && content->size() > limit)
    return Observed<std::string>::unreadable("larger than " + std::to_string(limit) + " bytes");
  return content;
}

Observed<std::string> MemoryRoot::read_head(const std::string& path, std::size_t length) const {
  const auto real = canonical(path);
  if (!real.has_value()) return real;
  auto content = content_of(*find(real.value()));
  if (content.has_value() && content->size() > length) content.value().resize(length);
  return content;
}

Observed<std::vector<std::string>> MemoryRoot::list(const std::string& path) const {
  using Names = std::vector<std::string>;
  const auto real = canonical(path);
  if (!real.has_value()) return Observed<Names>::like(real);
  const auto* directory = find(real.value());
  if (directory->kind == Kind::unreadable || directory->kind == Kind::closed) return Observed<Names>::unreadable(directory->content);
  if (directory->kind != Kind::directory) return Observed<Names>::absent();
  const std::string prefix = real.value() == "/" ? "/" : real.value() + "/";
  Names names;
  for (auto node = nodes_.upper_bound(prefix); node != nodes_.end() && node->first.starts_with(prefix);) {
    const auto end = node->first.find('/', prefix.size());
    names.push_back(node->first.substr(prefix.size(), end == std::string::npos ? end : end - prefix.size()));
    // '0' follows '/' in ASCII: continue behind everything that lies inside this entry.
    node = end == std::string::npos ? std::next(node) : nodes_.lower_bound(prefix + names.back() + "0");
    if (names.size() > 1 && names[names.size() - 2] == names.back()) names.pop_back();
  }
  return names;
}

Observed<std::string> MemoryRoot::canonical(const std::string& path) const {
  auto resolved = resolve_links(path, [this](const std::string& candidate) {
    return link_at(candidate);
  });
  if (resolved.has_value() && !find(resolved.value())) return Observed<std::string>::absent();
  return resolved;
}

Observed<std::string> MemoryRoot::read_link(const std::string& path) const {
  const auto directory = canonical(parent_path(path));
  if (!directory.has_value()) return directory;
  return link_at(join_path(directory.value(), base_name(path)));
}

/// The target of a link whose directory part is already resolved.
Observed<std::string> MemoryRoot::link_at(const std::string& path) const {
  const auto* node = find(path);
  if (node && node->kind == Kind::hidden) return Observed<std::string>::unreadable(node->content);
  return node && node->kind == Kind::link ? Observed<std::string>(node->content) : Observed<std::string>::absent();
}

Observed<NodeKind> MemoryRoot::kind(const std::string& path) const {
  const auto real = canonical(path);
  if (!real.has_value()) return Observed<NodeKind>::like(real);
  switch (find(real.value())->kind) {
    case Kind::directory:
    case Kind::closed: return NodeKind::directory;
    case Kind::special: return NodeKind::other;
    default: return NodeKind::file;
  }
}

}  // namespace vfio_doctor
