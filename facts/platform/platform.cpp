// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/platform/platform.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t first_processors = 64 << 10;  // /proc/cpuinfo repeats itself for every processor

bool contains_word(std::string_view words, std::string_view word) {
  return std::ranges::any_of(split_words(words), [word](auto one) { return one == word; });
}

/// The value of the first "key : value" line.
std::optional<std::string_view> field(const std::string& cpuinfo, std::string_view key) {
  for (const auto line : split_lines(cpuinfo)) {
    const auto colon = line.find(':');
    if (colon != line.npos && trim(line.substr(0, colon)) == key) return trim(line.substr(colon + 1));
  }
  return std::nullopt;
}

CpuVendor vendor_from(const std::string& cpuinfo) {
  if (const auto id = field(cpuinfo, "vendor_id")) {
    if (*id == "GenuineIntel") return CpuVendor::intel;
    if (*id == "AuthenticAMD" || *id == "HygonGenuine") return CpuVendor::amd;
    return CpuVendor::other;
  }
  return field(cpuinfo, "CPU implementer") ? CpuVendor::arm : CpuVendor::unknown;
}

/// The formats of arch/{x86,arm64,s390,powerpc}/kernel's show_cpuinfo().
Architecture architecture_from(const std::string& cpuinfo) {
  if (const auto id = field(cpuinfo, "vendor_id")) return *id == "IBM/S390" ? Architecture::s390 : Architecture::x86;
  if (field(cpuinfo, "CPU implementer")) return Architecture::arm;
  const auto cpu = field(cpuinfo, "cpu");
  return cpu && (cpu->starts_with("POWER") || cpu->starts_with("PPC")) ? Architecture::power : Architecture::unknown;
}

/// "vfio-msix[3](0000:01:00.0)", also behind others on a shared line: "i801_smbus, vfio-intx(0000:01:00.0)".
void note_vfio_interrupts(std::string_view line, std::map<PciAddress, std::string>& taken) {
  for (std::size_t at = line.find("vfio-"); at != line.npos; at = line.find("vfio-", at + 1)) {
    const auto open = line.find('(', at), close = line.find(')', at);
    if (open == line.npos || close == line.npos || close < open) continue;
    if (const auto address = PciAddress::parse(std::string(line.substr(open + 1, close - open - 1))))
      taken.try_emplace(*address, line.substr(at, close + 1 - at));
  }
}

/// The value of an os-release line, without its quotes (os-release(5) allows shell quoting; escapes are rare there).
std::string unquoted(std::string_view value) {
  value = trim(value);
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

AcpiTable gather_table(const Root& root, const Observed<std::vector<std::string>>& tables, const std::string& name) {
  AcpiTable table;
  if (!tables.has_value()) {
    table.present = Observed<bool>::like(tables);
    table.content = Observed<std::string>::like(tables);
    return table;
  }
  table.present = std::ranges::find(tables.value(), name) != tables->end();
  table.content = table.present.value() ? root.read("/sys/firmware/acpi/tables/" + name) : Observed<std::string>::absent();
  return table;
}

/// The names of the ACPI tables. Containers lay an empty directory over /sys/firmware: that is "cannot be seen",
/// not "the firmware has none". A machine without ACPI has a device tree there; other entries alone (dmi) say nothing of it.
Observed<std::vector<std::string>> list_acpi_tables(const Root& root) {
  using Names = std::vector<std::string>;
  const auto tables = root.list("/sys/firmware/acpi/tables");
  if (tables.has_value() && !tables->empty()) return tables;
  if (tables.is_unreadable()) return tables;
  const auto firmware = root.list("/sys/firmware");
  const auto has = [&firmware](std::string_view name) {
    return firmware.has_value() && std::ranges::find(firmware.value(), name) != firmware->end();
  };
  const bool no_acpi_here = tables.is_absent() && !has("acpi") && (has("devicetree") || has("fdt"));
  if (no_acpi_here) return Names{};
  return Observed<Names>::unreadable("/sys/firmware/acpi/tables cannot be seen here (containers hide it)");
}

}  // namespace

Cpu gather_cpu(const Root& root) {
  Cpu cpu;
  cpu.kvm_device = root.kind("/dev/kvm");
  cpu.hypervisor = root.read_line("/sys/hypervisor/type");
  const auto info = root.read_head("/proc/cpuinfo", first_processors);
  if (!info.has_value()) {
    cpu.model = Observed<std::string>::like(info);
    cpu.virtualization_flag = cpu.hypervisor_flag = Observed<bool>::like(info);
    return cpu;
  }
  cpu.vendor = vendor_from(info.value());
  cpu.architecture = architecture_from(info.value());
  const auto model = field(info.value(), "model name");
  cpu.model = model ? Observed<std::string>(std::string(*model)) : Observed<std::string>::absent();
  const auto flags = field(info.value(), "flags");
  if (!flags) {
    cpu.virtualization_flag = cpu.hypervisor_flag = Observed<bool>::absent();
    return cpu;
  }
  cpu.virtualization_flag = contains_word(*flags, "vmx") || contains_word(*flags, "svm");
  cpu.hypervisor_flag = contains_word(*flags, "hypervisor");
  return cpu;
}

Distribution gather_distribution(const Root& root) {
  Distribution distribution;
  auto release = root.read("/etc/os-release");
  if (release.is_absent()) release = root.read("/usr/lib/os-release");
  if (!release.has_value()) {
    distribution.id = distribution.pretty_name = Observed<std::string>::like(release);
    return distribution;
  }
  distribution.id = distribution.pretty_name = Observed<std::string>::absent();
  for (const auto line : split_lines(release.value())) {
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    const auto key = trim(line.substr(0, equals));
    const auto value = unquoted(line.substr(equals + 1));
    if (key == "ID") distribution.id = value;
    if (key == "VERSION_ID") distribution.version_id = value;
    if (key == "VARIANT_ID") distribution.variant_id = value;
    if (key == "PRETTY_NAME") distribution.pretty_name = value;
    if (key == "ID_LIKE")
      for (const auto like : split_words(value)) distribution.like.emplace_back(like);
  }
  return distribution;
}

bool Distribution::is_like(std::string_view name) const {
  return (id.has_value() && id.value() == name) || std::ranges::find(like, name) != like.end();
}

FirmwareFacts gather_firmware(const Root& root) {
  FirmwareFacts firmware;
  const auto tables = list_acpi_tables(root);
  firmware.dmar = gather_table(root, tables, "DMAR");
  firmware.ivrs = gather_table(root, tables, "IVRS");
  firmware.iort = gather_table(root, tables, "IORT");
  const auto entries = root.list("/sys/firmware");
  if (entries.has_value() && !entries->empty())
    firmware.efi = std::ranges::find(entries.value(), "efi") != entries->end();
  else
    firmware.efi = Observed<bool>::unreadable("/sys/firmware cannot be seen here");
  return firmware;
}

InterruptFacts gather_interrupts(const Root& root) {
  using Chips = std::vector<std::string>;
  const auto table = root.read_head("/proc/interrupts", 4 << 20);
  if (!table.has_value()) return {Observed<Chips>::like(table), {}, {}};
  const auto lines = split_lines(table.value());
  const auto processors = lines.empty() ? 0 : split_words(lines.front()).size();
  Chips chips;
  std::map<PciAddress, std::string> taken_by_vfio;
  std::map<unsigned, std::string> takers;
  for (const auto line : lines) {
    note_vfio_interrupts(line, taken_by_vfio);
    const auto words = split_words(line);
    // "  24:  0  12  IR-PCI-MSI 512000-edge  ahci": the label of a device interrupt is a number.
    if (words.size() < processors + 2 || !words[0].ends_with(':')) continue;
    const auto number = parse_unsigned(words[0].substr(0, words[0].size() - 1));
    if (!number || *number > 0x7fffffff) continue;
    // "16-fasteoi" and names behind it; chips that say "Level" in a word of their own are not of x86.
    if (words.size() > processors + 3 && words[processors + 2].find('-') != std::string_view::npos) {
      const auto names = line.substr(static_cast<std::size_t>(words[processors + 3].data() - line.data()));
      takers.emplace(static_cast<unsigned>(*number), trim(names));
    }
    const std::string chip(words[processors + 1]);
    if (std::ranges::find(chips, chip) == chips.end()) chips.push_back(chip);
  }
  return {chips, std::move(taken_by_vfio), std::move(takers)};
}

}  // namespace vfio_doctor
