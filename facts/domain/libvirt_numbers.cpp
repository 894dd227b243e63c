// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/libvirt_numbers.hpp"

#include <functional>
#include <map>
#include <string>

#include "base/text.hpp"

namespace vfio_doctor {

std::optional<std::uint64_t> libvirt_number(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\n");  // as strtoul() does
  if (start != text.npos) text.remove_prefix(start);
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("0x") || text.starts_with("0X")) return parse_unsigned(text, 16);
  if (text.size() > 1 && text.front() == '0') return parse_unsigned(text, 8);
  return parse_unsigned(text);
}

std::optional<std::uint64_t> libvirt_bytes(std::string_view text, std::string_view unit) {
  static const std::map<std::string, std::uint64_t, std::less<>> units = {{"", 1024},
                                                                          {"b", 1},
                                                                          {"byte", 1},
                                                                          {"bytes", 1},
                                                                          {"k", 1024},
                                                                          {"kib", 1024},
                                                                          {"kb", 1000},
                                                                          {"m", 1 << 20},
                                                                          {"mib", 1 << 20},
                                                                          {"mb", 1000000},
                                                                          {"g", 1 << 30},
                                                                          {"gib", 1 << 30},
                                                                          {"gb", 1000000000},
                                                                          {"t", 1ULL << 40},
                                                                          {"tib", 1ULL << 40},
                                                                          {"tb", 1000000000000},
                                                                          {"p", 1ULL << 50},
                                                                          {"pib", 1ULL << 50},
                                                                          {"pb", 1000000000000000},
                                                                          {"e", 1ULL << 60},
                                                                          {"eib", 1ULL << 60},
                                                                          {"eb", 1000000000000000000}};
  const auto count = parse_unsigned(trim(text));
  const auto known = units.find(to_lower(unit));
  if (!count || known == units.end() || *count > (1ULL << 62) / known->second) return std::nullopt;
  return *count * known->second;
}

}  // namespace vfio_doctor
