// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/plugins/plugin_facts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::ordered_json;

/// A value as it is, null for an absent fact, {"unreadable": why} for one that could not be read.
template <class T, class Convert>
Json observed(const Observed<T>& fact, Convert convert) {
  if (fact.has_value()) return convert(fact.value());
  if (fact.is_absent()) return nullptr;
  return Json{{"unreadable", fact.why()}};
}

template <class T>
Json observed(const Observed<T>& fact) {
  return observed(fact, [](const T& value) { return Json(value); });
}

template <class Number>
Json observed_hex(const Observed<Number>& fact, std::size_t digits) {
  return observed(fact, [digits](Number value) { return Json(hex_text(value, digits)); });
}

template <class List, class Convert>
Json list_of(const List& items, Convert convert) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(convert(item));
  return list;
}

template <class T, class Convert>
Json observed_list(const Observed<std::vector<T>>& fact, Convert convert) {
  return observed(fact, [&convert](const std::vector<T>& items) { return list_of(items, convert); });
}

Json address(const PciAddress& at) { return at.text(); }
Json addresses(const std::vector<PciAddress>& list) { return list_of(list, address); }
Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string bytes_as_hex(const std::string& bytes) {
  constexpr std::string_view figures = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text += figures[static_cast<unsigned char>(byte) >> 4];
    text += figures[static_cast<unsigned char>(byte) & 0xf];
  }
  return text;
}

std::string_view pcie_type_text(PcieType type) {
  switch (type) {
    case PcieType::endpoint: return "endpoint";
    case PcieType::legacy_endpoint: return "legacy-endpoint";
    case PcieType::root_port: return "root-port";
    case PcieType::upstream_port: return "upstream-port";
    case PcieType::downstream_port: return "downstream-port";
    case PcieType::pcie_to_pci_bridge: return "pcie-to-pci-bridge";
    case PcieType::pci_to_pcie_bridge: return "pci-to-pcie-bridge";
    case PcieType::root_complex_endpoint: return "root-complex-endpoint";
    case PcieType::root_complex_event_collector: return "root-complex-event-collector";
    case PcieType::conventional: return "conventional";
  }
  return "conventional";
}

Json config_space(const PciConfig& config) {
  return {{"header_type", observed(config.header_type)},
          {"multifunction", observed(config.multifunction)},
          {"pcie_type", observed(config.pcie_type, [](PcieType type) { return Json(pcie_type_text(type)); })},
          {"acs", observed(config.acs,
                           [](const AcsCapability& acs) {
                             return Json{{"supported", hex_text(acs.supported, 4)}, {"enabled", hex_text(acs.enabled, 4)}};
                           })},
          {"function_level_reset", observed(config.function_level_reset)},
          {"serial", observed(config.serial)},
          {"all_ones", config.all_ones}};
}

Json pci_function(const PciFunction& function) {
  return {{"address", function.address.text()},
          {"sysfs_path", function.sysfs_path},
          {"parent", function.parent ? address(*function.parent) : Json(nullptr)},
          {"vendor_id", observed_hex(function.vendor_id, 4)},
          {"device_id", observed_hex(function.device_id, 4)},
          {"subsystem_vendor_id", observed_hex(function.subsystem_vendor_id, 4)},
          {"subsystem_device_id", observed_hex(function.subsystem_device_id, 4)},
          {"class", observed_hex(function.class_code, 6)},
          {"revision", observed_hex(function.revision, 2)},
          {"name", function.name},
          {"class_name", function.class_name},
          {"is_bridge", function.is_bridge()},
          {"driver", observed(function.driver)},
          {"iommu_group", observed(function.iommu_group)},
          {"boot_vga", observed(function.boot_vga)},
          {"reset_methods", observed(function.reset_methods)},
          {"driver_override", observed(function.driver_override)},
          {"power_state", observed(function.power_state)},
          {"runtime_status", observed(function.runtime_status)},
          {"numa_node", observed(function.numa_node)},
          {"physical_function", observed(function.physical_function, address)},
          {"virtual_functions", observed(function.virtual_functions)},
          {"unassigned_regions", observed(function.unassigned_regions)},
          {"message_interrupts", observed(function.message_interrupts)},
          {"interrupt_line", observed(function.interrupt_line)},
          {"removable", observed(function.removable)},
          {"config", config_space(function.config)}};
}

Json pci_facts(const Host& host) { return {{"functions", observed_list(host.functions, pci_function)}}; }

Json iommu_group(const IommuGroup& group) {
  return {{"id", group.number},
          {"name", observed(group.name)},
          {"type", observed(group.type)},
          {"reserved_regions", observed_list(group.reserved_regions,
                                             [](const ReservedRegion& region) {
                                               return Json{{"start", hex_text(region.start, 16)},
                                                           {"end", hex_text(region.end, 16)},
                                                           {"type", region.type}};
                                             })},
          {"members", addresses(group.members)},
          {"other_members", group.other_members}};
}

Json iommu_facts(const Host& host) {
  return {{"dma_remapping", to_text(dma_remapping(host))},
          {"interrupt_remapping", to_text(interrupt_remapping(host))},
          {"interrupt_chips", observed(host.interrupts.chips)},
          {"units", observed_list(host.iommu.units,
                                  [](const IommuUnit& unit) {
                                    return Json{{"name", unit.name},
                                                {"capabilities", observed(unit.capabilities)},
                                                {"extended_capabilities", observed(unit.extended_capabilities)}};
                                  })},
          {"groups", observed_list(host.iommu.groups, iommu_group)}};
}

Json kernel_facts(const Host& host) {
  const auto& kernel = host.kernel;
  return {{"release", observed(kernel.release)},
          {"version", observed(kernel.version,
                               [](const KernelVersion& version) {
                                 return Json{{"major", version.major}, {"minor", version.minor}};
                               })},
          {"arguments", observed(kernel.arguments,
                                 [](const KernelArguments& arguments) {
                                   return list_of(arguments.all(), [](const KernelArgument& one) { return one.text(); });
                                 })},
          {"config", observed(kernel.config)},
          {"config_source", text_or_null(kernel.config_source)},
          {"log", observed(kernel.log)}};
}

Json cpu_facts(const Host& host) {
  const auto vendor = [](CpuVendor value) -> Json {
    switch (value) {
      case CpuVendor::intel: return "intel";
      case CpuVendor::amd: return "amd";
      case CpuVendor::arm: return "arm";
      case CpuVendor::other: return "other";
      case CpuVendor::unknown: return Json{{"unreadable", "not recognised"}};
    }
    return nullptr;
  };
  return {{"vendor", vendor(host.cpu.vendor)},
          {"model", observed(host.cpu.model)},
          {"virtualization_flag", observed(host.cpu.virtualization_flag)},
          {"hypervisor_flag", observed(host.cpu.hypervisor_flag)},
          {"kvm_device", observed(host.cpu.kvm_device, [](NodeKind) { return Json(true); })}};
}

Json distribution_facts(const Host& host) {
  const auto& distribution = host.distribution;
  return {{"id", observed(distribution.id)},
          {"like", distribution.like},
          {"version_id", text_or_null(distribution.version_id)},
          {"variant_id", text_or_null(distribution.variant_id)},
          {"pretty_name", observed(distribution.pretty_name)}};
}

Json firmware_facts(const Host& host) {
  const auto table = [](const AcpiTable& one) {
    return Json{{"present", observed(one.present)},
                {"content", observed(one.content, [](const std::string& bytes) { return Json(bytes_as_hex(bytes)); })}};
  };
  return {{"efi", observed(host.firmware.efi)},
          {"dmar", table(host.firmware.dmar)},
          {"ivrs", table(host.firmware.ivrs)},
          {"iort", table(host.firmware.iort)}};
}

Json vfio_facts(const Host& host) {
  return {{"loaded", host.vfio.loaded},
          {"allow_unsafe_interrupts", observed(host.vfio.allow_unsafe_interrupts)},
          {"unsafe_noiommu_mode", observed(host.vfio.unsafe_noiommu_mode)},
          {"modprobe_unsafe_interrupts", observed(host.vfio.modprobe_unsafe_interrupts)},
          {"pci_driver_installed", observed(host.vfio.pci_driver_installed)}};
}

Json boot_line(const BootLine& line) {
  const auto tokens = [](const std::vector<BootToken>& list) {
    return list_of(list, [](const BootToken& token) {
      return Json{{"argument", token.argument.text()}, {"place", token.place()}};
    });
  };
  return {{"arguments", tokens(line.tokens)},
          {"possible", tokens(line.possible)},
          {"unknown_part", text_or_null(line.unknown_part)}};
}

std::string_view loader_text(BootLoader loader) {
  switch (loader) {
    case BootLoader::unknown: return "unknown";
    case BootLoader::grub: return "grub";
    case BootLoader::systemd_boot: return "systemd-boot";
    case BootLoader::limine: return "limine";
    case BootLoader::refind: return "refind";
    case BootLoader::syslinux: return "syslinux";
    case BootLoader::efi_stub: return "efi-stub";
    case BootLoader::unified_image: return "unified-image";
  }
  return "unknown";
}

Json boot_facts(const Host& host) {
  const auto& boot = host.boot;
  return {{"loader", loader_text(boot.loader)},
          {"loader_reason", boot.loader_reason},
          {"ostree", boot.ostree},
          {"settings", list_of(boot.settings,
                               [](const BootSetting& setting) {
                                 return Json{{"file", setting.file}, {"line", observed(setting.line, boot_line)}};
                               })},
          {"entries", list_of(boot.entries,
                              [](const BootEntry& entry) {
                                return Json{{"file", entry.file},
                                            {"id", entry.id},
                                            {"title", entry.title},
                                            {"kernel", entry.kernel},
                                            {"line", observed(entry.command_line, boot_line)}};
                              })}};
}

Json storage_facts(const Host& host) {
  return {{"uses", observed_list(host.storage.uses, [](const StorageUse& use) {
             return Json{{"use", use.use},
                         {"chain", use.chain},
                         {"source", use.source},
                         {"functions", addresses(use.functions)},
                         {"network_interfaces", use.network_interfaces},
                         {"unresolved", text_or_null(use.unresolved)}};
           })}};
}

Json network_facts(const Host& host) {
  return {{"paths", observed_list(host.network.paths, [](const NetworkPath& path) {
             return Json{{"interface", path.interface},
                         {"chain", path.chain},
                         {"use", path.use},
                         {"source", path.source},
                         {"functions", addresses(path.functions)},
                         {"unresolved", text_or_null(path.unresolved)}};
           })}};
}

Json console_facts(const Host& host) {
  const auto& console = host.console;
  return {{"inputs", observed_list(console.inputs,
                                   [](const InputDevice& device) {
                                     return Json{{"name", device.name},
                                                 {"keyboard", device.keyboard},
                                                 {"mouse", device.mouse},
                                                 {"functions", addresses(device.functions)}};
                                   })},
          {"usb", observed_list(console.usb,
                                [](const UsbDevice& device) {
                                  return Json{{"id", device.id},
                                              {"product", text_or_null(device.product)},
                                              {"kind", text_or_null(device.kind)},
                                              {"controller", device.controller.text()}};
                                })},
          {"framebuffers", observed_list(console.framebuffers,
                                         [](const Framebuffer& one) {
                                           return Json{{"name", one.name},
                                                       {"source", one.source},
                                                       {"functions", addresses(one.functions)}};
                                         })},
          {"serial_console", console.serial_console}};
}

struct FactGroup {
  std::string_view name;
  Json (*facts)(const Host& host);
};

constexpr std::array<FactGroup, 11> groups = {{{"pci", pci_facts},
                                               {"iommu", iommu_facts},
                                               {"kernel", kernel_facts},
                                               {"cpu", cpu_facts},
                                               {"distribution", distribution_facts},
                                               {"firmware", firmware_facts},
                                               {"vfio", vfio_facts},
                                               {"boot", boot_facts},
                                               {"storage", storage_facts},
                                               {"network", network_facts},
                                               {"console", console_facts}}};

}  // namespace

std::span<const std::string_view> fact_group_names() {
  static const auto names = [] {
    std::array<std::string_view, groups.size()> list;
    std::ranges::transform(groups, list.begin(), &FactGroup::name);
    return list;
  }();
  return names;
}

std::string fact_group_json(const Host& host, std::string_view group) {
  const auto found = std::ranges::find(groups, group, &FactGroup::name);
  return found->facts(host).dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace vfio_doctor
