// SPDX-License-Identifier: GPL-2.0-or-later
// Kinds of ASCII characters, whatever the locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace vfio_doctor {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr bool is_letter(char c) { return is_alphanumeric(c) && !is_digit(c); }
/// Of a name in C, a shell, a kernel's module.
constexpr bool is_name_part(char c) { return is_alphanumeric(c) || c == '_'; }

constexpr bool is_white_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }  // isspace() of the C locale

constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// One digit or more, and nothing else.
constexpr bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

}  // namespace vfio_doctor
