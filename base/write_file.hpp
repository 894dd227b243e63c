// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace vfio_doctor {

/// Writes `bytes` to `path` so that at every moment there is either the old file or the whole new one. A symbolic link
/// at `path` is not followed: the link itself is replaced, so a link that somebody else left in /tmp harms nobody.
/// Special files (/dev/stdout, a FIFO) are written to directly. Throws InputError "PATH: why".
void write_file_atomically(const std::string& path, const std::string& bytes);

}  // namespace vfio_doctor
