// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/printable.hpp"

#include <algorithm>
#include <array>

#include "base/utf8.hpp"

namespace vfio_doctor {
namespace {

struct Range {
  char32_t first, last;
};

// Code points that are not seen or that move others: format characters (category Cf), fillers, line and
// paragraph separators, variation selectors, tags, noncharacters.
constexpr std::array<Range, 22> invisible{{
    {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd}, {0x070f, 0x070f},
    {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f},
    {0x3164, 0x3164}, {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfffb},
    {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
}};

bool is_harmless(char32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f)) return false;
  if ((code_point & 0xfffe) == 0xfffe) return false;
  for (const Range& range : invisible)
    if (code_point >= range.first && code_point <= range.last) return false;
  return true;
}

std::string hexadecimal(char32_t number, unsigned digits) {
  constexpr std::string_view figures = "0123456789abcdef";
  std::string text;
  for (; number != 0 || text.size() < digits; number >>= 4) text.insert(text.begin(), figures[number & 0xf]);
  return text;
}

enum class LineEnds { escaped, kept };

std::string harmless(std::string_view text, LineEnds line_ends) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    const CodePoint decoded = decode_utf8(text, position);
    if (decoded.length == 0) {
      result += "\\x" + hexadecimal(static_cast<unsigned char>(text[position++]), 2);
      continue;
    }
    if (is_harmless(decoded.value) || (line_ends == LineEnds::kept && decoded.value == '\n'))
      result += text.substr(position, decoded.length);
    else if (decoded.value < 0x100)
      result += "\\x" + hexadecimal(decoded.value, 2);
    else
      result += "\\u{" + hexadecimal(decoded.value, 4) + "}";
    position += decoded.length;
  }
  return result;
}

/// The blocks that Unicode Standard Annex #11 calls wide and that terminals show so.
bool is_wide(char32_t code_point) {
  static constexpr std::array<Range, 10> blocks{{{0x1100, 0x115f},
                                                 {0x2e80, 0x303e},
                                                 {0x3041, 0xa4cf},
                                                 {0xa960, 0xa97c},
                                                 {0xac00, 0xd7a3},
                                                 {0xf900, 0xfaff},
                                                 {0xfe30, 0xfe6f},
                                                 {0xff01, 0xff60},
                                                 {0x1f300, 0x1faff},
                                                 {0x20000, 0x3fffd}}};
  return code_point >= blocks.front().first &&
         std::ranges::any_of(blocks, [&](const Range& block) { return code_point >= block.first && code_point <= block.last; });
}

/// visit(position, columns) for each code point until it returns false.
template <class Visit>
void for_each_code_point(std::string_view text, Visit visit) {
  for (std::size_t position = 0; position < text.size();) {
    const auto decoded = decode_utf8(text, position);
    if (!visit(position, is_wide(decoded.value) ? 2 : 1)) return;
    position += std::max<std::size_t>(decoded.length, 1);
  }
}

}  // namespace

std::string printable(std::string_view text) { return harmless(text, LineEnds::escaped); }

std::string printable_lines(std::string_view text) { return harmless(text, LineEnds::kept); }

std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  for_each_code_point(text, [&width](std::size_t, std::size_t columns) {
    width += columns;
    return true;
  });
  return width;
}

std::string_view first_columns(std::string_view text, std::size_t columns) {
  std::size_t used = 0, end = text.size();
  for_each_code_point(text, [&](std::size_t position, std::size_t needed) {
    used += needed;
    if (used <= columns) return true;
    end = position;
    return false;
  });
  return text.substr(0, end);
}

}  // namespace vfio_doctor
