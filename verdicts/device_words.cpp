// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/device_words.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::array<DeviceWord, 29> words = {{
    {"gpu", 0x030000, 0x03ffff},         {"vga", 0x030000, 0x03ffff},        {"graphics", 0x030000, 0x03ffff},
    {"display", 0x030000, 0x03ffff},     {"audio", 0x040100, 0x0401ff},      {"audio", 0x040300, 0x0403ff},
    {"sound", 0x040100, 0x0401ff},       {"sound", 0x040300, 0x0403ff},      {"usb", 0x0c0300, 0x0c033f},
    {"usb", 0x0c0380, 0x0c0380},         {"usb4", 0x0c0340, 0x0c0340},       {"thunderbolt", 0x0c0340, 0x0c0340},
    {"thunderbolt", 0x088000, 0x0880ff}, {"firewire", 0x0c0000, 0x0c00ff},   {"nvme", 0x010800, 0x0108ff},
    {"sata", 0x010600, 0x0106ff},        {"ahci", 0x010601, 0x010601},       {"raid", 0x010400, 0x0104ff},
    {"sas", 0x010700, 0x0107ff},         {"storage", 0x010000, 0x01ffff},    {"wifi", 0x028000, 0x0280ff},
    {"wi-fi", 0x028000, 0x0280ff},       {"wlan", 0x028000, 0x0280ff},       {"bluetooth", 0x0d1100, 0x0d11ff},
    {"network", 0x020000, 0x02ffff},     {"nic", 0x020000, 0x02ffff},        {"ethernet", 0x020000, 0x0200ff},
    {"lan", 0x020000, 0x0200ff},         {"infiniband", 0x020700, 0x0207ff},
}};

}  // namespace

std::span<const DeviceWord> device_words() { return words; }

bool is_device_word(std::string_view word) {
  return std::ranges::find(words, to_lower(word), &DeviceWord::word) != words.end();
}

bool means_class(std::string_view word, std::uint32_t class_code) {
  const auto lower = to_lower(word);
  return std::ranges::any_of(words, [&](const DeviceWord& one) {
    return one.word == lower && one.first <= class_code && class_code <= one.last;
  });
}

}  // namespace vfio_doctor
