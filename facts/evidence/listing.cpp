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

/// "[root@guest ~]# uname -a" and "user@guest:~$ dmesg": what follows is of another program. Empty: the prompt alone, or no
/// prompt.
std::string_view typed_at_a_prompt(std::string_view text) {
  const bool is_bracketed = text.starts_with('[') && text.find('@') < text.find(']');
  const auto place = text.substr(0, text.find(' '));
  const bool is_plain =
      place.find('@') != place.npos && place.find(':') != place.npos && (place.ends_with('#') || place.ends_with('$'));
  if (!is_bracketed && !is_plain) return {};
  const auto at = is_plain ? place.size() : text.find(']') + 2;
  return at < text.size() ? trim(text.substr(at)) : std::string_view();
}

/// "[root@guest ~]# lspci -nn", "user@guest:~$ sudo lsusb -t", and the prompt alone, with which a copied terminal ends.
bool is_prompt(std::string_view text) {
  for (const auto* mark : {"# ", "$ ", "% ", "> "}) {
    const auto at = text.find(mark);
    auto typed = at == text.npos ? std::string_view() : trim(text.substr(at + 2));
    if (typed.starts_with("sudo ")) typed = trim(typed.substr(5));
    for (const auto* program : {"lspci", "lsusb", "usb-devices", "pciconf", "dmesg", "journalctl"})
      if (typed.starts_with(program)) return true;
  }
  const bool names_a_place = text.find('@') != text.npos || text.find(":~") != text.npos || text.find(":/") != text.npos;
  return names_a_place && (text.ends_with('#') || text.ends_with('$') || text.ends_with(" >"));
}

/// "$ lspci -nn", "# lsusb", "lspci: Unable to load libkmod", "pcilib: sysfs_read_vpd: read failed".
bool is_about_the_capture(std::string_view line) {
  static constexpr std::array<std::string_view, 9> starts = {"$ ",       "# ",  "lspci:",  "pcilib:",
                                                             "lsusb:",   "```", "PS C:\\", "Couldn't open device",
                                                             "can't get"};
  const auto text = trim(line);
  return is_prompt(text) ||
         std::any_of(starts.begin(), starts.end(), [text](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

CapturedLines::CapturedLines(std::string_view text, const std::string& name) : lines_(split_lines(text)), name_(name) {}

bool CapturedLines::next() {
  while (at_ < lines_.size()) {
    line_ = lines_[at_++];
    const auto typed = typed_at_a_prompt(trim(line_));
    if (!typed.empty()) is_of_another_program_ = !is_prompt(trim(line_));
    if (is_of_another_program_) continue;
    if (is_elision(line_) || is_broken_by_a_message(line_))
      has_gaps_ = true;
    else if (!is_about_the_capture(line_))
      return true;
  }
  return false;
}

void CapturedLines::fail(const std::string& what) const { throw InputError(name_ + ":" + std::to_string(at_) + ": " + what); }

GuestFunction unseen_function() {
  const std::string why = "the listing does not show it";
  const auto unseen = [&why](auto&... facts) { ((facts = std::remove_reference_t<decltype(facts)>::unreadable(why)), ...); };
  GuestFunction function;
  unseen(function.path, function.id.vendor, function.id.device, function.id.subsystem_vendor, function.id.subsystem_device,
         function.id.class_code, function.class_and_subclass, function.id.revision, function.id.serial, function.driver,
         function.modules, function.command, function.power_state, function.runtime_status, function.bars,
         function.interrupts.vectors, function.interrupts.arrived, function.children, function.usb, function.log_errors,
         function.problem_code);
  return function;
}

std::optional<std::uint16_t> class_of_name(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::uint16_t>, 24> known = {{
      {"SCSI storage controller", 0x0100},
      {"IDE interface", 0x0101},
      {"RAID bus controller", 0x0104},
      {"SATA controller", 0x0106},
      {"Non-Volatile memory controller", 0x0108},
      {"Ethernet controller", 0x0200},
      {"Network controller", 0x0280},
      {"VGA compatible controller", 0x0300},
      {"3D controller", 0x0302},
      {"Display controller", 0x0380},
      {"Multimedia audio controller", 0x0401},
      {"Audio device", 0x0403},
      {"Memory controller", 0x0580},
      {"Host bridge", 0x0600},
      {"ISA bridge", 0x0601},
      {"PCI bridge", 0x0604},
      {"Bridge", 0x0680},
      {"Communication controller", 0x0780},
      {"SD Host controller", 0x0805},
      {"System peripheral", 0x0880},
      {"USB controller", 0x0c03},
      {"USB Controller", 0x0c03},
      {"SMBus", 0x0c05},
      {"Signal processing controller", 0x1180},
  }};
  for (const auto& [text, code] : known)
    if (text == name) return code;
  return std::nullopt;
}

bool is_of_small_system(std::string_view class_text) {
  return class_text.starts_with("Class ") && (class_text.size() == 10 || class_text.size() == 12) &&
         parse_unsigned(class_text.substr(6), 16).has_value();
}

bool read_class(std::string_view text, GuestFunction& function) {
  if (is_of_small_system(text)) {  // toybox -e shows the programming interface too
    const auto code = static_cast<std::uint32_t>(*parse_unsigned(text.substr(6), 16));
    const bool is_long = text.size() == 12;
    if (is_long) function.id.class_code = code;
    function.class_and_subclass = static_cast<std::uint16_t>(is_long ? code >> 8 : code);
    return true;
  }
  const auto bracket = last_bracket(text);
  const auto number = bracket ? id_number(bracket->inside) : id_number(text);
  const auto known = number ? number : class_of_name(trim(text));
  if (known) function.class_and_subclass = *known;
  return !trim(text).empty();
}

void read_named_id(std::string_view text, Observed<std::uint16_t>& id, std::string& name) {
  const auto bracket = last_bracket(text);
  const auto number = bracket ? id_number(bracket->inside) : id_number(text);
  if (number) id = *number;
  if (!number || bracket) name = std::string(bracket && number ? bracket->before : text);
}

void read_id_in_name(GuestFunction& function) {
  if (function.id.device.has_value() || function.name.size() < 11) return;
  const std::string_view end = std::string_view(function.name).substr(function.name.size() - 11);
  const auto number = end.substr(0, 7) == "Device " ? id_number(end.substr(7)) : std::nullopt;
  if (number) function.id.device = *number;
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
