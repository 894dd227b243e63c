// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "machine/recorded_nodes.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A recorded machine: answers every question as the machine answered when it was recorded. A path without a node is
/// absent where the nodes say so: its nearest recorded directory was listed, a directory above it is complete, something
/// above it is absent or no directory. Everything else nobody asked then: unreadable.
class MemoryRoot : public Root {
 public:
  /// Directories above a node exist without being named (those above an absent one need not).
  explicit MemoryRoot(RecordedNodes nodes);
  MemoryRoot(MemoryRoot&&) = default;
  MemoryRoot(const MemoryRoot&) = delete;

  Observed<std::string> read(const std::string& path, std::size_t limit = default_limit) const override;
  Observed<std::string> read_head(const std::string& path, std::size_t length) const override;
  Observed<std::vector<std::string>> list(const std::string& path) const override;
  Observed<std::string> read_link(const std::string& path) const override;
  Observed<NodeKind> kind(const std::string& path) const override;
  Observed<std::string> canonical(const std::string& path) const override;

 private:
  const RecordedNode* node_at(std::string_view path) const;
  const RecordedNode* find(std::string_view path) const;
  bool lies_in_complete(std::string_view path) const;
  Observed<std::string> missing(const std::string& path) const;
  Observed<std::string> link_at(const std::string& path) const;
  std::string when_recorded() const;

  RecordedNodes nodes_;
  /// Every step of every path is looked up; of paths with long common beginnings a hash finds one sooner than a tree.
  std::unordered_map<std::string_view, const RecordedNode*> by_path_;
  bool has_complete_ = false;
  std::string recorder_;  ///< empty where nobody is named
};

}  // namespace vfio_doctor
