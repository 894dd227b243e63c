// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vfio_doctor {

/// A word that people type for a kind of device, and the class codes (24 bits) it means, first and last of a range.
struct DeviceWord {
  std::string_view word;
  std::uint32_t first, last;
};

/// A word that means several ranges stands in several rows. Class codes: PCI Code and ID Assignment Specification, chapter 1;
/// the same list closes pci.ids.
std::span<const DeviceWord> device_words();

bool is_device_word(std::string_view word);

/// Whether `word`, in any case, means a device of this class.
bool means_class(std::string_view word, std::uint32_t class_code);

}  // namespace vfio_doctor
