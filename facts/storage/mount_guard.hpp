// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "facts/storage/mounts.hpp"

namespace vfio_doctor {

/// Why a path must not be touched: looking at it would set something in motion or may block for ever. Empty: it may.
using MountGuard = std::function<std::string(const std::string& path)>;

/// The guard for a mount table of this process. Left alone are automounts whose file system is not mounted now
/// (systemd's .automount, autofs) and what another machine or a program has to answer for: network file systems and
/// FUSE. Not left alone: "/" and "/usr", without which this program would not run, and FUSE file systems whose program
/// lives from local disks or memory.
MountGuard mount_guard(MountTable table);

/// The guard for the machine this program runs on; nothing is left alone where its mount table cannot be read.
MountGuard live_mount_guard();

}  // namespace vfio_doctor
