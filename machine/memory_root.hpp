// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "machine/recorded_nodes.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A recorded machine: answers every question as the machine answered when it was recorded.
class MemoryRoot : public Root {
 public:
  /// Directories above a node exist without being named.
  explicit MemoryRoot(RecordedNodes nodes);

  Observed<std::string> read(const std::string& path, std::size_t limit = default_limit) const override;
  Observed<std::string> read_head(const std::string& path, std::size_t length) const override;
  Observed<std::vector<std::string>> list(const std::string& path) const override;
  Observed<std::string> read_link(const std::string& path) const override;
  Observed<NodeKind> kind(const std::string& path) const override;
  Observed<std::string> canonical(const std::string& path) const override;

 private:
  const RecordedNode* find(const std::string& path) const;
  Observed<std::string> link_at(const std::string& path) const;
  RecordedNodes nodes_;
};

}  // namespace vfio_doctor
