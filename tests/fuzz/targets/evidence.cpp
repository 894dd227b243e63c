// SPDX-License-Identifier: GPL-2.0-or-later
//
// Captured output of a guest: lspci, lsusb, pnputil, PowerShell, pciconf; refused, or seen and judged.
#include <cstdint>

#include "base/input_error.hpp"
#include "checks/guest/ladder.hpp"
#include "facts/evidence/evidence.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  Manifest manifest;
  manifest.devices.resize(2);
  for (auto& device : manifest.devices) device.id.vendor = std::uint16_t{0x8086}, device.id.device = std::uint16_t{0x24f3};
  try {
    judge_guest(manifest, read_evidence({{"fuzz", bytes}}));
  } catch (const InputError&) {
  }
}

}  // namespace vfio_doctor
