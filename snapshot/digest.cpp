// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/digest.hpp"

#include <nettle/sha2.h>
#include <nettle/version.h>

namespace vfio_doctor {

Digest sha256(std::string_view bytes) { return sha256(bytes, {}); }

Digest sha256(std::string_view first, std::string_view second) {
  sha256_ctx context;
  sha256_init(&context);
  for (const auto part : {first, second})
    sha256_update(&context, part.size(), reinterpret_cast<const std::uint8_t*>(part.data()));
  Digest digest;
#if NETTLE_VERSION_MAJOR >= 4  // always whole digests from then on
  sha256_digest(&context, digest.data());
#else
  sha256_digest(&context, digest.size(), digest.data());
#endif
  return digest;
}

std::string to_text(const Digest& digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : digest) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

}  // namespace vfio_doctor
