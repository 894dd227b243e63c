// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/paste/pasted_machine.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

void keep(std::vector<PastedText>& list, std::string text, PastedAt at, std::size_t most = PastedMachine::most_texts) {
  if (list.size() < most) list.push_back({std::move(text), std::move(at)});
}

/// "vvvv:dddd" in the last brackets that hold such a pair, or behind "CCCC: " of lspci -n.
std::optional<std::pair<std::uint16_t, std::uint16_t>> ids_in(std::string_view text) {
  const auto pair = [](std::string_view word) -> std::optional<std::pair<std::uint16_t, std::uint16_t>> {
    if (word.size() != 9 || word[4] != ':') return std::nullopt;
    const auto vendor = parse_unsigned(word.substr(0, 4), 16), device = parse_unsigned(word.substr(5), 16);
    if (!vendor || !device || word.find_first_of("xX") != word.npos) return std::nullopt;
    return std::pair{static_cast<std::uint16_t>(*vendor), static_cast<std::uint16_t>(*device)};
  };
  for (auto open = text.rfind('['); open != text.npos; open = open == 0 ? text.npos : text.rfind('[', open - 1))
    if (const auto found = pair(text.substr(open + 1, 9)); found && open + 10 < text.size() && text[open + 10] == ']')
      return found;
  const auto colon = text.find(": ");
  return colon == text.npos ? std::nullopt : pair(trim(text.substr(colon + 2)).substr(0, 9));
}

/// "VGA compatible controller [0300]: ..." -> 0x0300; "0300: ..." -> 0x0300.
std::optional<std::uint16_t> class_in(std::string_view text) {
  const auto colon = text.find(": ");
  auto before = text.substr(0, colon == text.npos ? 0 : colon);
  if (before.ends_with(']') && before.size() > 6) before = before.substr(before.size() - 5, 4);
  const auto number = before.size() == 4 ? parse_unsigned(before, 16) : std::nullopt;
  return number ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

std::optional<unsigned> leading_number(std::string_view text) {
  text = trim(text);
  const auto end = std::ranges::find_if_not(text, is_digit);
  const auto number = parse_unsigned(text.substr(0, static_cast<std::size_t>(end - text.begin())));
  return number && *number < 100'000 ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

bool is_indented(std::string_view text) { return text.starts_with(' ') || text.starts_with('\t'); }

/// The value of "KEY=" inside `text`, to the next blank: "drv=i40e".
std::string_view value_of(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == text.npos) return {};
  const auto rest = text.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(" \t"));
}

}  // namespace

std::string quoted(std::string_view text) {
  text = trim(text);
  if (text.size() <= quoted_bytes) return std::string(text);
  auto end = quoted_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

PastedAt PastedMachineReader::place(const PasteLine& line) const {
  return {line.file, line.number, line.document, quoted(line.text)};
}

void PastedMachineReader::end_file() {
  finish_search();
  group_.reset();
  function_.reset();
}

/// A search that printed nothing before the next prompt found nothing.
void PastedMachineReader::finish_search() {
  if (search_) keep(machine_.searches_without_result, std::move(search_->text), std::move(search_->at));
  search_.reset();
}

void PastedMachineReader::take(const PasteLine& line) {
  if (line.kind == PasteKind::source_code) return;
  const auto text = trim(line.text);
  if (!line.command.empty() || text.starts_with("```")) {
    finish_search();
    function_.reset();
    group_.reset();
    const auto command = line.command;
    shows_settings_ = std::ranges::any_of(std::array{"/etc/kernel/cmdline", "/etc/default/grub", "syslinux", "limine",
                                                     "loader/entries", "grub.cfg"},
                                          [&](const char* file) { return command.find(file) != command.npos; });
    if (command.find("/proc/cmdline") != command.npos && command.find("grep") != command.npos)
      search_ = PastedText{std::string(split_words(command).back()), place(line)};
    if (command.find("/sys/kernel/iommu_groups") != command.npos &&
        (command.starts_with("ls ") || command.starts_with("find ") || command.starts_with("sudo ")))
      search_ = PastedText{"iommu_groups", place(line)};
    if (const auto path = command.find("iommu_groups/"); path != command.npos)
      group_ = leading_number(command.substr(path + 13));
    return;
  }
  if (text.empty()) {
    function_.reset();
    return;
  }
  search_.reset();
  if (line.kind == PasteKind::group_listing || line.kind == PasteKind::lspci || group_)
    take_group(line, text);
  else if (const auto at = text.find("drv="); at != text.npos)
    take_heading(line, text, std::nullopt);
  if (line.kind == PasteKind::lspci || line.kind == PasteKind::group_listing) take_detail(line, text);
  if (line.kind == PasteKind::kernel_log)
    if (const auto at = line.stamped.message.find("dding to iommu group "); at != std::string_view::npos) {
      const auto words = split_words(line.stamped.message);
      const auto address = words.size() > 2 ? PciAddress::parse(words[1].substr(0, words[1].size() - 1)) : std::nullopt;
      const auto group = leading_number(line.stamped.message.substr(at + 21));
      if (address && group) take_member(line, *group, *address);
    }
  take_words(line, text);
}

void PastedMachineReader::take_group(const PasteLine& line, std::string_view text) {
  if (const auto path = text.find("iommu_groups/"); path != text.npos) {
    const auto number = leading_number(text.substr(path + 13));
    const auto slash = text.rfind('/');
    const auto address = PciAddress::parse(trim(text.substr(slash + 1)));
    if (number && address) take_member(line, *number, *address);
    if (number && text.ends_with(':')) group_ = number;  // of ls -R
    return;
  }
  std::optional<unsigned> number;
  auto rest = text;
  const auto lower = to_lower(text.substr(0, 16));
  if (const auto at = lower.find("group"); at != lower.npos && at < 8) {
    rest = trim(text.substr(at + 5));
    if (rest.starts_with(':')) rest = trim(rest.substr(1));
    number = leading_number(rest);
    if (number) {
      group_ = number;
      rest.remove_prefix(
          std::min(rest.size(), static_cast<std::size_t>(std::ranges::find_if_not(rest, is_digit) - rest.begin())));
    }
  } else if ((line.kind == PasteKind::lspci || (lists_apart_ && !is_indented(line.text))) &&
             PciAddress::parse(text.substr(0, text.find(' ')))) {
    take_heading(line, text, std::nullopt);  // a listing of lspci behind one of groups
    return;
  }
  std::size_t words_seen = 0;
  if (number) lists_apart_ = false;
  for (const auto word : split_words(rest)) {
    if (++words_seen > 8) break;
    const auto address = PciAddress::parse(word);
    if (!address || !group_) continue;
    const auto from = static_cast<std::size_t>(word.data() - rest.data());
    if (words_seen == 1 || rest.find(": ", from) != rest.npos) take_heading(line, rest.substr(from), group_);
    take_member(line, *group_, *address);
    lists_apart_ = lists_apart_ || number || is_indented(line.text);
  }
}

void PastedMachineReader::take_member(const PasteLine& line, unsigned group, const PciAddress& address) {
  if (machine_.group_members.size() < PastedMachine::most_functions)
    machine_.group_members.push_back({group, address, place(line)});
}

void PastedMachineReader::take_heading(const PasteLine& line, std::string_view text, std::optional<unsigned> group) {
  const auto word = text.substr(0, text.find_first_of(" \t"));
  const auto address = PciAddress::parse(word);
  if (!address || machine_.functions.size() >= PastedMachine::most_functions) return;
  PastedFunction function;
  function.address = *address;
  function.at = place(line);
  const auto rest = trim(text.substr(word.size()));
  function.description = rest.substr(0, 160);
  function.class_and_subclass = class_in(rest);
  if (const auto ids = ids_in(rest)) {
    function.vendor_id = ids->first;
    function.device_id = ids->second;
  }
  function.is_bridge = function.class_and_subclass ? *function.class_and_subclass == 0x0604 : rest.starts_with("PCI bridge");
  function.group = group;
  if (const auto driver = value_of(rest, "drv="); !driver.empty()) {
    function.driver = std::string(driver);
    function.driver_at = function.at;
  }
  function_ = machine_.functions.size();
  machine_.functions.push_back(std::move(function));
}

namespace {

/// "00: 86 80 f3 24 ...": the first line of lspci -x holds the ids.
void take_hex_dump(std::string_view text, PastedFunction& function) {
  const auto words = split_words(text);
  if (words.size() < 5 || words[0] != "00:" || function.vendor_id) return;
  const auto number = [&](std::size_t at) {
    const auto high = parse_unsigned(words[at + 1], 16), low = parse_unsigned(words[at], 16);
    return high && low && *high < 256 && *low < 256 ? static_cast<std::uint16_t>(*high << 8 | *low) : std::uint16_t{0xffff};
  };
  if (number(1) == 0xffff) return;
  function.vendor_id = number(1);
  function.device_id = number(3);
}

}  // namespace

void PastedMachineReader::take_detail(const PasteLine& line, std::string_view text) {
  if (function_ && text.starts_with("00: ")) return take_hex_dump(text, machine_.functions[*function_]);
  if (!function_ || (!is_indented(line.text) && !text.starts_with("Kernel driver") && !text.starts_with("Kernel modules:")))
    return;
  auto& function = machine_.functions[*function_];
  // "Kernel modules:" follows the driver's line where there is one (lspci -k).
  if (text.starts_with("Flags:") || text.starts_with("Control:") || text.starts_with("Kernel modules:"))
    function.shows_details = true;
  for (const std::string_view start : {"Kernel driver in use:", "Kernel driver in use :"})
    if (text.starts_with(start)) {
      function.driver = std::string(trim(text.substr(start.size())));
      function.driver_at = place(line);
    }
  if (const auto at = text.find("IOMMU group"); at != text.npos) {
    auto rest = text.substr(at + 11);
    if (rest.starts_with(':')) rest.remove_prefix(1);
    if (const auto number = leading_number(rest)) {
      function.group = number;
      take_member(line, *number, function.address);
    }
  }
}

/// Kernel releases look like "6.8.12-20-pve", "6.4.0-150600.23.22-default", "5.14.0-570.el9": three numbers, then a dash.
void PastedMachineReader::take_release(const PasteLine& line, std::string_view word) {
  while (!word.empty() && (word.back() == ',' || word.back() == '.' || word.back() == ')' || word.back() == ';'))
    word.remove_suffix(1);
  if (word.starts_with("/boot/vmlinuz-")) word.remove_prefix(14);
  if (word.starts_with("vmlinuz-")) word.remove_prefix(8);
  if (word.size() < 5 || word.size() > 64 || !is_digit(word.front())) return;
  const auto dash = word.find('-');
  auto parts = split(word.substr(0, dash), '.');
  if (parts.size() == 4 && dash != word.npos) parts.pop_back();  // "6.14.2.zen1-1"
  if (parts.size() < 2 || parts.size() > 3 || (dash == word.npos && parts.size() < 3)) return;
  for (const auto part : parts)
    if (part.empty() || part.size() > 4 || !std::ranges::all_of(part, is_digit)) return;
  const auto major = parse_unsigned(parts[0]);
  if (!major || *major < 3 || *major > 9) return;
  const auto same = std::ranges::find(machine_.releases, word, &PastedText::text);
  if (same == machine_.releases.end()) keep(machine_.releases, std::string(word), place(line));
}

/// Arguments of the kernel: those of the running one, and those that a boot loader's file holds.
void PastedMachineReader::take_arguments(const PasteLine& line, std::string_view text) {
  const auto message = line.stamped.message;
  for (const std::string_view start : {"Kernel command line: ", "Command line: "})
    if (message.starts_with(start)) return keep(machine_.command_lines, std::string(message.substr(start.size())), place(line));
  if (text.starts_with("GRUB_CMDLINE_LINUX")) {
    if (const auto equals = text.find('='); equals != text.npos)
      keep(machine_.boot_settings, std::string(text.substr(equals + 1)), place(line));
    return;
  }
  if (line.kind != PasteKind::command_line && line.kind != PasteKind::boot_entry) return;
  // syslinux' append, GRUB's linux, Limine's cmdline and KERNEL_CMDLINE, the options of an entry of systemd-boot.
  const auto lower = to_lower(text.substr(0, 16));
  static constexpr std::array starts = {"append ", "linux ", "linux\t", "linuxefi ", "cmdline", "kernel_cmdline", "options "};
  // "cmdline: BOOT_IMAGE=..." is what programs print of the running one: GRUB adds that word, Limine does not.
  const bool is_setting =
      shows_settings_ || (std::ranges::any_of(starts, [&](const char* start) { return lower.starts_with(start); }) &&
                          text.find("BOOT_IMAGE=") == text.npos);
  if (is_setting)
    keep(machine_.boot_settings, std::string(text), place(line));
  else if (line.kind == PasteKind::command_line && !message.starts_with("Command line:") &&
           !message.starts_with("Kernel command line:"))
    keep(machine_.command_lines, std::string(text), place(line));
}

void PastedMachineReader::take_words(const PasteLine& line, std::string_view text) {
  if (line.kind == PasteKind::iomem) keep(machine_.iomem, std::string(text), place(line), 1024);
  if (line.kind == PasteKind::interrupts) keep(machine_.interrupts, std::string(text), place(line), 1024);
  const auto message = line.stamped.message;
  take_arguments(line, text);
  if (text.size() > 4096 || line.kind == PasteKind::lspci || line.kind == PasteKind::iomem ||
      line.kind == PasteKind::interrupts)
    return;
  if (const auto ids = std::min(text.find("vfio-pci"), text.find("vfio_pci")); ids != text.npos)
    for (const std::string_view key : {"ids=", "vfio-pci.ids=", "vfio_pci.ids="})
      if (const auto value = value_of(text.substr(ids), key); value.size() >= 7) {
        const auto end = value.find_first_of("\"';)");
        keep(machine_.vfio_ids, std::string(value.substr(0, end)), place(line));
        break;
      }
  if (text.find("-pve") != text.npos || text.find("6.") != text.npos || text.find("5.") != text.npos ||
      message.starts_with("Linux version "))
    for (const auto word : split_words(text)) take_release(line, word);
}

}  // namespace vfio_doctor
