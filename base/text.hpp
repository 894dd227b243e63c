// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// Reading the plain text the kernel and configuration files are made of.

/// Whether `word` is one of `words`, which stand between bars: "on|off".
bool is_among(std::string_view word, std::string_view words);

/// `text` without white space at both ends.
std::string_view trim(std::string_view text);
/// Lines without their line ends; a last line without a line end counts.
std::vector<std::string_view> split_lines(std::string_view text);
/// Not of a temporary: `for (auto line : split_lines(make_text()))` would go through lines that are gone.
template <std::same_as<std::string> Text>
std::vector<std::string_view> split_lines(Text&& text) = delete;
/// The number of the line, from 1, in which the byte at `offset` stands; an offset behind the end is the end.
std::size_t line_at(std::string_view text, std::size_t offset);
/// Pieces between runs of blanks and tabs.
std::vector<std::string_view> split_words(std::string_view text);
/// Pieces between single separators; empty pieces are kept.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The whole of `text` as a number of base 10 or 16 (an 0x prefix is accepted for 16); nothing on
/// rubbish, overflow or trailing characters.
std::optional<std::uint64_t> parse_unsigned(std::string_view text, int base = 10);
std::optional<long long> parse_signed(std::string_view text);
/// Lower-case hexadecimal, no prefix, filled up with zeros to `least_digits`.
std::string hex_text(std::uint64_t value, std::size_t least_digits);
/// The same in octal digits: the mode of a file.
std::string octal_text(std::uint64_t value, std::size_t least_digits);
/// What hex_text() gives, behind `text`.
void append_hex(std::string& text, std::uint64_t value, std::size_t least_digits);
/// ASCII lower case.
std::string to_lower(std::string_view text);
/// Joins with `separator`: {"a","b"}, ", " -> "a, b".
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Module, driver and parameter names: the kernel takes '-' and '_' for the same.
std::string normalize_module_name(std::string_view name);

}  // namespace vfio_doctor
