// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/guest/slot_chain.hpp"

#include <cstdint>

#include "base/text.hpp"
#include "machine/pci_address.hpp"

namespace vfio_doctor {
namespace {

std::optional<SlotChain::Step> parse_step(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > 2 || text.size() != dot + 2) return std::nullopt;
  if (text.find_first_of("xX") != std::string_view::npos) return std::nullopt;
  const auto slot = parse_unsigned(text.substr(0, dot), 16);
  const auto function = parse_unsigned(text.substr(dot + 1), 16);
  if (!slot || !function || *slot > 31 || *function > 7) return std::nullopt;
  return SlotChain::Step{static_cast<std::uint8_t>(*slot), static_cast<std::uint8_t>(*function)};
}

}  // namespace

std::optional<SlotChain> SlotChain::parse(std::string_view text) {
  if (text.size() > most_steps * 5) return std::nullopt;
  SlotChain chain;
  for (const auto part : split(text, '/')) {
    const auto step = parse_step(trim(part));
    if (!step || chain.steps.size() == most_steps) return std::nullopt;
    chain.steps.push_back(*step);
  }
  return chain;
}

std::optional<SlotChain> SlotChain::of_sysfs_path(std::string_view path) {
  SlotChain chain;
  bool below_root_bus = false;
  for (const auto part : split(path, '/')) {
    if (part.starts_with("pci") && part.find(':') != std::string_view::npos) {
      // A host bridge; one below another (VMD) starts a domain, and a chain, of its own.
      chain.steps.clear();
      below_root_bus = true;
      continue;
    }
    if (!below_root_bus) continue;
    const auto address = PciAddress::parse(part);
    if (!address) break;
    if (chain.steps.size() == most_steps) return std::nullopt;
    chain.steps.push_back({address->device, address->function});
  }
  if (chain.steps.empty()) return std::nullopt;
  return chain;
}

std::string SlotChain::text() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const auto& step : steps) {
    if (!text.empty()) text += '/';
    text += digits[step.slot >> 4];
    text += digits[step.slot & 15];
    text += '.';
    text += digits[step.function & 7];
  }
  return text;
}

}  // namespace vfio_doctor
