// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace vfio_doctor {

/// The words that a redacted snapshot may hold whoever the host belongs to: what this program asks for, what kernels, boot
/// loaders and distributions are made of, and the shapes of numbers, versions and device names. Everything else in a
/// snapshot gets a stand-in, so a word belongs here only if it says nothing about anybody.
bool is_known_word(std::string_view word);

/// "eth0", "enp3s0f1", "wlan0", "br0", "vlan20": names that kernels and tools give. Any other name of an interface was
/// chosen by somebody.
bool is_usual_interface(std::string_view name);

}  // namespace vfio_doctor
