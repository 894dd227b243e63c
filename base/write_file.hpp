// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace vfio_doctor {

enum class FileAccess {
  as_usual,   ///< a new file gets what the umask leaves, one that is replaced keeps its mode
  owner_only  ///< 0600 whatever was there before: the content is more than every user of the machine may see
};

/// Writes `bytes` to what `path` names, and changes nothing else:
///   nothing there, a regular file   at every moment there is either the old file or the whole new one; nothing is left
///                                   beside it, whatever signal comes
///   a symbolic link                 the same with its target, the link stays; except where another user put it into a
///                                   directory that everybody may write to (fs.protected_symlinks of the kernel)
///   /dev/stdout, /dev/fd/N, ...     the descriptor, whatever lies behind it
///   a character device, a FIFO      is written to
///   a directory, block device, ...  is refused
/// Throws InputError "PATH: why".
void write_file(const std::string& path, const std::string& bytes, FileAccess access = FileAccess::as_usual);

}  // namespace vfio_doctor
