// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 (FIPS 180-4), by libnettle.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace vfio_doctor {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view bytes);
/// Of both, one behind the other.
Digest sha256(std::string_view first, std::string_view second);
/// 64 hexadecimal digits, lower case.
std::string to_text(const Digest& digest);

}  // namespace vfio_doctor
