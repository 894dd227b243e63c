// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/digest.hpp"

#include <nettle/sha2.h>

namespace vfio_doctor {

Digest sha256(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  Digest digest;
  sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

std::string to_text(const Digest& digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : digest) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

}  // namespace vfio_doctor
