// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/proxmox_options.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/domain/id_override.hpp"

namespace vfio_doctor {

std::string proxmox_option(std::string_view text, std::string_view key) {
  for (const auto part : split(text, ','))
    if (part.starts_with(key) && part.size() > key.size() && part[key.size()] == '=')
      return std::string(part.substr(key.size() + 1));
  return {};
}

std::string proxmox_default(std::string_view text, std::string_view key) {
  for (const auto part : split(text, ','))
    if (part.find('=') == part.npos) return std::string(trim(part));
  return proxmox_option(text, key);
}

bool proxmox_is_on(const std::string& value) {
  const auto lower = to_lower(value);
  return lower == "1" || lower == "on" || lower == "yes" || lower == "true";
}

namespace {

/// "0000:03:00.1", "03:00": small letters, and no blank.
bool is_written_as_proxmox_wants(std::string_view address) {
  std::string shape;
  for (const char c : address) {
    const bool is_hex = is_digit(c) || (c >= 'a' && c <= 'f');
    shape += is_hex ? 'x' : c;
  }
  const auto dot = std::min(shape.find('.'), shape.size());
  if (dot != shape.size() && shape.substr(dot) != ".x") return false;
  const auto slot = shape.substr(0, dot);
  if (!slot.ends_with("xx:xx") || slot.find_first_not_of("x:") != slot.npos) return false;
  const auto domain = slot.substr(0, slot.size() - 5);
  return domain.empty() || (domain.size() > 4 && domain.find(':') == domain.size() - 1);
}

bool is_boolean(const std::string& value) { return proxmox_is_on(value) || is_among(to_lower(value), "0|off|no|false"); }

}  // namespace

ProxmoxDeviceLine proxmox_device_line(std::string_view value) {
  constexpr std::string_view switches = "rombar|pcie|x-vga|legacy-igd",
                             others = "host|mapping|mdev|romfile|driver|vendor-id|device-id|sub-vendor-id|sub-device-id";
  ProxmoxDeviceLine line;
  std::map<std::string, std::string, std::less<>> values;
  const auto refuse = [&line](const std::string& why) {
    if (line.refused.empty()) line.refused = why;
  };
  for (const auto part : split(value, ',')) {
    if (trim(part).empty()) continue;
    const auto equals = part.find('=');
    if (equals == 0 || (equals != part.npos && equals + 1 == part.size())) {
      refuse("missing key in comma-separated list property");
      continue;
    }
    const auto key = std::string(equals == part.npos ? "host" : part.substr(0, equals));
    const auto given = std::string(equals == part.npos ? part : part.substr(equals + 1));
    if (!values.emplace(key, given).second) refuse("duplicate key in comma-separated list property: " + key);
    if (is_among(key, switches) ? is_boolean(given) : is_among(key, others)) continue;
    if (is_among(key, switches))
      refuse(key + ": type check ('boolean') failed - got '" + given + "'");
    else if (is_among(trim(key), switches) || is_among(trim(key), others))
      refuse("invalid key in comma-separated list property: " + key);
    else
      line.unknown.push_back(key);
  }
  if (const auto host = values.find("host"); host != values.end()) line.host = host->second;
  for (const auto address : split(line.host, ';'))
    if (!line.host.empty() && !is_written_as_proxmox_wants(address)) refuse("host: value does not match the regex pattern");
  return line;
}

void read_proxmox_machine(std::string_view value, std::size_t line, Domain& domain) {
  domain.machine = proxmox_default(value, "type");
  domain.os_line = line;
  const auto model = proxmox_option(value, "viommu"), width = proxmox_option(value, "aw-bits");
  const auto refuse = [&domain, line](const std::string& what, const std::string& words) {
    domain.faults.push_back({line, what, words});
  };
  if (model.empty()) {
    if (!width.empty())
      refuse("aw-bits is the width of an IOMMU, and viommu= asks for none.", "cannot set aw-bits if no vIOMMU is configured");
    return;
  }
  if (model == "intel" && !domain.is_q35())
    return refuse("viommu=intel wants the machine type q35.", "to use Intel vIOMMU please set the machine type to q35");
  if (model == "intel" && !width.empty() && width != "39" && width != "48")
    return refuse("An IOMMU of Intel has 39 or 48 address bits.", "Intel vIOMMU supports only 39 or 48 bits as address width");
  VirtualIommu iommu;
  iommu.model = model;
  iommu.aw_bits = width;
  if (model == "intel") iommu.caching_mode = iommu.intremap = "on", domain.io_apic = "qemu";
  iommu.by_qemu = true;
  iommu.line = line;
  domain.viommus.push_back(std::move(iommu));
}

void read_proxmox_processor(std::string_view value, std::size_t line, Domain& domain) {
  auto& processor = domain.processor;
  if (processor.line != 0) return;
  const auto model = proxmox_default(value, "cputype"), width = proxmox_option(value, "phys-bits");
  processor.mode = model == "host" ? "host-passthrough" : model == "max" ? "maximum" : model;
  processor.line = line;
  if (width == "host") processor.address_mode = "passthrough";
  if (!width.empty() && width != "host") processor.address_mode = "emulate";
  processor.address_bits = parse_unsigned(width);
  processor.usable_bits = parse_unsigned(proxmox_option(value, "guest-phys-bits"));
}

void read_proxmox_device(std::string_view value, bool first, DomainHostdev& device) {
  if (proxmox_option(value, "driver") == "keep") device.managed = false;
  if (!first) return;
  device.legacy_vga = proxmox_is_on(proxmox_option(value, "x-vga"));
  if (const auto file = proxmox_option(value, "romfile"); !file.empty()) device.rom_file = "/usr/share/kvm/" + file;
  for (const std::string id : {"vendor-id", "device-id", "sub-vendor-id", "sub-device-id"})
    show_other_id(device, "x-pci-" + id, proxmox_option(value, id));
}

}  // namespace vfio_doctor
