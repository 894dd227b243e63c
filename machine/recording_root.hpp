// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <mutex>
#include <unordered_set>

#include "machine/recorded_nodes.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Passes every question on to another Root and keeps what was asked and answered, so that a MemoryRoot made
/// of nodes() answers the same questions in the same way, and no others. What was absent is kept as such, except below
/// a directory that was listed, where the list says it.
class RecordingRoot : public Root {
 public:
  /// `inner` must outlive this object.
  explicit RecordingRoot(const Root& inner) : inner_(inner) {}

  Observed<std::string> read(const std::string& path, std::size_t limit = default_limit) const override;
  Observed<std::string> read_head(const std::string& path, std::size_t length) const override;
  /// What is read of such a file is recorded by who reads it.
  Observed<FilePieces> open(const std::string& path) const override { return inner_.open(path); }
  Observed<NodeRights> rights(const std::string& path) const override { return inner_.rights(path); }
  Observed<std::vector<std::string>> list(const std::string& path) const override;
  Observed<std::string> read_link(const std::string& path) const override;
  Observed<NodeKind> kind(const std::string& path) const override;
  Observed<std::string> kernel_log() const override;
  Observed<std::string> routes() const override;
  Observed<std::string> canonical(const std::string& path) const override;
  bool is_live() const override { return inner_.is_live(); }
  const Root& beneath() const override { return inner_.beneath(); }

  RecordedNodes nodes() const;

 private:
  void keep(const std::string& path, RecordedNode node) const;
  void keep_absent(const std::string& path) const;
  void keep_content(const std::string& path, const Observed<std::string>& content) const;
  void keep_kind(const std::string& path, const Observed<NodeKind>& kind) const;
  Observed<std::string> keep_link(const std::string& path) const;
  Observed<std::string> resolve(const std::string& path) const;

  const Root& inner_;
  mutable std::mutex mutex_;
  mutable RecordedNodes nodes_;
  mutable std::unordered_set<std::string> no_links_;  ///< paths that were found to be no link
};

}  // namespace vfio_doctor
