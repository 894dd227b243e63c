// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 (FIPS 180-4), by libnettle.
#pragma once

#include <nettle/sha2.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace vfio_doctor {

using Digest = std::array<std::uint8_t, 32>;

/// Of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// Of all that was added. Once only.
  Digest take();

 private:
  sha256_ctx context_;
};

Digest sha256(std::string_view bytes);
/// 64 hexadecimal digits, lower case.
std::string to_text(const Digest& digest);

}  // namespace vfio_doctor
