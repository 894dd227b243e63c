// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

namespace vfio_doctor {

/// The bytes of a file that the user named; "-" is standard input. Pipes are read to their end. This is for what a
/// command line names; facts about a machine come through Root.
/// Throws InputError where it cannot be opened or read, is a directory, or holds more than `limit` bytes.
std::string read_input_file(const std::string& path, std::size_t limit);

}  // namespace vfio_doctor
