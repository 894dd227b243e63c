// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "facts/paste/pasted_machine.hpp"
#include "machine/memory_root.hpp"

namespace vfio_doctor {

/// The host of a paste as a machine that can be asked: what was pasted answers, all else is unreadable ("not pasted"), never
/// absent. Nodes are made only where the paste shows them exactly.
class PastedRoot : public Root {
 public:
  PastedRoot(const PastedMachine& machine, const std::vector<PasteDocument>& documents);

  Observed<std::string> read(const std::string& path, std::size_t limit = default_limit) const override;
  Observed<std::string> read_head(const std::string& path, std::size_t length) const override;
  Observed<std::vector<std::string>> list(const std::string& path) const override;
  Observed<std::string> read_link(const std::string& path) const override;
  Observed<NodeKind> kind(const std::string& path) const override;
  Observed<std::string> canonical(const std::string& path) const override;

  /// Where the paste shows a path ("/proc/cmdline") or a function's address; nothing where it does not.
  const PastedAt* shown_at(const std::string& path_or_address) const;
  bool is_empty() const { return shown_.empty(); }

 private:
  void add_functions(const PastedMachine& machine, const std::vector<PasteDocument>& documents, RecordedNodes& nodes);
  std::map<std::string, PastedAt, std::less<>> shown_;
  std::unique_ptr<MemoryRoot> inner_;
};

}  // namespace vfio_doctor
