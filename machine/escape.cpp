// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/escape.hpp"

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

void append_escape(std::string& text, char c) {
  static constexpr char digits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

bool is_plain(char c) { return c > ' ' && c < 0x7f && c != '\\'; }

}  // namespace

std::string escape_path(std::string_view path) {
  std::string escaped;
  for (const char c : path)
    if (is_plain(c))
      escaped += c;
    else
      append_escape(escaped, c);
  return escaped;
}

std::string escape_reason(std::string_view reason) {
  std::string escaped;
  for (std::size_t i = 0; i < reason.size(); ++i) {
    const bool inner_blank = reason[i] == ' ' && i > 0 && i + 1 < reason.size();
    if (is_plain(reason[i]) || inner_blank)
      escaped += reason[i];
    else
      append_escape(escaped, reason[i]);
  }
  return escaped;
}

std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code =
        text.substr(i).starts_with("\\x") && i + 4 <= text.size() ? parse_unsigned(text.substr(i + 2, 2), 16) : std::nullopt;
    plain += code ? static_cast<char>(*code) : text[i];
    if (code) i += 3;
  }
  return plain;
}

}  // namespace vfio_doctor
