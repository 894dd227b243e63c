// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/iommu_state.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace vfio_doctor {

std::string_view to_text(Switch state) {
  switch (state) {
    case Switch::on:
      return "on";
    case Switch::off:
      return "off";
    case Switch::unknown:
      return "unknown";
  }
  return "unknown";
}

namespace {

/// "vIR-": some kernels since 6.2 name them so where a hypervisor offers the remapping.
bool is_remapped(const std::string& chip) { return chip.starts_with("IR-") || chip.starts_with("vIR-"); }

}  // namespace

std::optional<AddressWidth> least_address_width(const Host& host) {
  const auto* units = host.iommu.units.get();
  if (!units) return std::nullopt;
  std::optional<AddressWidth> least;
  for (const auto& unit : *units) {
    if (!unit.name.starts_with("dmar") || !unit.capabilities.has_value()) continue;
    const auto value = parse_unsigned(*unit.capabilities, 16);
    if (!value) continue;
    const auto bits = static_cast<unsigned>((*value >> 16 & 0x3f) + 1);
    if (!least || bits < least->bits) least = {bits, "/sys/class/iommu/" + unit.name + "/intel-iommu/cap", *unit.capabilities};
  }
  return least;
}

bool is_noiommu_group(const IommuGroup& group) { return group.name.is("vfio-noiommu"); }

Switch dma_remapping(const Host& host) {
  const auto& groups = host.iommu.groups;
  if (groups.is_unreadable() || host.functions.is_unreadable()) return Switch::unknown;
  bool any_hidden = false;
  if (groups.has_value())
    for (const auto& group : groups.value()) {
      if (group.members.empty() || is_noiommu_group(group)) continue;
      if (!group.name.is_unreadable()) return Switch::on;
      any_hidden = true;  // the name would say whether an IOMMU made this group
    }
  const bool has_units = host.iommu.units.has_value() && !host.iommu.units->empty();
  if (any_hidden || (groups.is_absent() && has_units)) return Switch::unknown;
  // A tree that shows no PCI function at all proves nothing.
  if (host.all_functions().empty()) return Switch::unknown;
  return Switch::off;
}

Switch interrupt_remapping(const Host& host) {
  if (host.cpu.architecture == Architecture::s390) return Switch::on;
  if (!host.interrupts.chips.has_value() || host.interrupts.chips->empty()) return Switch::unknown;
  const auto& chips = host.interrupts.chips.value();
  const auto any_contains = [&chips](std::string_view part) {
    return std::ranges::any_of(chips, [part](const std::string& chip) { return chip.find(part) != chip.npos; });
  };
  const bool x86 = host.cpu.architecture == Architecture::x86 || host.cpu.vendor == CpuVendor::intel ||
                   host.cpu.vendor == CpuVendor::amd || any_contains("IO-APIC");
  if (x86) {
    // Hyper-V's IO-APIC remapping names its chips so, too, and remaps no messages (drivers/iommu/hyperv-iommu.c).
    if (any_contains("PCI-MSI"))
      return std::ranges::any_of(chips, [](const auto& chip) { return is_remapped(chip) && chip.find("PCI-MSI") != chip.npos; })
                 ? Switch::on
                 : Switch::off;
    return std::ranges::any_of(chips, is_remapped) ? Switch::on : Switch::off;
  }
  const auto any_is = [&chips](auto condition) { return std::ranges::any_of(chips, condition); };
  // "ITS-pMSI" is for platform devices.
  if (any_is([](std::string_view chip) { return chip.starts_with("ITS-") && !chip.starts_with("ITS-pMSI"); }))
    return Switch::on;
  if (any_is([](std::string_view chip) { return chip.starts_with("GICv2m") || chip.starts_with("MBI-") || chip == "MSI"; }))
    return Switch::off;
  return Switch::unknown;
}

CpuVendor iommu_vendor(const Host& host) {
  if (host.iommu.units.has_value()) {
    for (const auto& unit : host.iommu.units.value()) {
      if (unit.name.starts_with("dmar")) return CpuVendor::intel;
      if (unit.name.starts_with("ivhd")) return CpuVendor::amd;
      if (unit.name.find("smmu") != std::string::npos) return CpuVendor::arm;
    }
  }
  if (host.firmware.dmar.present.is(true)) return CpuVendor::intel;
  if (host.firmware.ivrs.present.is(true)) return CpuVendor::amd;
  if (host.firmware.iort.present.is(true)) return CpuVendor::arm;
  if (host.cpu.vendor != CpuVendor::unknown) return host.cpu.vendor;
  for (const auto& function : host.all_functions()) {  // a tree without /proc: the maker of the host bridge
    if (function.class_and_subclass() != 0x0600) continue;
    if (function.id.vendor.is(0x8086)) return CpuVendor::intel;
    if (function.id.vendor.is(0x1022)) return CpuVendor::amd;
  }
  return CpuVendor::unknown;
}

}  // namespace vfio_doctor
