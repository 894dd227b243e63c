// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/utf8.hpp"

#include <array>

namespace vfio_doctor {
namespace {

unsigned char byte_at(std::string_view text, std::size_t position) { return static_cast<unsigned char>(text[position]); }

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t position) {
  const unsigned char first = byte_at(text, position);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || position + length > text.size()) return {};
  char32_t code_point = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned char next = byte_at(text, position + i);
    if ((next & 0xc0) != 0x80) return {};
    code_point = (code_point << 6) | (next & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < smallest[length] || surrogate || code_point > 0x10ffff) return {};
  return {code_point, length};
}

}  // namespace vfio_doctor
