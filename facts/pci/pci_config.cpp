// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/pci_config.hpp"

#include <pci/header.h>

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace vfio_doctor {
namespace {

constexpr std::size_t standard_header = 64, standard_size = 256, extended_size = 4096;

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// Where capability `id` of the standard list begins; nothing where the list does not have it. Stops at a loop.
std::optional<std::size_t> find_capability(std::string_view bytes, unsigned id) {
  if ((number(bytes, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) == 0) return std::nullopt;
  const bool is_cardbus = (number(bytes, PCI_HEADER_TYPE, 1) & 0x7f) == 2;
  std::size_t at = number(bytes, is_cardbus ? PCI_CB_CAPABILITY_LIST : PCI_CAPABILITY_LIST, 1) & ~3U;
  std::bitset<standard_size> visited;
  while (at >= standard_header && at + 4 <= standard_size && !visited[at]) {
    visited[at] = true;
    if (number(bytes, at, 1) == id) return at;
    at = number(bytes, at + 1, 1) & ~3U;
  }
  return std::nullopt;
}

/// The same for the extended list that begins at 0x100.
std::optional<std::size_t> find_extended_capability(std::string_view bytes, unsigned id) {
  std::size_t at = standard_size;
  std::bitset<extended_size> visited;
  while (at >= standard_size && at + 8 <= bytes.size() && !visited[at]) {
    visited[at] = true;
    const auto header = number(bytes, at, 4);
    if (header == 0 || header == 0xffffffff) return std::nullopt;
    if ((header & 0xffff) == id) return at;
    at = header >> 20 & ~3U;
  }
  return std::nullopt;
}

PcieType pcie_type(unsigned type) {
  switch (type) {
    case PCI_EXP_TYPE_ENDPOINT: return PcieType::endpoint;
    case PCI_EXP_TYPE_LEG_END: return PcieType::legacy_endpoint;
    case PCI_EXP_TYPE_ROOT_PORT: return PcieType::root_port;
    case PCI_EXP_TYPE_UPSTREAM: return PcieType::upstream_port;
    case PCI_EXP_TYPE_DOWNSTREAM: return PcieType::downstream_port;
    case PCI_EXP_TYPE_PCI_BRIDGE: return PcieType::pcie_to_pci_bridge;
    case PCI_EXP_TYPE_PCIE_BRIDGE: return PcieType::pci_to_pcie_bridge;
    case PCI_EXP_TYPE_ROOT_INT_EP: return PcieType::root_complex_endpoint;
    case PCI_EXP_TYPE_ROOT_EC: return PcieType::root_complex_event_collector;
    default: return PcieType::conventional;
  }
}

void decode_standard_capabilities(std::string_view bytes, PciConfig& config) {
  const auto express = find_capability(bytes, PCI_CAP_ID_EXP);
  const auto advanced = find_capability(bytes, PCI_CAP_ID_AF);
  bool resets = advanced && *advanced + 4 <= standard_size &&
                (number(bytes, *advanced + PCI_AF_CAP, 1) & PCI_AF_CAP_FLR) != 0;
  config.pcie_type = PcieType::conventional;
  if (express && *express + 8 <= standard_size) {
    config.pcie_type = pcie_type((number(bytes, *express + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_TYPE) >> 4);
    resets |= (number(bytes, *express + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLRESET) != 0;
  }
  config.function_level_reset = resets;
}

void decode_extended_capabilities(std::string_view bytes, PciConfig& config) {
  const auto acs = find_extended_capability(bytes, PCI_EXT_CAP_ID_ACS);
  config.acs = Observed<AcsCapability>::absent();
  if (acs)
    config.acs = AcsCapability{static_cast<std::uint16_t>(number(bytes, *acs + PCI_ACS_CAP, 2)),
                               static_cast<std::uint16_t>(number(bytes, *acs + PCI_ACS_CTRL, 2))};
  const auto serial = find_extended_capability(bytes, PCI_EXT_CAP_ID_DSN);
  config.serial = Observed<std::string>::absent();
  if (serial && *serial + 12 <= bytes.size()) {
    char text[24];  // most significant byte first, as lspci prints it
    const auto low = number(bytes, *serial + 4, 4), high = number(bytes, *serial + 8, 4);
    std::snprintf(text, sizeof text, "%02x-%02x-%02x-%02x-%02x-%02x-%02x-%02x", high >> 24, high >> 16 & 0xff,
                  high >> 8 & 0xff, high & 0xff, low >> 24, low >> 16 & 0xff, low >> 8 & 0xff, low & 0xff);
    config.serial = std::string(text);
  }
}

}  // namespace

Observed<bool> has_message_interrupts(std::string_view bytes) {
  if (bytes.size() < standard_size) return Observed<bool>::unreadable("needs root: a normal user gets 64 bytes");
  return find_capability(bytes, PCI_CAP_ID_MSI).has_value() || find_capability(bytes, PCI_CAP_ID_MSIX).has_value();
}

PciConfig decode_pci_config(std::string_view bytes) {
  PciConfig config;
  if (bytes.size() < standard_header) return config;
  config.all_ones = std::ranges::all_of(bytes.substr(0, standard_header), [](char c) { return c == '\xff'; });
  if (config.all_ones) return config;
  const auto header = number(bytes, PCI_HEADER_TYPE, 1);
  config.header_type = static_cast<std::uint8_t>(header & 0x7f);
  config.multifunction = (header & 0x80) != 0;
  if (bytes.size() < standard_size) return config;  // the rest stays "not read"
  decode_standard_capabilities(bytes, config);
  if (bytes.size() >= extended_size) {
    decode_extended_capabilities(bytes, config);
  } else if (config.pcie_type.is(PcieType::conventional)) {
    config.acs = Observed<AcsCapability>::absent();
    config.serial = Observed<std::string>::absent();
  } else {
    config.acs = Observed<AcsCapability>::unreadable("the extended configuration space could not be read");
    config.serial = Observed<std::string>::unreadable("the extended configuration space could not be read");
  }
  return config;
}

}  // namespace vfio_doctor
