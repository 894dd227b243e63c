// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace vfio_doctor {

/// "0.1.0", or with the commit where it is no release: "0.1.0+14.g1a2b3c4". Made by the build.
extern const char* const program_version;

/// The compiler and the libraries this program was built with, and their versions.
extern const char* const built_with;

}  // namespace vfio_doctor
