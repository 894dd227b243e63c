// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/digest.hpp"

#include <nettle/version.h>

namespace vfio_doctor {

Sha256::Sha256() { sha256_init(&context_); }

void Sha256::add(std::string_view bytes) {
  sha256_update(&context_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

Digest Sha256::take() {
  Digest digest;
#if NETTLE_VERSION_MAJOR >= 4  // always whole digests from then on
  sha256_digest(&context_, digest.data());
#else
  sha256_digest(&context_, digest.size(), digest.data());
#endif
  return digest;
}

Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.take();
}

std::string to_text(const Digest& digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : digest) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

}  // namespace vfio_doctor
