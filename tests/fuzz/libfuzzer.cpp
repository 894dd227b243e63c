// SPDX-License-Identifier: GPL-2.0-or-later
//
// The entry that libFuzzer calls; linked where VFIO_DOCTOR_FUZZ is on.
#include <cstddef>
#include <cstdint>

#include "fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vfio_doctor::try_input(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
