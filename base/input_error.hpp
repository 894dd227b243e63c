// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdexcept>

namespace vfio_doctor {

/// The program cannot go on: wrong usage or unreadable input. The message is one complete line that names the
/// file (and line) or the option; the program prints it and ends with exit code 2.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace vfio_doctor
