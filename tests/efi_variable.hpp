// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace vfio_doctor::testing {

/// What a boot loader or systemd's stub tells ("LoaderInfo", "StubInfo"), as an EFI variable in a machine's text: four bytes of
/// attributes, then UTF-16.
inline std::string efi_variable(const std::string& name, const std::string& value) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text = "hex /sys/firmware/efi/efivars/" + name + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f\n| 06 00 00 00";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    text += std::string(" ") + digits[byte >> 4] + digits[byte & 15] + " 00";
  }
  return text + " 00 00\n";
}

}  // namespace vfio_doctor::testing
