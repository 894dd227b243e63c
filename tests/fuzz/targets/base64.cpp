// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the guest agent answers in base64. Whatever was encoded is decoded again; what is decoded is what was meant.
#include "base/base64.hpp"

#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  const auto text = base64_encode(bytes);
  require(text.size() == (bytes.size() + 2) / 3 * 4, "the length of base64");
  require(base64_decode(text) == bytes, "what was encoded is decoded again");
  const auto decoded = base64_decode(bytes);
  if (!decoded) return;
  require(decoded->size() <= bytes.size() / 4 * 3, "the length of what was decoded");
  require(base64_decode(base64_encode(*decoded)) == decoded, "what was decoded is encoded again");
}

}  // namespace vfio_doctor
