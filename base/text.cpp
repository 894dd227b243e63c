// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "base/ascii.hpp"

namespace vfio_doctor {
namespace {

/// In a base of 2 to the power of `bits`: each device of thousands has a dozen such numbers.
void append_digits(std::string& text, std::uint64_t value, unsigned bits, std::size_t least_digits) {
  std::array<char, 24> digits{};
  auto begin = digits.end();
  for (; value != 0; value >>= bits) *--begin = "0123456789abcdef"[value & ((1U << bits) - 1)];
  const auto length = static_cast<std::size_t>(digits.end() - begin);
  const auto least = std::max(least_digits, std::size_t{1});
  if (length < least) text.append(least - length, '0');
  text.append(begin, digits.end());
}

}  // namespace

bool is_among(std::string_view word, std::string_view words) {
  const auto all = split(words, '|');
  return std::ranges::find(all, word) != all.end();
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_white_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  lines.reserve(16);
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, offset), '\n'));
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  words.reserve(4);
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_white_space(text[at])) ++at;
    const auto begin = at;
    while (at < text.size() && !is_white_space(text[at])) ++at;
    if (begin != at) words.push_back(text.substr(begin, at - begin));
  }
  return words;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  parts.reserve(8);  // paths and addresses have fewer
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text, int base) {
  if (base == 16 && (text.starts_with("0x") || text.starts_with("0X"))) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<long long> parse_signed(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 10);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

void append_hex(std::string& text, std::uint64_t value, std::size_t least_digits) {
  append_digits(text, value, 4, least_digits);
}

std::string hex_text(std::uint64_t value, std::size_t least_digits) {
  std::string text;
  append_hex(text, value, least_digits);
  return text;
}

std::string octal_text(std::uint64_t value, std::size_t least_digits) {
  std::string text;
  append_digits(text, value, 3, least_digits);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const auto& part : parts) {
    if (&part != &parts.front()) joined += separator;
    joined += part;
  }
  return joined;
}

std::string normalize_module_name(std::string_view name) {
  std::string normal(name);
  for (char& c : normal)
    if (c == '-') c = '_';
  return normal;
}

}  // namespace vfio_doctor
