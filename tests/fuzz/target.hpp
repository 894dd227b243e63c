// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace vfio_doctor {

/// What one file of tests/fuzz/targets does with an input: it must neither crash nor throw. What holds for every input
/// (reading back what was written, for one) is asserted with require().
void try_input(const std::string& bytes);

/// Ends the program where `holds` is false, under every build type.
void require(bool holds, const char* what);

}  // namespace vfio_doctor
