// SPDX-License-Identifier: GPL-2.0-or-later
// Unified kernel images: kernel, command line and initial RAM disk in one file.
#pragma once

#include <string>

#include "base/observed.hpp"
#include "facts/boot/boot_configuration.hpp"
#include "facts/platform/platform.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// The unified kernel image that the running kernel was started from. Absent where nothing says that it was one; unreadable where it
/// was one, and which is not known.
Observed<std::string> booted_unified_image(const Root& root, const BootConfiguration& boot, const Kernel& kernel);

/// Its initial RAM disk. Unreadable where the image cannot be read, has none, or an addon beside it brings more.
Observed<FilePieces> open_unified_image(const Root& root, const std::string& file);

}  // namespace vfio_doctor
