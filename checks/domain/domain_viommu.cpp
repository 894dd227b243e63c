// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-viommu", "The guest's own IOMMU", 100, run};

class Judge {
 public:
  explicit Judge(const DomainCase& here) : here_(here), iommu_(*here.domain.viommu) {}

  std::vector<Finding> findings() {
    judge_machine();
    if (iommu_.model == "intel") judge_intel();
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
