// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

namespace vfio_doctor {

/// The bytes of a file that the user named: a report, a snapshot. Throws InputError "PATH: why" where it cannot be read
/// or holds more than `limit` bytes.
std::string read_input_file(const std::string& path, std::size_t limit);

}  // namespace vfio_doctor
