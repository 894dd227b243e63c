// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/memory_root.hpp"

#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;
constexpr std::size_t most_implied_bytes = 128 << 20;  // names of directories that stand only in longer names

/// A recording keeps the words of the error alone (strerror), which tell what it was.
template <class T>
Observed<T> refused(const std::string& why) {
  const bool is_permission = why == "Permission denied" || why == "Operation not permitted";
  return Observed<T>::unreadable(why, is_permission ? UnreadCause::permission : UnreadCause::other);
}

Observed<std::string> content_of(const RecordedNode& node) {
  switch (node.kind) {
    case Kind::file:
      return node.content;
    case Kind::unreadable:
      return refused<std::string>(node.content);
    case Kind::seen:
      return Observed<std::string>::unreadable("not recorded");
    default:
      return Observed<std::string>::unreadable("not a regular file");
  }
}

/// parent_path() of a clean, absolute path.
std::string_view directory_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? std::string_view("/") : path.substr(0, slash);
}

bool is_directory(Kind kind) { return kind == Kind::directory || kind == Kind::listed || kind == Kind::complete; }

/// True where nothing can lie below such a node unless it has a node of its own.
bool excludes_entries(Kind kind) {
  switch (kind) {
    case Kind::listed:
    case Kind::complete:
    case Kind::absent:
    case Kind::file:
    case Kind::seen:
    case Kind::special:
      return true;
    default:
      return false;
  }
}

}  // namespace

MemoryRoot::MemoryRoot(RecordedNodes nodes) : nodes_(std::move(nodes)) {
  RecordedNodes parents;
  std::size_t bytes = 0;
  for (const auto& [path, node] : nodes_) {
    if (node.kind == Kind::absent) continue;
    for (auto above = parent_path(path); above.size() > 1 && !nodes_.contains(above); above = parent_path(above)) {
      if (!parents.try_emplace(above, RecordedNode{Kind::directory, {}}).second) break;
      bytes += above.size();
      if (bytes > most_implied_bytes) throw InputError("the recorded machine has too many directories");
    }
  }
  nodes_.merge(parents);
  nodes_.try_emplace("/", RecordedNode{Kind::directory, {}});
  by_path_.reserve(nodes_.size());
  for (const auto& [path, node] : nodes_) {
    by_path_.emplace(path, &node);
    has_complete_ |= node.kind == Kind::complete;
  }
  if (const auto* recorder = find(recorder_path); recorder && recorder->kind == Kind::file) recorder_ = trim(recorder->content);
}

const RecordedNode* MemoryRoot::node_at(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

/// What is at `path`; a link is not followed. Nullptr where nothing is there or nobody asked: missing() tells which.
const RecordedNode* MemoryRoot::find(std::string_view path) const {
  const auto* node = node_at(path);
  return node && node->kind != Kind::absent ? node : nullptr;
}

std::string MemoryRoot::when_recorded() const {
  return recorder_.empty() ? "when this was recorded, and the recording does not say that it is complete"
                           : "when this was recorded by " + recorder_;
}

bool MemoryRoot::lies_in_complete(std::string_view path) const {
  if (!has_complete_) return false;
  for (auto above = path;; above = directory_of(above)) {
    const auto* node = node_at(above);
    if (node && node->kind == Kind::complete) return true;
    if (above.size() <= 1) return false;
  }
}

/// What is told about a path, links resolved, at which find() finds nothing.
Observed<std::string> MemoryRoot::missing(const std::string& path) const {
  const auto* nearest = node_at(path);
  for (std::string_view above = path; !nearest && above.size() > 1; nearest = node_at(above)) above = directory_of(above);
  const bool excluded = nearest && excludes_entries(nearest->kind);
  if (excluded || lies_in_complete(path)) return Observed<std::string>::absent();
  return Observed<std::string>::unreadable("not asked " + when_recorded());
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
  if (directory->kind == Kind::unreadable || directory->kind == Kind::closed) return refused<Names>(directory->content);
  if (!is_directory(directory->kind)) return Observed<Names>::absent();
  if (directory->kind == Kind::directory && !lies_in_complete(real.value()))
    return Observed<Names>::unreadable("not listed " + when_recorded());
  const std::string prefix = real.value() == "/" ? "/" : real.value() + "/";
  Names names;
  for (auto node = nodes_.upper_bound(prefix); node != nodes_.end() && node->first.starts_with(prefix);) {
    const auto end = node->first.find('/', prefix.size());
    if (end != std::string::npos) {  // '0' follows '/' in ASCII: continue behind everything that lies inside this entry
      node = nodes_.lower_bound(node->first.substr(0, end) + "0");
      continue;
    }
    if (node->second.kind != Kind::absent) names.push_back(node->first.substr(prefix.size()));
    ++node;
  }
  return names;
}

Observed<std::string> MemoryRoot::canonical(const std::string& path) const {
  auto resolved = resolve_links(path, [this](const std::string& candidate) { return link_at(candidate); });
  if (resolved.has_value() && !find(resolved.value())) return missing(resolved.value());
  return resolved;
}

Observed<std::string> MemoryRoot::read_link(const std::string& path) const {
  const auto directory = resolve_links(parent_path(path), [this](const std::string& link) { return link_at(link); });
  if (!directory.has_value()) return directory;
  const auto real = join_path(directory.value(), base_name(path));
  return find(real) ? link_at(real) : missing(real);
}

/// The target of a link whose directory part is already resolved; what nobody asked about is taken for no link.
Observed<std::string> MemoryRoot::link_at(const std::string& path) const {
  const auto* node = find(path);
  if (node && node->kind == Kind::hidden) return refused<std::string>(node->content);
  return node && node->kind == Kind::link ? Observed<std::string>(node->content) : Observed<std::string>::absent();
}

Observed<NodeKind> MemoryRoot::kind(const std::string& path) const {
  const auto real = canonical(path);
  if (!real.has_value()) return Observed<NodeKind>::like(real);
  switch (find(real.value())->kind) {
    case Kind::directory:
    case Kind::listed:
    case Kind::complete:
    case Kind::closed:
      return NodeKind::directory;
    case Kind::special:
      return NodeKind::other;
    default:
      return NodeKind::file;
  }
}

}  // namespace vfio_doctor
