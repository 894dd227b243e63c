// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-viommu", "The guest's own IOMMU", 100, run};

/// "pc-q35-9.2" is {9, 2}. Of other names ("q35", "pc-q35-rhel9.4.0") only the QEMU that runs it knows the version.
std::optional<std::pair<unsigned, unsigned>> machine_version(std::string_view machine) {
  constexpr std::string_view start = "pc-q35-";
  if (!machine.starts_with(start)) return std::nullopt;
  unsigned major = 0, minor = 0;
  const char* end = machine.data() + machine.size();
  const auto first = std::from_chars(machine.data() + start.size(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
  return std::pair(major, minor);
}

class Judge {
 public:
  explicit Judge(const DomainCase& here) : here_(here), iommu_(*here.domain.viommu) {}

  std::vector<Finding> findings() {
    judge_machine();
    if (iommu_.model == "intel") judge_intel();
    judge_address_spaces();
    if (iommu_.model == "virtio" && !(iommu_.intremap + iommu_.caching_mode + iommu_.eim).empty())
      add(Status::fail, "A virtio IOMMU has none of the options of Intel's.",
          "iommu model 'virtio' doesn't support additional attributes", "Take the <driver> out of <iommu>.");
    if (findings_.empty()) findings_.push_back(check.finding(Status::pass, here_, "Its IOMMU is set up for assigned devices."));
    return std::move(findings_);
  }

 private:
  void add(Status status, const std::string& summary, const std::string& words, const std::string& remedy) {
    findings_.push_back(check.at_line(status, here_, iommu_.line, summary, words));
    findings_.back().remedy = {{remedy, {}, {}, {}}};
  }

  void judge_machine() {
    const auto& machine = here_.domain.machine;
    if (machine.empty()) return;
    const bool q35 = machine.find("q35") != std::string::npos, arm = machine == "virt" || machine.starts_with("virt-");
    const auto only = [this](const std::string& which) {
      return "IOMMU device: '" + iommu_.model + "' is only supported with " + which + " machines";
    };
    if (iommu_.model == "intel" && !q35) add(Status::fail, "The machine type is not q35.", only("Q35"), "Use machine='q35'.");
    if (iommu_.model == "virtio" && !q35 && !arm)
      add(Status::fail, "The machine type is neither q35 nor Arm's virt.", only("Q35 and ARM Virt"), "Use machine='q35'.");
    if (iommu_.model == "smmuv3" && !arm)
      add(Status::fail, "An SMMUv3 is an IOMMU of Arm.", only("ARM Virt"), "Use <iommu model='intel'> on x86.");
  }

  void judge_intel() {
    if (iommu_.caching_mode != "on" && takes_functions())
      add(Status::fail,
          "Without caching_mode='on' QEMU does not see what the guest maps, and does not start with an assigned device.",
          "We need to set caching-mode=on for intel-iommu to enable device assignment with IOMMU protection.",
          "Write <driver caching_mode='on'/> in <iommu>.");
    if (iommu_.eim == "on" && iommu_.intremap != "on")
      add(Status::fail, "Extended interrupt mode wants interrupt remapping.",
          "IOMMU eim requires interrupt remapping to be enabled", "Write <driver intremap='on' eim='on'/> in <iommu>.");
    if (iommu_.intremap == "on" && here_.domain.io_apic != "qemu") judge_io_apic();
    if (takes_functions()) judge_width();
  }

  /// Behind a virtual IOMMU each function has an address space of its own in the guest, and a host group can be in one only: what
  /// shares one must stand on one conventional bus, whose devices are one to the IOMMU (QEMU, hw/pci/pci.c
  /// pci_device_iommu_address_space(); hw/vfio/container-legacy.c vfio_group_get()).
  void judge_address_spaces() {
    std::map<unsigned, std::vector<const DomainHostdev*>> groups;
    for (const auto& device : here_.domain.hostdevs) {
      const auto* function = device.reaches_guest && !device.iommufd ? here_.host.find(device.source) : nullptr;
      if (function && function->iommu_group.has_value()) groups[*function->iommu_group].push_back(&device);
    }
    for (const auto& [number, devices] : groups) {
      if (devices.size() < 2 || share_a_conventional_bus(devices)) continue;
      const bool all_placed = std::ranges::all_of(devices, [](const DomainHostdev* device) { return device->address.placed; });
      const auto group = std::to_string(number);
      findings_.push_back(
          check.at_line(all_placed ? Status::fail : Status::warn, here_, devices[1]->line,
                        "It takes " + std::to_string(devices.size()) + " functions of host group " + group +
                            (all_placed ? ", which do not stand on one conventional bus of the guest"
                                        : " and does not say where they stand: libvirt gives each PCI Express function a port "
                                          "of its own") +
                            ". Behind a virtual IOMMU each has an address space of its own then, which one group cannot have.",
                        "group " + group + " used in multiple address spaces"));
      findings_.back().evidence.push_back({"/sys/kernel/iommu_groups/" + group, devices[0]->source.text()});
      findings_.back().remedy = {
          {"Take <iommu> out, or put all functions of the group on one <controller model='pcie-to-pci-bridge'/>.",
           {},
           {},
           "On that bridge they are conventional devices, which some drivers refuse."}};
    }
  }

  bool share_a_conventional_bus(const std::vector<const DomainHostdev*>& devices) const {
    const auto& first = devices.front()->address;
    const auto is_there = [&first](const DomainHostdev* device) {
      return device->address.placed && device->address.bus == first.bus;
    };
    const auto bus = std::ranges::find_if(here_.domain.guest_devices, [&first](const GuestDevice& device) {
      return device.index && *device.index == first.bus;
    });
    return std::ranges::all_of(devices, is_there) && bus != here_.domain.guest_devices.end() &&
           (bus->model == "pcie-to-pci-bridge" || bus->model == "pci-bridge" || bus->model == "dmi-to-pci-bridge");
  }

  /// 48 bits unless told otherwise since the machine types of QEMU 9.2, 39 before (pc_compat_9_1 in hw/i386/pc.c). Tried on a
  /// host of 39 bits: QEMU 10.0 refuses 48 (vtd_check_hiod() in hw/i386/intel_iommu.c), 7.2 does not ask.
  void judge_width() {
    const auto host = least_address_width(here_.host);
    const auto stated = parse_unsigned(iommu_.aw_bits);
    const auto version = machine_version(here_.domain.machine);
    const bool is_new = version && *version >= std::pair(9U, 2U);
    const bool is_old = version && !is_new;
    const auto width = stated.value_or(is_old ? 39 : 48);
    if (!host || width <= host->bits) return;
    const auto text = std::to_string(width), least = std::to_string(host->bits);
    add(is_new ? Status::fail : Status::unknown,
        "The guest's IOMMU has addresses of " + text + " bits, the host's of " + least + ": QEMU 10.0 refuses that" +
            (is_new   ? "."
             : stated ? ", 7.2 does not ask."
                      : "; without aw_bits QEMU 9.2 and later make it 48, older ones 39."),
        "aw-bits " + text + " > host aw-bits " + least,
        host->bits < 39 ? "Take <iommu> out: QEMU knows no width that fits." : "Write <driver aw_bits='39'/> in <iommu>.");
    findings_.back().evidence.push_back({host->source, host->capabilities});
    findings_.back().effect = Effect::blocked;
  }

  /// Tried: libvirt 9.0 refuses a domain that says nothing about its I/O APIC, 11.3 makes it a split one itself.
  void judge_io_apic() {
    const bool not_said = here_.domain.io_apic.empty();
    add(not_said ? Status::unknown : Status::fail,
        not_said ? "Interrupt remapping in the guest wants a split I/O APIC: libvirt 11.3 sets it up by itself, 9.0 refuses "
                   "the domain."
                 : "Interrupt remapping in the guest wants a split I/O APIC.",
        "IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')",
        "Write <ioapic driver='qemu'/> in <features>: every version takes that.");
    findings_.back().effect = Effect::blocked;
  }

  bool takes_functions() const { return !here_.domain.hostdevs.empty(); }

  const DomainCase& here_;
  const VirtualIommu& iommu_;
  std::vector<Finding> findings_;
};

std::vector<Finding> run(const DomainCase& here) {
  if (!here.domain.viommu || !here.domain.is_for_qemu()) return {};
  return Judge(here).findings();
}

}  // namespace

DomainCheck domain_viommu_check() { return check; }

}  // namespace vfio_doctor
