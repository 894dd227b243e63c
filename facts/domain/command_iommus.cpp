// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/command_iommus.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

struct IommuDevice {
  std::string_view driver, model;
};

/// QEMU 10.2: hw/i386/intel_iommu.c, hw/i386/amd_iommu.c, hw/virtio/virtio-iommu-pci.c, hw/arm/smmuv3.c.
constexpr std::array iommu_devices = {IommuDevice{"intel-iommu", "intel"}, IommuDevice{"amd-iommu", "amd"},
                                      IommuDevice{"virtio-iommu-pci", "virtio"},
                                      IommuDevice{"virtio-iommu-pci-non-transitional", "virtio"},
                                      IommuDevice{"arm-smmuv3", "smmuv3"}};

std::string value_of(const CommandOptions& options, const std::string& key) {
  const auto found = options.find(key);
  return found == options.end() ? std::string() : found->second;
}

std::string switch_of(const CommandOptions& options, const std::string& key) { return on_or_off(value_of(options, key)); }

}  // namespace

std::string on_or_off(const std::string& value) {
  if (is_among(value, "on|yes|true|y")) return "on";
  if (is_among(value, "off|no|false|n")) return "off";
  return value;
}

void add_iommu_device(const CommandOptions& options, std::size_t line, Domain& domain) {
  const auto known = std::ranges::find(iommu_devices, value_of(options, "driver"), &IommuDevice::driver);
  if (known == iommu_devices.end() || domain.viommus.size() >= most_domain_devices) return;
  const auto bus = value_of(options, "primary-bus");
  if (known->model == "smmuv3" && !bus.empty() && bus != "pcie.0") return;  // which devices are below it is not followed here
  VirtualIommu iommu;
  iommu.model = known->model;
  iommu.caching_mode = switch_of(options, "caching-mode");
  iommu.intremap = switch_of(options, "intremap");
  iommu.eim = switch_of(options, "eim");
  iommu.aw_bits = value_of(options, "aw-bits");
  iommu.accelerated = switch_of(options, known->model == "amd" ? "dma-remap" : "accel");
  iommu.by_qemu = true;
  iommu.line = line;
  domain.viommus.push_back(std::move(iommu));
}

void read_machine_options(const CommandOptions& options, std::size_t line, Domain& domain) {
  if (value_of(options, "accel").starts_with("kvm")) domain.type = "kvm";
  // hw/i386/microvm.c: a PCI bus is there on request only.
  domain.has_no_pci = domain.machine == "microvm" && switch_of(options, "pcie") != "on";
  for (const auto* key : {"kernel-irqchip", "kernel_irqchip"}) {
    const auto chip = switch_of(options, key);
    if (chip == "split" || chip == "off") domain.io_apic = "qemu";
    if (chip == "on") domain.io_apic = "kvm";
  }
  if (value_of(options, "iommu") != "smmuv3" || domain.viommus.size() >= most_domain_devices) return;
  VirtualIommu iommu;
  iommu.model = "smmuv3";
  iommu.by_qemu = true;
  iommu.line = line;
  domain.viommus.push_back(std::move(iommu));
}

void miss_iommufd_objects(const std::vector<CommandWord>& words, Domain& domain) {
  std::set<std::string> objects;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& text = words[i].text;
    if (is_among(text, "-readconfig|--readconfig")) return;  // they may stand there
    if (i == 0 || !is_among(words[i - 1].text, "-object|--object")) continue;
    const auto options = command_options(text);
    const auto kind = value_of(options, "qom-type");
    if (kind == "iommufd" || value_of(options, "driver") == "iommufd") objects.insert(value_of(options, "id"));
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!is_among(words[i - 1].text, "-device|--device")) continue;
    const auto wanted = value_of(command_options(words[i].text), "iommufd");
    if (!wanted.empty() && !objects.contains(wanted) && domain.faults.size() < most_domain_devices)
      domain.faults.push_back({words[i].line, "No -object iommufd has the id " + wanted.substr(0, 60) + ".",
                               "Device '" + wanted.substr(0, 60) + "' not found"});
  }
}

}  // namespace vfio_doctor
