// SPDX-License-Identifier: GPL-2.0-or-later
// The directory that the last paths led through, kept open.
#pragma once

#include <string>

#include "base/descriptor.hpp"

namespace vfio_doctor {

/// Spares the kernel most of the way to files that lie near each other, as the attributes of a device and its neighbours do:
/// sysfs asks its tree about each directory on the way, under a lock (kernfs_dop_revalidate() in fs/kernfs/dir.c).
/// For directories that stay what they are while it lives. Not safe for several threads: each has its own.
class NearDirectory {
 public:
  /// Where a system call starts, and the path from there, which is part of the one that was asked for.
  struct Way {
    int directory;
    const char* path;
  };

  /// The way to the absolute `path`: from the directory that stands open where the path leads through it, else from `root`.
  /// The directory two above is opened when the second path in a row leads through it and not through the one that stands
  /// open: to open one for a single file would be dearer than the whole way.
  Way way_to(const std::string& path, int root);
  Way way_to(std::string&& path, int root) = delete;  // the way would point into what is gone

 private:
  std::string name_;    ///< "/sys/devices/pci0000:00/"; empty while none stands open
  std::string missed_;  ///< the directory two above the last path that did not lead through it
  Descriptor directory_{-1};
};

}  // namespace vfio_doctor
