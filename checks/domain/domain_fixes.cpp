// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/domain/domain_fixes.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "checks/domain/intended_function.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

using Kind = DomainFix::Kind;

class Fixer {
 public:
  explicit Fixer(const DomainCase& here) : here_(here) {}

  std::vector<DomainFix> fixes() {
    for (const auto& device : here_.domain.hostdevs) {
      line_ = device.line;
      if (device.origin != DomainHostdev::Origin::hostdev && device.origin != DomainHostdev::Origin::interface &&
          device.origin != DomainHostdev::Origin::disk)
        continue;
      fix_address(device);
      fix_managed(device);
      fix_words(device);
      fix_multifunction(device);
    }
    fix_viommu();
    return std::move(fixes_);
  }

 private:
  void add(Kind kind, std::size_t at, const std::string& name, const std::string& value, const std::string& why) {
    if (at == 0) return;  // no such element in this text
    const bool known = std::ranges::any_of(fixes_, [&](const DomainFix& one) { return one.at == at && one.name == name; });
    if (!known) fixes_.push_back({kind, at, name, value, line_, why});
  }

  void fix_address(const DomainHostdev& device) {
    const auto meant = intended_function(here_, device);
    if (!meant) return;
    const auto why = device.source.text() + " is another device than the one that is meant: " + meant->why + ".";
    const auto& address = meant->function->address;
    add(Kind::set, device.spots.source_address, "domain", "0x" + hex_text(address.domain, 4), why);
    add(Kind::set, device.spots.source_address, "bus", "0x" + hex_text(address.bus, 2), why);
    add(Kind::set, device.spots.source_address, "slot", "0x" + hex_text(address.device, 2), why);
    add(Kind::set, device.spots.source_address, "function", "0x" + hex_text(address.function, 1), why);
  }

  /// libvirt takes a function away from its driver only where it manages it.
  void fix_managed(const DomainHostdev& device) {
    const auto* function = here_.host.find(device.source);
    if (device.managed || !function || function->driver.is_unreadable() || is_held_by_vfio(*function)) return;
    add(Kind::set, device.spots.managed, "managed", "yes",
        device.source.text() + " is not on vfio-pci, so libvirt has to put it there.");
  }

  void fix_words(const DomainHostdev& device) {
    if (!device.driver.empty() && device.driver != "vfio" && device.origin != DomainHostdev::Origin::disk)
      add(Kind::set, device.spots.driver, "name", "vfio", "VFIO is the only way that QEMU has.");
    if (device.startup_policy)
      add(Kind::remove, device.spots.source, "startupPolicy", {}, "A startupPolicy is for USB devices only.");
    if (!device.mode.empty() && device.mode != "subsystem")
      add(Kind::set, device.spots.element, "mode", "subsystem", "A PCI device is assigned with mode='subsystem'.");
  }

  void fix_multifunction(const DomainHostdev& device) {
    const auto& place = device.address;
    if (!place.placed || place.function == 0) return;
    const auto fix = [&](const GuestAddress& other) {
      if (other.placed && other.function == 0 && other.multifunction == "off" && other.domain == place.domain &&
          other.bus == place.bus && other.slot == place.slot)
        add(Kind::set, other.at, "multifunction", "on", "Its slot has more functions than this one.");
    };
    for (const auto& other : here_.domain.hostdevs) fix(other.address);
    for (const auto& other : here_.domain.guest_devices) fix(other.address);
  }

  void fix_viommu() {
    const auto& domain = here_.domain;
    if (domain.viommus.size() != 1 || domain.hostdevs.empty()) return;
    const auto& iommu = domain.viommus.front();
    if (iommu.model != "intel" || iommu.by_qemu) return;
    line_ = iommu.line;
    const std::string caching = "Assigned devices behind a virtual IOMMU want caching mode.";
    if (iommu.caching_mode != "on" && iommu.driver_at != 0)
      add(Kind::set, iommu.driver_at, "caching_mode", "on", caching);
    else if (iommu.caching_mode != "on")
      add(Kind::add, iommu.at, {}, "<driver caching_mode='on'/>", caching);
    if (iommu.eim == "on" && iommu.intremap != "on")
      add(Kind::set, iommu.driver_at, "intremap", "on", "Extended interrupt mode wants interrupt remapping.");
    const std::string split = "Interrupt remapping wants a split I/O APIC.";
    if (iommu.intremap != "on" || domain.io_apic == "qemu") return;
    if (domain.io_apic_at != 0)
      add(Kind::set, domain.io_apic_at, "driver", "qemu", split);
    else
      add(Kind::add, domain.features_at, {}, "<ioapic driver='qemu'/>", split);
  }

  const DomainCase& here_;
  std::vector<DomainFix> fixes_;
  std::size_t line_ = 0;
};

}  // namespace

std::vector<DomainFix> certain_fixes(const DomainCase& here) {
  if (here.domain.form != Domain::Form::domain && here.domain.form != Domain::Form::fragment) return {};
  return Fixer(here).fixes();
}

}  // namespace vfio_doctor
