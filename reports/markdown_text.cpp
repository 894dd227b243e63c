// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cctype>

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "reports/markdown.hpp"

namespace vfio_doctor {
namespace {

// Mentions and references are looked for in the finished page, where a backslash or an entity is gone.
constexpr std::string_view zero_width_space = "&#8203;";

bool is_letter_digit_or(char byte, std::string_view others) {
  return std::isalnum(static_cast<unsigned char>(byte)) != 0 || others.find(byte) != std::string_view::npos;
}

/// Where text stands at the start of a line, these begin a list or a heading.
bool begins_block(const std::string& text, std::size_t position) {
  const char byte = text[position];
  if (position == 0) return byte == '-' || byte == '+' || byte == '=';
  return (byte == '.' || byte == ')') &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(position), is_digit);
}

/// Addresses become links by themselves: "http://", "www.".
bool begins_link(const std::string& text, std::size_t position) {
  if (text[position] == ':') return text.compare(position, 3, "://") == 0;
  return text[position] == '.' && position >= 3 && to_lower(text.substr(position - 3, 3)) == "www";
}

}  // namespace

std::string markdown_text(std::string_view text) {
  constexpr std::string_view special = "\\`*_[]|~$!";
  const std::string safe = printable(text);
  std::string result;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    const char byte = safe[i];
    if (byte == '&')
      result += "&amp;";
    else if (byte == '<')
      result += "&lt;";
    else if (byte == '>')
      result += "&gt;";
    else if (byte == '@' || byte == '#')
      result += std::string(byte == '#' ? "\\#" : "@") + std::string(zero_width_space);
    else if (begins_link(safe, i))
      result += byte == ':' ? "&#58;" : "&#46;";
    else if (special.find(byte) != std::string_view::npos || begins_block(safe, i))
      result += std::string("\\") + byte;
    else
      result += byte;
  }
  return result;
}

std::string markdown_code(std::string_view text) {
  const bool plain = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                     std::all_of(text.begin(), text.end(), [](char byte) { return is_letter_digit_or(byte, " :.,_/()+-"); });
  // Backquotes cannot hold every text in a table; the element can.
  return plain ? "`" + std::string(text) + "`" : "<code>" + markdown_text(text) + "</code>";
}

std::string markdown_block(std::string_view text, std::string_view language) {
  const std::string safe = printable_lines(text);
  std::size_t longest = 2, run = 0;
  for (const char byte : safe) {
    run = byte == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fence + std::string(language) + "\n" + safe + (safe.ends_with('\n') ? "" : "\n") + fence + "\n";
}

}  // namespace vfio_doctor
