// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)); all fields but the options unescaped.
struct Mount {
  std::string device;       ///< "259:3"; "0:N" where no single block device stands behind it
  std::string root;         ///< the directory of the file system that is seen at `point`: "/", "/@home"
  std::string point;        ///< "/home"
  std::string type;         ///< "ext4"
  std::string source;       ///< "/dev/nvme0n1p3", "server:/export", "rpool/home"
  std::string own_options;  ///< of the file system itself, as written there: "rw,lowerdir=/a:/b"

  /// The unescaped values of every `name=` among the options of the file system.
  std::vector<std::string> options(std::string_view name) const;
  bool has_block_device() const { return !device.starts_with("0:"); }
};

struct MountTable {
  std::vector<Mount> mounts;
  std::string source;   ///< the file it was read from
  std::string problem;  ///< not empty: a part could not be understood, so mounts may be missing

  /// The mount that a path lies in: the longest mount point above it, of several the last; nullptr without "/".
  const Mount* holding(const std::string& path) const;
};

/// A mount table as text; `source` names it in problems.
constexpr std::size_t most_mount_bytes = 32 << 20;  ///< a host with very many containers has a few MiB of mounts
MountTable parse_mounts(std::string_view text, const std::string& source);

/// The mounts of the first process, or, where those cannot be read, of this one.
Observed<MountTable> read_mounts(const Root& root);

/// The names of active swap devices and files, from /proc/swaps; a line that could not be understood is a name,
/// too. Absent where the kernel has no swap.
Observed<std::vector<std::string>> read_swaps(const Root& root);

struct FstabEntry {
  std::string device;  ///< "UUID=...", "/dev/sda1"
  std::string point;
  std::string type;
};
std::vector<FstabEntry> read_fstab(const Root& root);

/// "\040" and the like as the kernel writes blanks, tabs, line ends and backslashes in such tables.
std::string unescape_octal(std::string_view text);

/// True for file systems that live in memory or stand for kernel state: they hold nobody's data.
bool is_pseudo_file_system(std::string_view type);

}  // namespace vfio_doctor
