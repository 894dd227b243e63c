// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace vfio_doctor {

/// The whole program: parses, runs the command, turns problems into one line on standard error. Returns the exit code.
int run_program(int count, const char* const* arguments);

}  // namespace vfio_doctor
