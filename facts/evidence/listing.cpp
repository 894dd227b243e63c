// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/evidence/listing.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

bool is_elision(std::string_view line) {
  const auto text = trim(line);
  return text == "--" || text == "[...]" || text == "..." || text == "(...)" || text == "[…]" || text == "…";
}

/// "f2pcilib: sysfs_read_vpd: read failed": both streams in one file; what the line was to say is lost.
bool is_broken_by_a_message(std::string_view line) {
  const auto at = line.find("pcilib: ");
  return at != line.npos && at != 0;
}

/// "[root@guest ~]# lspci -nn", "user@guest:~$ sudo lsusb -t", and the prompt alone, with which a copied terminal ends.
bool is_prompt(std::string_view text) {
  for (const auto* mark : {"# ", "$ ", "% ", "> "}) {
    const auto at = text.find(mark);
    auto typed = at == text.npos ? std::string_view() : trim(text.substr(at + 2));
    if (typed.starts_with("sudo ")) typed = trim(typed.substr(5));
    for (const auto* program : {"lspci", "lsusb", "pciconf"})
      if (typed.starts_with(program)) return true;
  }
  const bool names_a_place = text.find('@') != text.npos || text.find(":~") != text.npos || text.find(":/") != text.npos;
  return names_a_place && (text.ends_with('#') || text.ends_with('$') || text.ends_with(" >"));
}

/// "$ lspci -nn", "# lsusb", "lspci: Unable to load libkmod", "pcilib: sysfs_read_vpd: read failed".
bool is_about_the_capture(std::string_view line) {
  static constexpr std::array<std::string_view, 9> starts = {"$ ",     "# ",          "lspci:", "pcilib:", "lsusb:",
                                                             "```",    "PS C:\\",     "Couldn't open device", "can't get"};
  const auto text = trim(line);
  return is_prompt(text) ||
         std::any_of(starts.begin(), starts.end(), [text](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

CapturedLines::CapturedLines(std::string_view text, const std::string& name) : lines_(split_lines(text)), name_(name) {}

bool CapturedLines::next() {
  while (at_ < lines_.size()) {
    line_ = lines_[at_++];
    if (is_elision(line_) || is_broken_by_a_message(line_))
      has_gaps_ = true;
    else if (!is_about_the_capture(line_))
      return true;
  }
  return false;
}

void CapturedLines::fail(const std::string& what) const {
  throw InputError(name_ + ":" + std::to_string(at_) + ": " + what);
}

GuestFunction unseen_function() {
  const std::string why = "the listing does not show it";
  const auto unseen = [&why](auto&... facts) {
    ((facts = std::remove_reference_t<decltype(facts)>::unreadable(why)), ...);
  };
  GuestFunction function;
  unseen(function.path, function.vendor_id, function.device_id, function.subsystem_vendor_id,
         function.subsystem_device_id, function.class_code, function.class_and_subclass, function.revision,
         function.serial, function.driver, function.modules, function.command, function.power_state,
         function.runtime_status, function.bars, function.interrupts.vectors, function.interrupts.arrived,
         function.children, function.usb, function.log_errors, function.problem_code);
  return function;
}

std::optional<std::uint16_t> class_of_name(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::uint16_t>, 24> known = {{
      {"SCSI storage controller", 0x0100},       {"IDE interface", 0x0101},
      {"RAID bus controller", 0x0104},           {"SATA controller", 0x0106},
      {"Non-Volatile memory controller", 0x0108}, {"Ethernet controller", 0x0200},
      {"Network controller", 0x0280},            {"VGA compatible controller", 0x0300},
      {"3D controller", 0x0302},                 {"Display controller", 0x0380},
      {"Multimedia audio controller", 0x0401},   {"Audio device", 0x0403},
      {"Memory controller", 0x0580},             {"Host bridge", 0x0600},
      {"ISA bridge", 0x0601},                    {"PCI bridge", 0x0604},
      {"Bridge", 0x0680},                        {"Communication controller", 0x0780},
      {"SD Host controller", 0x0805},            {"System peripheral", 0x0880},
      {"USB controller", 0x0c03},                {"USB Controller", 0x0c03},
      {"SMBus", 0x0c05},                         {"Signal processing controller", 0x1180},
  }};
  for (const auto& [text, code] : known)
    if (text == name) return code;
  return std::nullopt;
}

std::optional<std::uint16_t> id_number(std::string_view text) {
  const auto number = text.size() == 4 && text.find_first_of("xX") == text.npos ? parse_unsigned(text, 16) : std::nullopt;
  if (!number) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::optional<std::pair<std::uint16_t, std::uint16_t>> id_pair(std::string_view text) {
  if (text.size() != 9 || text[4] != ':') return std::nullopt;
  const auto first = id_number(text.substr(0, 4)), second = id_number(text.substr(5));
  if (!first || !second) return std::nullopt;
  return std::pair{*first, *second};
}

std::optional<Bracketed> last_bracket(std::string_view text) {
  const auto close = text.rfind(']');
  const auto open = close == text.npos ? text.npos : text.rfind('[', close);
  if (open == text.npos) return std::nullopt;
  return Bracketed{trim(text.substr(0, open)), text.substr(open + 1, close - open - 1)};
}

}  // namespace vfio_doctor
