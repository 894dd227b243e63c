// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace vfio_doctor {

/// As the host program's: "0.1.0", or with the commit where it is no release. Made by the build.
extern const char* const agent_version;

}  // namespace vfio_doctor
