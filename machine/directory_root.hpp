// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "machine/near_directory.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A directory that looks like `/`; with directory "/" and a log reader, the live machine.
class DirectoryRoot : public Root {
 public:
  using KernelLogReader = std::function<Observed<std::string>()>;
  using RouteReader = std::function<Observed<std::string>()>;
  /// Why a path must not be touched, see facts/storage/mount_guard.hpp; may be empty.
  using Guard = std::function<std::string(const std::string& path)>;

  /// A tree on disk. What lies below a directory that every running Linux has, and this tree has not, is unreadable: it was
  /// not recorded. Throws InputError where the directory does not exist or holds none of sys, proc, etc, boot.
  explicit DirectoryRoot(const std::string& directory, Guard guard = {});
  /// The machine this program runs on; the readers fetch its kernel log and, where they are asked for, its routes.
  explicit DirectoryRoot(KernelLogReader log_reader, RouteReader route_reader = {}, Guard guard = {});
  ~DirectoryRoot() override;
  DirectoryRoot(const DirectoryRoot&) = delete;
  DirectoryRoot& operator=(const DirectoryRoot&) = delete;

  Observed<std::string> read(const std::string& path, std::size_t limit = default_limit) const override;
  Observed<std::string> read_head(const std::string& path, std::size_t length) const override;
  Observed<FilePieces> open(const std::string& path) const override;
  Observed<NodeRights> rights(const std::string& path) const override;
  Observed<std::vector<std::string>> list(const std::string& path) const override;
  Observed<std::string> read_link(const std::string& path) const override;
  Observed<NodeKind> kind(const std::string& path) const override;
  Observed<std::string> kernel_log() const override;
  Observed<std::string> routes() const override;
  bool is_live() const override { return static_cast<bool>(log_reader_); }

 private:
  int open_inside(const std::string& path, int flags) const;
  int open_plain(const std::string& path, int flags) const;
  int open_by_walking(const std::string& path, int flags) const;
  bool is_live_sysfs(const std::string& path) const;
  bool is_made_by_kernel(const std::string& path) const;
  bool has_plain_way(const std::string& path, int flags) const;
  NearDirectory::Way plain_way(const std::string& path) const;
  std::string guarded(const std::string& path, bool follow_last) const;
  Observed<std::string> link_itself(const std::string& path) const;
  bool links_to_null(const std::string& path) const;
  void find_unrecorded();
  template <class T>
  Observed<T> failed(const std::string& path, int error) const;
  Observed<int> open_content(const std::string& path) const;
  Observed<std::string> read_bytes(const std::string& path, std::size_t length, bool whole) const;

  int root_ = -1;
  std::vector<std::string> unrecorded_;  ///< directories of a tree that it should have and has not
  KernelLogReader log_reader_;
  RouteReader route_reader_;
  Guard guard_;
};

}  // namespace vfio_doctor
