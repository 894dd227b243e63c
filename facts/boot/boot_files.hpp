// SPDX-License-Identifier: GPL-2.0-or-later
// Files of boot loaders as they are read: what exists but cannot be read is noted, so that nothing is taken for all there is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/boot/boot_configuration.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

class BootFiles {
 public:
  static constexpr std::size_t settings_limit = 64 * 1024;  ///< bytes of a file that people write

  /// What could not be read is added to `unread`.
  BootFiles(const Root& root, std::vector<UnreadBootFile>& unread) : root_(root), unread_(unread) {}

  Observed<std::string> read(const std::string& path, std::size_t limit = Root::default_limit);
  /// The names in a directory, at most 256 of them.
  std::vector<std::string> list(const std::string& path);
  void note_unread(const std::string& path, const std::string& why, UnreadCause cause = UnreadCause::other);

 private:
  const Root& root_;
  std::vector<UnreadBootFile>& unread_;
};

}  // namespace vfio_doctor
