// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/pci_config.hpp"

#include <pci/header.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>

#include "machine/pci_config_bytes.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t standard_header = 64, standard_size = 256, extended_size = 4096;
constexpr const char* no_extended_space = "the extended configuration space could not be read";

bool has_capability_list(std::string_view bytes) { return (little_endian(bytes, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) != 0; }

/// Where capability `id` of the standard list begins; nothing where the list does not have it. Stops at a loop.
std::optional<std::size_t> find_capability(std::string_view bytes, unsigned id) {
  if (!has_capability_list(bytes)) return std::nullopt;
  const bool is_cardbus = (little_endian(bytes, PCI_HEADER_TYPE, 1) & 0x7f) == 2;
  std::size_t at = little_endian(bytes, is_cardbus ? PCI_CB_CAPABILITY_LIST : PCI_CAPABILITY_LIST, 1) & ~3U;
  std::bitset<standard_size> visited;
  while (at >= standard_header && at + 4 <= standard_size && !visited[at]) {
    visited[at] = true;
    if (little_endian(bytes, at, 1) == id) return at;
    at = little_endian(bytes, at + 1, 1) & ~3U;
  }
  return std::nullopt;
}

PcieType pcie_type(unsigned type) {
  switch (type) {
    case PCI_EXP_TYPE_ENDPOINT:
      return PcieType::endpoint;
    case PCI_EXP_TYPE_LEG_END:
      return PcieType::legacy_endpoint;
    case PCI_EXP_TYPE_ROOT_PORT:
      return PcieType::root_port;
    case PCI_EXP_TYPE_UPSTREAM:
      return PcieType::upstream_port;
    case PCI_EXP_TYPE_DOWNSTREAM:
      return PcieType::downstream_port;
    case PCI_EXP_TYPE_PCI_BRIDGE:
      return PcieType::pcie_to_pci_bridge;
    case PCI_EXP_TYPE_PCIE_BRIDGE:
      return PcieType::pci_to_pcie_bridge;
    case PCI_EXP_TYPE_ROOT_INT_EP:
      return PcieType::root_complex_endpoint;
    case PCI_EXP_TYPE_ROOT_EC:
      return PcieType::root_complex_event_collector;
    default:
      return PcieType::conventional;
  }
}

void decode_standard_capabilities(std::string_view bytes, PciConfig& config) {
  const auto express = find_capability(bytes, PCI_CAP_ID_EXP);
  const auto advanced = find_capability(bytes, PCI_CAP_ID_AF);
  bool resets =
      advanced && *advanced + 4 <= standard_size && (little_endian(bytes, *advanced + PCI_AF_CAP, 1) & PCI_AF_CAP_FLR) != 0;
  config.pcie_type = PcieType::conventional;
  if (express && *express + 8 <= standard_size) {
    config.pcie_type = pcie_type((little_endian(bytes, *express + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_TYPE) >> 4);
    resets |= (little_endian(bytes, *express + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLRESET) != 0;
  }
  config.function_level_reset = resets;
}

void decode_extended_capabilities(std::string_view bytes, PciConfig& config) {
  const auto acs = find_extended_capability(bytes, PCI_EXT_CAP_ID_ACS);
  config.acs = Observed<AcsCapability>::absent();
  if (acs)
    config.acs = AcsCapability{static_cast<std::uint16_t>(little_endian(bytes, *acs + PCI_ACS_CAP, 2)),
                               static_cast<std::uint16_t>(little_endian(bytes, *acs + PCI_ACS_CTRL, 2))};
}

}  // namespace

Observed<bool> has_message_interrupts(std::string_view bytes) {
  if (bytes.size() < standard_size) return Observed<bool>::unreadable("needs root: a normal user gets 64 bytes");
  return find_capability(bytes, PCI_CAP_ID_MSI).has_value() || find_capability(bytes, PCI_CAP_ID_MSIX).has_value();
}

bool answers(std::string_view bytes) {
  return !std::ranges::all_of(bytes.substr(0, standard_header), [](char c) { return c == '\xff'; });
}

PciConfig decode_pci_config(std::string_view bytes) {
  PciConfig config;
  if (bytes.size() < standard_header) return config;
  config.all_ones = !answers(bytes);
  config.no_vendor = little_endian(bytes, PCI_VENDOR_ID, 2) == 0;
  if (config.all_ones || config.no_vendor) return config;
  const auto header = little_endian(bytes, PCI_HEADER_TYPE, 1);
  config.header_type = static_cast<std::uint8_t>(header & 0x7f);
  config.multifunction = (header & 0x80) != 0;
  if (config.header_type.is(0)) {
    std::array<std::uint32_t, 6> addresses{};
    for (std::size_t i = 0; i < addresses.size(); ++i) addresses[i] = little_endian(bytes, PCI_BASE_ADDRESS_0 + 4 * i, 4);
    config.base_addresses = addresses;
  }
  // Without capabilities the header tells all; else the rest stays "not read".
  if (bytes.size() < standard_size && has_capability_list(bytes)) return config;
  decode_standard_capabilities(bytes, config);
  if (bytes.size() >= extended_size) {
    decode_extended_capabilities(bytes, config);
  } else if (config.pcie_type.is(PcieType::conventional)) {
    config.acs = Observed<AcsCapability>::absent();
  } else {
    config.acs = Observed<AcsCapability>::unreadable(no_extended_space);
  }
  return config;
}

Observed<std::string> decode_serial(std::string_view bytes, const PciConfig& config) {
  if (!config.pcie_type.has_value()) return {};
  if (bytes.size() < extended_size)
    return config.pcie_type.is(PcieType::conventional) ? Observed<std::string>::absent()
                                                       : Observed<std::string>::unreadable(no_extended_space);
  const auto serial = device_serial(bytes);
  return serial ? Observed<std::string>(*serial) : Observed<std::string>::absent();
}

}  // namespace vfio_doctor
