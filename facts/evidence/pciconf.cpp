// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>

#include "base/text.hpp"
#include "facts/evidence/listing.hpp"

namespace vfio_doctor {
namespace {

/// "iwm0@pci0:9:0:0:" -> driver iwm at 0000:09:00.0; "none3@..." has no driver.
std::optional<GuestFunction> read_selector(std::string_view text) {
  const auto at = text.find("@pci");
  if (at == text.npos || at == 0 || !text.ends_with(':')) return std::nullopt;
  const auto parts = split(text.substr(at + 4, text.size() - at - 5), ':');
  if (parts.size() != 4) return std::nullopt;
  const auto domain = parse_unsigned(parts[0]), bus = parse_unsigned(parts[1]), slot = parse_unsigned(parts[2]),
             function_number = parse_unsigned(parts[3]);
  if (!domain || !bus || !slot || !function_number || *domain > 0xffffffff || *bus > 255 || *slot > 31 || *function_number > 7)
    return std::nullopt;
  auto function = unseen_function();
  function.address = {static_cast<std::uint32_t>(*domain), static_cast<std::uint8_t>(*bus), static_cast<std::uint8_t>(*slot),
                      static_cast<std::uint8_t>(*function_number)};
  auto driver = text.substr(0, at);
  while (!driver.empty() && driver.back() >= '0' && driver.back() <= '9') driver.remove_suffix(1);
  function.driver = driver == "none" ? Observed<std::string>::absent() : Observed<std::string>(std::string(driver));
  // vgapci(4) takes every display adapter; the display's own driver attaches to it and is not listed.
  if (driver == "vgapci")
    function.driver = Observed<std::string>::unreadable("vgapci takes every display adapter, with or without a driver for it");
  return function;
}

/// "class=0x028000 rev=0x3a hdr=0x00 vendor=0x8086 ...", or with card= and chip= before FreeBSD 13.
void read_registers(std::string_view text, GuestFunction& function) {
  for (const auto word : split_words(text)) {
    const auto equals = word.find('=');
    const auto value = equals == word.npos ? std::nullopt : parse_unsigned(word.substr(equals + 1), 16);
    if (!value || *value > 0xffffffff) continue;
    const auto key = word.substr(0, equals);
    const auto low = static_cast<std::uint16_t>(*value & 0xffff), high = static_cast<std::uint16_t>(*value >> 16);
    if (key == "class") {
      function.id.class_code = static_cast<std::uint32_t>(*value & 0xffffff);
      function.class_and_subclass = static_cast<std::uint16_t>(*value >> 8 & 0xffff);
    }
    if (key == "rev") function.id.revision = static_cast<std::uint8_t>(*value & 0xff);
    if (key == "vendor") function.id.vendor = low;
    if (key == "device") function.id.device = low;
    if (key == "subvendor") function.id.subsystem_vendor = low;
    if (key == "subdevice") function.id.subsystem_device = low;
    if (key == "chip") {
      function.id.vendor = low;
      function.id.device = high;
    }
    if (key == "card") {
      function.id.subsystem_vendor = low;
      function.id.subsystem_device = high;
    }
  }
}

/// "bar   [10] = type Memory, range 64, base 0xfe800000, size 8192, enabled" of -b.
void read_bar(std::string_view text, GuestFunction& function) {
  const auto bracket = text.find('[');
  const auto reg = bracket == text.npos ? std::nullopt : parse_unsigned(text.substr(bracket + 1, 2), 16);
  const auto size_at = text.find("size ");
  if (!reg || *reg < 0x10 || *reg > 0x24 || size_at == text.npos) return;
  const auto rest = text.substr(size_at + 5);
  const auto size = parse_unsigned(rest.substr(0, rest.find(',')));
  if (!size || *size == 0) return;
  if (!function.bars.has_value()) function.bars = std::vector<GuestBar>{};
  const bool placed = text.find("base 0x0,") == text.npos && text.find("base 0,") == text.npos;
  if (function.bars->size() < 6)
    function.bars.value().push_back(
        {static_cast<unsigned>((*reg - 0x10) / 4), *size, text.find("I/O Port") != text.npos, placed});
}

}  // namespace

Listing read_pciconf(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  while (lines.next()) {
    const auto line = lines.line();
    if (trim(line).empty()) continue;
    if (line.front() != ' ' && line.front() != '\t') {
      const auto words = split_words(line);
      auto function = read_selector(words.front());
      if (!function) lines.fail("not a line of pciconf -lv");
      if (listing.functions.size() == most_listed) lines.fail("too many devices");
      read_registers(line.substr(words.front().size()), *function);
      listing.functions.push_back(std::move(*function));
      continue;
    }
    if (listing.functions.empty()) lines.fail("not a line of pciconf -lv");
    auto& function = listing.functions.back();
    const auto detail = trim(line);
    const auto quote = detail.find('\'');
    if (quote != detail.npos && detail.ends_with('\'') && (detail.starts_with("vendor") || detail.starts_with("device")))
      function.name += (function.name.empty() ? "" : " ") + std::string(detail.substr(quote + 1, detail.size() - quote - 2));
    if (detail.starts_with("bar ")) read_bar(detail, function);
  }
  listing.lists_functions = true;
  listing.has_gaps = lines.has_gaps();
  return listing;
}

}  // namespace vfio_doctor
