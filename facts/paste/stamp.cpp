// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/paste/stamp.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// Seconds in "   13.104512" or "+0.001779"; nothing where it is no such number.
std::optional<double> seconds(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto dot = text.find('.');
  if (text.empty() || text.size() > 24 || dot == text.npos ||
      !std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; }))
    return std::nullopt;
  const auto whole = parse_unsigned(text.substr(0, dot));
  return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
}

/// "Wed Jun 12 02:42:37 2024", "2017-10-23 09:08:16.318", "2025-04-26T22:24:08.316Z": a clock and nothing else.
bool is_date(std::string_view text) {
  return text.size() >= 8 && text.size() <= 40 && text.find(':') != text.npos &&
         is_digit(text[text.find(':') - (text.find(':') > 0)]) && std::ranges::all_of(text, [](char c) {
           return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ':' || c == '-' || c == '.' ||
                  c == ' ' || c == '+' || c == ',';
         });
}

/// "T1", "C0", "  T1234": who called printk (CONFIG_PRINTK_CALLER).
bool is_caller(std::string_view text) {
  text = trim(text);
  return text.size() >= 2 && text.size() <= 9 && (text[0] == 'T' || text[0] == 'C') &&
         std::ranges::all_of(text.substr(1), is_digit);
}

bool take_bracket(std::string_view& rest, StampedLine& line) {
  const auto close = rest.starts_with('[') ? rest.substr(0, 48).find(']') : rest.npos;
  if (close == rest.npos) return false;
  const auto inside = rest.substr(1, close - 1);
  if (const auto uptime = seconds(inside)) {
    if (!trim(inside).starts_with('+')) line.uptime = uptime;
    line.from_kernel = true;
  } else if (!is_date(trim(inside)) && !is_caller(inside)) {
    return false;
  }
  rest.remove_prefix(close + 1);
  if (rest.starts_with(':')) rest.remove_prefix(1);
  return true;
}

bool take_priority(std::string_view& rest) {
  const auto close = rest.starts_with('<') ? rest.substr(0, 5).find('>') : rest.npos;
  if (close == rest.npos || close < 2 || !std::ranges::all_of(rest.substr(1, close - 1), is_digit)) return false;
  rest.remove_prefix(close + 1);
  return true;
}

/// "2024-02-07T09:02:08.234524Z " or "2024-02-07 09:02:08.234+0000: ".
bool take_iso_time(std::string_view& rest) {
  if (rest.size() < 19 || !is_digit(rest[0]) || !is_digit(rest[3]) || rest[4] != '-' || rest[7] != '-' ||
      (rest[10] != 'T' && rest[10] != ' ') || rest[13] != ':' || rest[16] != ':')
    return false;
  const auto end = rest.find_first_of(" \t", 12);
  rest.remove_prefix(end == rest.npos ? rest.size() : end);
  return true;
}

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// "Feb 15 10:28:44 "; the host and the program that follow are taken by take_sender().
bool take_syslog_time(std::string_view& rest) {
  if (rest.size() < 15 || std::ranges::find(months, rest.substr(0, 3)) == months.end() || rest[3] != ' ' || rest[9] != ':' ||
      rest[12] != ':' || !is_digit(rest[5]) || !is_digit(rest[8]))
    return false;
  const auto end = rest.find(' ', 12);
  rest.remove_prefix(end == rest.npos ? rest.size() : end);
  return true;
}

/// "hostname kernel: ", "kernel: ", "hostname qemu-system-x86[812]: " behind a time.
void take_sender(std::string_view& rest, StampedLine& line, bool after_time) {
  auto text = trim(rest);
  if (text.starts_with("kernel: ") || text.starts_with("kernel:[")) {
    line.from_kernel = line.is_record = true;
    rest = text.substr(7);
    return;
  }
  if (!after_time) return;
  const auto blank = text.find(' ');
  if (blank == text.npos || blank > 64 || text.substr(0, blank).find(':') != text.npos) return;
  const auto sender = trim(text.substr(blank));
  if (!sender.starts_with("kernel: ") && !sender.starts_with("kernel:[")) return;
  line.from_kernel = true;
  rest = sender.substr(7);
}

/// Talos: "192.0.2.1: kern: info: [2025-04-26T22:24:08.316Z]: ".
bool take_talos(std::string_view& rest, StampedLine& line) {
  const auto at = rest.substr(0, 60).find(": kern:");
  if (at == rest.npos || rest.substr(0, at).find(' ') != rest.npos) return false;
  const auto level_end = rest.substr(0, at + 30).find(": ", at + 7);
  rest.remove_prefix(level_end == rest.npos ? at + 7 : level_end + 2);
  line.from_kernel = true;
  return true;
}

}  // namespace

StampedLine read_stamp(std::string_view text) {
  StampedLine line;
  auto rest = trim(text);
  bool after_time = false;
  for (int parts = 0; parts < 5; ++parts) {
    const bool took_time = take_iso_time(rest) || take_syslog_time(rest);
    if (!took_time && !take_priority(rest) && !take_bracket(rest, line) && !take_talos(rest, line)) {
      const auto before = rest.size();
      take_sender(rest, line, after_time);
      if (rest.size() == before) break;
    }
    after_time = took_time;
    line.is_record = true;
    rest = trim(rest);
    if (rest.starts_with(": ")) rest = trim(rest.substr(1));
  }
  line.message = rest;
  return line;
}

}  // namespace vfio_doctor
