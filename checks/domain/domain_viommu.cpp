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

/// "pc-q35-9.2" is {9, 2}, as is Proxmox's "pc-q35-9.2+pve1". Of other names ("q35", "pc-q35-rhel9.4.0") only the QEMU that runs it knows the version.
std::optional<std::pair<unsigned, unsigned>> machine_version(std::string_view machine) {
  constexpr std::string_view start = "pc-q35-";
  if (!machine.starts_with(start)) return std::nullopt;
  unsigned major = 0, minor = 0;
  const char* end = machine.data() + machine.size();
  const auto first = std::from_chars(machine.data() + start.size(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc() || (second.ptr != end && *second.ptr != '+')) return std::nullopt;
  return std::pair(major, minor);
}

bool is_by_libvirt(const Domain& domain) {
  return domain.form == Domain::Form::domain || domain.form == Domain::Form::fragment;
}

/// Whether an IOMMU can stand before a device. libvirt hands its own devices to QEMU before the arguments that it passes on, so that an
/// IOMMU among these comes too late for them; and QEMU's NVMe driver gives its guest no function.
bool can_stand_before(const Domain& domain, const VirtualIommu& iommu, const DomainHostdev& device) {
  return device.reaches_guest &&
         (!iommu.by_qemu || !is_by_libvirt(domain) || device.origin == DomainHostdev::Origin::command_line);
}

class Judge {
 public:
  Judge(const DomainCase& here, const VirtualIommu& iommu, std::vector<Finding>& findings)
      : here_(here), iommu_(iommu), findings_(findings) {}

  void judge() {
    if (iommu_.by_qemu && here_.domain.form == Domain::Form::command_line) judge_by_qemu();
    if (!iommu_.by_qemu) judge_by_libvirt();
    if (iommu_.model == "intel") judge_intel();
    if (iommu_.model == "smmuv3") judge_smmu();
    if (iommu_.model == "amd" && takes_functions() && iommu_.accelerated != "on") judge_amd();
  }

 private:
  void add(Status status, const std::string& summary, const std::string& words, const std::string& remedy) {
    findings_.push_back(check.at_line(status, here_, iommu_.line, summary, words));
    findings_.back().remedy = {{remedy, {}, {}, {}}};
  }

  /// What to write, in the words of the form that the guest is written in.
  std::string write(const std::string& for_libvirt, const std::string& for_qemu, const std::string& for_proxmox) const {
    if (here_.domain.form == Domain::Form::proxmox) return for_proxmox;
    return iommu_.by_qemu ? for_qemu : for_libvirt;
  }

  /// Tried with 7.2.
  void judge_by_qemu() {
    if (iommu_.model == "intel" && here_.domain.is_i440fx())
      add(Status::fail, "An i440fx has no IOMMU of Intel.",
          "Parameter 'driver' expects a dynamic sysbus device type for the machine", "Use -machine q35.");
    if (here_.domain.is_q35() && &iommu_ != &here_.domain.viommus.front())
      add(Status::fail, "A PC has one IOMMU at most.", "QEMU does not support multiple vIOMMUs for x86 yet.",
          "Take all but one of them out.");
  }

  void judge_by_libvirt() {
    judge_machine();
    if (iommu_.model == "virtio" || iommu_.model == "smmuv3") judge_options();
  }

  /// virDomainIOMMUDefValidate(), 9.0 and 11.3; a width other models may have in later versions.
  void judge_options() {
    const bool any = !(iommu_.intremap + iommu_.caching_mode + iommu_.eim + iommu_.iotlb).empty();
    if (!any && iommu_.dma_translation.empty()) return;
    add(any ? Status::fail : Status::unknown,
        "An IOMMU of the model " + iommu_.model + " has none of the options of Intel's" +
            (any ? "." : ": libvirt 9.0 passes dma_translation= over, 11.3 refuses it."),
        "iommu model '" + iommu_.model + "' doesn't support additional attributes",
        "Take these options out of <driver> in <iommu>.");
    findings_.back().effect = Effect::blocked;
  }

  void judge_machine() {
    const auto& machine = here_.domain.machine;
    if (machine.empty()) return;
    const bool q35 = here_.domain.is_q35(), arm = is_arm();
    const auto only = [this](const std::string& which) {
      return "IOMMU device: '" + iommu_.model + "' is only supported with " + which + " machines";
    };
    if (iommu_.model == "intel" && !q35) add(Status::fail, "The machine type is not q35.", only("Q35"), "Use machine='q35'.");
    if (iommu_.model == "virtio" && !q35 && !arm)
      add(Status::fail, "The machine type is neither q35 nor Arm's virt.", only("Q35 and ARM Virt"), "Use machine='q35'.");
    if (iommu_.model == "smmuv3" && !arm)
      add(Status::fail, "An SMMUv3 is an IOMMU of Arm.", only("ARM Virt"), "Use <iommu model='intel'> on x86.");
  }

  bool is_arm() const { return here_.domain.machine == "virt" || here_.domain.machine.starts_with("virt-"); }

  void judge_intel() {
    if (iommu_.caching_mode != "on" && takes_functions())
      add(Status::fail,
          "Without caching_mode='on' QEMU does not see what the guest maps, and does not start with an assigned device.",
          "We need to set caching-mode=on for intel-iommu to enable device assignment with IOMMU protection.",
          write("Write <driver caching_mode='on'/> in <iommu>.", "Write intel-iommu,caching-mode=on.", "Write viommu=intel."));
    if (iommu_.eim == "on" && (iommu_.by_qemu ? iommu_.intremap == "off" : iommu_.intremap != "on"))
      add(Status::fail, "Extended interrupt mode wants interrupt remapping.",
          iommu_.by_qemu ? "eim=on cannot be selected without intremap=on"
                         : "IOMMU eim requires interrupt remapping to be enabled",
          write("Write <driver intremap='on' eim='on'/> in <iommu>.", "Write intel-iommu,intremap=on,eim=on.", ""));
    if (iommu_.intremap == "on" && here_.domain.io_apic != "qemu") judge_io_apic();
    if (takes_functions()) judge_width();
  }

  /// Where it walks the guest's tables itself it does not see what the guest maps, so that VFIO's notifier is refused when the device
  /// is made: smmuv3_notify_flag_changed() in hw/arm/smmuv3.c, alike in 7.2, 10.0 and 10.2.
  void judge_smmu() {
    const bool any_below = std::ranges::any_of(here_.domain.hostdevs, [this](const DomainHostdev& device) {
      return can_stand_before(here_.domain, iommu_, device) && is_below(device.address);
    });
    if (iommu_.accelerated == "on" || !any_below || !is_arm()) return;
    add(Status::fail, "QEMU's own SMMUv3 does not see what the guest maps, and an assigned device does not start behind it.",
        "requires iommu MAP notifier which is not currently supported",
        write("Take <iommu> out, or give it accel='on' with devices of iommufd (libvirt and QEMU of 2026, and an SMMUv3 in the "
              "host).",
              "Take it out, or use virtio-iommu-pci.", ""));
  }

  /// Whether a place is on a bus that the IOMMU translates for; where the text does not say, only without a bus of its own.
  bool is_below(const GuestAddress& address) const {
    if (!iommu_.pci_bus) return true;
    if (!address.placed) return false;
    auto bus = address.bus;
    for (std::size_t steps = 0; steps < 64; ++steps) {
      if (bus == *iommu_.pci_bus) return true;
      const auto above = std::ranges::find_if(here_.domain.guest_devices, [bus](const GuestDevice& device) {
        return device.index && *device.index == bus && device.address.placed;
      });
      if (above == here_.domain.guest_devices.end()) return false;
      bus = above->address.bus;
    }
    return false;
  }

  /// QEMU 7.2 and 10.0 refuse the notifier of VFIO, 10.2 does without dma-remap=on what it does without an IOMMU
  /// (amdvi_iommu_notify_flag_changed() and amdvi_switch_address_space() in hw/i386/amd_iommu.c).
  void judge_amd() {
    add(Status::unknown,
        "QEMU 7.2 and 10.0 start no assigned device behind an IOMMU of AMD; 10.2 does, and translates for it with dma-remap=on "
        "only.",
        "requires iommu notifier which is not currently supported",
        write("Take <iommu> out, or use model='intel' or 'virtio'.",
              "Write amd-iommu,dma-remap=on with QEMU 10.2, or use intel-iommu.", ""));
    findings_.back().effect = Effect::blocked;
  }

  /// 48 bits unless told otherwise since the machine types of QEMU 9.2, 39 before (pc_compat_9_1 in hw/i386/pc.c). Tried on a
  /// host of 39 bits: QEMU 10.0 refuses 48 (vtd_check_hiod() in hw/i386/intel_iommu.c), 7.2 does not ask.
  void judge_width() {
    const auto host = least_address_width(here_.host);
    const auto stated = parse_unsigned(iommu_.aw_bits);
    if (stated && *stated != 0 && *stated != 39 && *stated != 48)
      return add(Status::fail, "An IOMMU of Intel has 39 or 48 address bits, not " + std::to_string(*stated) + ".",
                 "Supported values for aw-bits are: 39, 48", "Write 39, or 48 where the host's IOMMU has as many.");
    const auto version = machine_version(here_.domain.machine);
    const bool is_new = version && *version >= std::pair(9U, 2U);
    const bool is_old = version && !is_new;
    const auto width = stated.value_or(0) != 0 ? *stated : is_old ? 39 : 48;
    if (!host || width <= host->bits) return;
    const auto text = std::to_string(width), least = std::to_string(host->bits);
    add(is_new ? Status::fail : Status::unknown,
        "The guest's IOMMU has addresses of " + text + " bits, the host's of " + least + ": QEMU 10.0 refuses that" +
            (is_new   ? "."
             : stated ? ", 7.2 does not ask."
                      : "; without aw_bits QEMU 9.2 and later make it 48, older ones 39."),
        "aw-bits " + text + " > host aw-bits " + least,
        host->bits < 39
            ? write("Take <iommu> out", "Take intel-iommu out", "Take viommu= out") + ": QEMU knows no width that fits."
            : write("Write <driver aw_bits='39'/> in <iommu>.", "Write intel-iommu,aw-bits=39.",
                    "Write aw-bits=39 behind viommu=intel."));
    findings_.back().evidence.push_back({host->source, host->capabilities});
    findings_.back().effect = Effect::blocked;
  }

  /// Tried: libvirt 9.0 refuses a domain that says nothing about its I/O APIC, 11.3 makes it a split one itself. QEMU leaves it in the
  /// kernel where KVM is used (x86_iommu_realize() in hw/i386/x86-iommu.c).
  void judge_io_apic() {
    const bool not_said = here_.domain.io_apic.empty();
    if (iommu_.by_qemu && here_.domain.form != Domain::Form::command_line) return;  // libvirt or Proxmox says the rest
    if (iommu_.by_qemu && not_said && here_.domain.type != "kvm") return;
    const bool open = not_said && !iommu_.by_qemu;
    add(open ? Status::unknown : Status::fail,
        open ? "Interrupt remapping in the guest wants a split I/O APIC: libvirt 11.3 sets it up by itself, 9.0 refuses "
               "the domain."
             : "Interrupt remapping in the guest wants a split I/O APIC.",
        iommu_.by_qemu ? "Interrupt Remapping cannot work with kernel-irqchip=on, please use 'split|off'."
                       : "IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')",
        write("Write <ioapic driver='qemu'/> in <features>: every version takes that.",
              "Write -machine q35,kernel-irqchip=split.", ""));
    findings_.back().effect = Effect::blocked;
  }

  bool takes_functions() const {
    return std::ranges::any_of(here_.domain.hostdevs,
                               [this](const DomainHostdev& device) { return can_stand_before(here_.domain, iommu_, device); });
  }

  const DomainCase& here_;
  const VirtualIommu& iommu_;
  std::vector<Finding>& findings_;
};

/// The bus of the guest on which a device is surely conventional, so that it shares an address space with what else is there.
bool share_a_conventional_bus(const Domain& domain, const std::vector<const DomainHostdev*>& devices) {
  if (domain.form == Domain::Form::proxmox)
    return std::ranges::all_of(devices, [](const DomainHostdev* device) { return device->on_conventional_bus; });
  const auto& first = devices.front()->address;
  const auto is_there = [&first](const DomainHostdev* device) {
    return device->address.placed && device->address.bus == first.bus;
  };
  const auto bus = std::ranges::find_if(domain.guest_devices, [&first](const GuestDevice& device) {
    return device.index && *device.index == first.bus;
  });
  return std::ranges::all_of(devices, is_there) && bus != domain.guest_devices.end() &&
         (bus->model == "pcie-to-pci-bridge" || bus->model == "pci-bridge" || bus->model == "dmi-to-pci-bridge");
}

/// Behind a virtual IOMMU each function has an address space of its own in the guest, and a host group can be in one only: what
/// shares one must stand on one conventional bus, whose devices are one to the IOMMU (QEMU, hw/pci/pci.c
/// pci_device_iommu_address_space(); hw/vfio/container-legacy.c vfio_group_get()).
void judge_address_spaces(const DomainCase& here, std::vector<Finding>& findings) {
  std::map<unsigned, std::vector<const DomainHostdev*>> groups;
  for (const auto& device : here.domain.hostdevs) {
    const bool behind_one = std::ranges::any_of(here.domain.viommus, [&](const VirtualIommu& iommu) {
      return can_stand_before(here.domain, iommu, device);
    });
    const auto* function = behind_one && !device.iommufd ? here.host.find(device.source) : nullptr;
    if (function && function->iommu_group.has_value()) groups[*function->iommu_group].push_back(&device);
  }
  const bool by_libvirt = is_by_libvirt(here.domain);
  for (const auto& [number, devices] : groups) {
    if (devices.size() < 2 || share_a_conventional_bus(here.domain, devices)) continue;
    const bool all_placed =
        !by_libvirt || std::ranges::all_of(devices, [](const DomainHostdev* device) { return device->address.placed; });
    const auto group = std::to_string(number);
    findings.push_back(
        check.at_line(all_placed ? Status::fail : Status::warn, here, devices[1]->line,
                      "It takes " + std::to_string(devices.size()) + " functions of host group " + group +
                          (all_placed ? ", which do not stand on one conventional bus of the guest"
                                      : " and does not say where they stand: libvirt gives each PCI Express function a port "
                                        "of its own") +
                          ". Behind a virtual IOMMU each has an address space of its own then, which one group cannot have.",
                      "group " + group + " used in multiple address spaces"));
    findings.back().evidence.push_back({"/sys/kernel/iommu_groups/" + group, devices[0]->source.text()});
    findings.back().remedy = {
        {here.domain.form == Domain::Form::proxmox ? "Take viommu= out, or give all functions of the group without pcie=1."
         : by_libvirt ? "Take <iommu> out, or put all functions of the group on one <controller model='pcie-to-pci-bridge'/>."
                      : "Take the IOMMU out, or put all functions of the group on one -device pcie-pci-bridge.",
         {},
         {},
         "On that bridge they are conventional devices, which some drivers refuse."}};
  }
}

std::vector<Finding> run(const DomainCase& here) {
  if (here.domain.viommus.empty() || !here.domain.is_for_qemu()) return {};
  std::vector<Finding> findings;
  for (const auto& iommu : here.domain.viommus) Judge(here, iommu, findings).judge();
  judge_address_spaces(here, findings);
  if (findings.empty()) findings.push_back(check.finding(Status::pass, here, "Its IOMMU is set up for assigned devices."));
  return findings;
}

}  // namespace

DomainCheck domain_viommu_check() { return check; }

}  // namespace vfio_doctor
