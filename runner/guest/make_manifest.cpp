// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/make_manifest.hpp"

#include <algorithm>
#include <cstdint>

#include "base/input_error.hpp"
#include "base/known.hpp"
#include "base/text.hpp"
#include "facts/guest/guest_view.hpp"

namespace vfio_doctor {
namespace {

std::vector<ExpectedUsb> usb_on(const GuestFunction& function) {
  std::vector<ExpectedUsb> list;
  if (!function.usb.has_value()) return list;
  for (const auto& device : function.usb.value())
    if (!device.is_root_hub && list.size() < Manifest::most_usb)
      list.push_back({device.id, device.product.substr(0, 200), known(device.serial)});
  return list;
}

/// QEMU shows the guest what the domain makes it show.
void show_other_ids(const DomainHostdev& hostdev, ExpectedDevice& device) {
  const auto show = [](const auto& shown, auto& id) {
    if (shown) id = *shown;
  };
  show(hostdev.shown_vendor_id, device.id.vendor);
  show(hostdev.shown_device_id, device.id.device);
  show(hostdev.shown_subsystem_vendor_id, device.id.subsystem_vendor);
  show(hostdev.shown_subsystem_device_id, device.id.subsystem_device);
}

/// What the domain's XML places in the guest besides, so that it is known there for what it is.
void add_emulated(const Domain& domain, Manifest& manifest) {
  for (const auto& device : domain.guest_devices) {
    if (!device.place || manifest.emulated.size() == Manifest::most_emulated) continue;
    const auto is_assigned = [&device](const DomainHostdev& hostdev) { return hostdev.guest_path == device.place; };
    if (std::ranges::none_of(domain.hostdevs, is_assigned)) manifest.emulated.push_back(*device.place);
  }
}

/// A driver of the host makes use of it, so a guest can too: anything but a port's, or one that only sets aside.
bool is_driven(const GuestFunction& function) {
  if (!function.driver.has_value() || function.is_bridge()) return false;
  const auto name = normalize_module_name(function.driver.value());
  return !name.ends_with("vfio_pci") && name != "pci_stub" && name != "pciback" && name != "pci_pf_stub" &&
         !name.starts_with("uio_") && name != "igb_uio";
}

/// Names, places and USB devices come through the same eyes as in a guest, so that both sides mean the same.
class ManifestMaker {
 public:
  ManifestMaker(const Root& root, const std::vector<PciAddress>& sources)
      : sources_(sources), view_(gather_guest(root)), functions_(gather_pci(root, Wake::no)) {
    if (!view_.functions.has_value()) throw InputError("no PCI devices can be listed: " + view_.functions.why());
    read_serials(root, view_, [&sources](const GuestFunction& function) {
      return std::find(sources.begin(), sources.end(), function.address) != sources.end();
    });
  }

  ExpectedDevice device(const PciAddress& source) const {
    const auto& seen = view_.functions.value();
    const auto found =
        std::find_if(seen.begin(), seen.end(), [&source](const GuestFunction& function) { return function.address == source; });
    if (found == seen.end()) throw InputError(source.text() + ": there is no such device on this host");
    if (!found->id.has_ids()) throw InputError(source.text() + ": its ids cannot be read: " + found->id.vendor.why());
    ExpectedDevice device;
    device.label = name_of(source, *found);
    device.host_address = source;
    device.id = found->id;
    if (found->bars.has_value())
      for (const auto& bar : found->bars.value())
        if ((bar.size & (bar.size - 1)) == 0) device.bars.push_back(bar.size);
    if (found->class_and_subclass.has_value())
      device.expect_driver = (expects_driver(found->class_and_subclass.value()) &&
                              !is_aside_of_graphics(source, found->class_and_subclass.value())) ||
                             (is_driven(*found) && comes_alone(source));
    device.usb = usb_on(*found);
    return device;
  }

 private:
  /// No other function of its slot is passed with it.
  bool comes_alone(const PciAddress& source) const {
    return std::ranges::none_of(sources_, [&source](const PciAddress& other) {
      return other != source && other.domain == source.domain && other.bus == source.bus && other.device == source.device;
    });
  }

  /// AMD's processors with graphics have a security processor (1080) and an audio coprocessor (0480) in the slot of the graphics:
  /// without a firmware of their own, or without microphones, no driver makes anything of them.
  bool is_aside_of_graphics(const PciAddress& source, std::uint16_t class_and_subclass) const {
    constexpr std::uint16_t security = 0x1080, audio_coprocessor = 0x0480, display = 0x03;
    if (class_and_subclass != security && class_and_subclass != audio_coprocessor) return false;
    return std::ranges::any_of(sources_, [&](const PciAddress& other) {
      if (other.domain != source.domain || other.bus != source.bus || other.device != source.device) return false;
      const auto seen = std::ranges::find(view_.functions.value(), other, &GuestFunction::address);
      return seen != view_.functions->end() && seen->class_and_subclass.has_value() &&
             seen->class_and_subclass.value() >> 8 == display;
    });
  }

  std::string name_of(const PciAddress& source, const GuestFunction& seen) const {
    if (functions_.has_value())
      for (const auto& function : functions_.value())
        if (function.address == source && !function.name.empty()) return function.name.substr(0, 500);
    return ids_text(seen.id);
  }

  std::vector<PciAddress> sources_;
  GuestView view_;
  Observed<std::vector<PciFunction>> functions_;
};

}  // namespace

bool expects_driver(std::uint16_t class_and_subclass) {
  switch (class_and_subclass >> 8) {
    case 0x01:  // storage
    case 0x02:  // network
    case 0x03:  // display
    case 0x04:  // multimedia
    case 0x07:  // serial ports and modems, but not the management engines that call themselves "other" (0780)
    case 0x0d:  // wireless
    case 0x12:  // accelerators
      return class_and_subclass != 0x0780;
    case 0x0b:
      return class_and_subclass == 0x0b40;  // co-processors
    case 0x10:
      return true;  // encryption
    case 0x0c:      // FireWire, USB, Fibre Channel, InfiniBand, CAN; not the SMBus (0c05), which comes along
      return class_and_subclass == 0x0c00 || class_and_subclass == 0x0c03 || class_and_subclass == 0x0c04 ||
             class_and_subclass == 0x0c06 || class_and_subclass == 0x0c09;
    default:
      return class_and_subclass == 0x0805;
  }
}

Manifest manifest_of(const Root& root, const std::vector<PciAddress>& sources) {
  const ManifestMaker maker(root, sources);
  Manifest manifest;
  for (const auto& source : sources) manifest.devices.push_back(maker.device(source));
  if (manifest.devices.empty()) throw InputError("no device is named: give --domain or devices");
  if (manifest.devices.size() > Manifest::most_devices) throw InputError("a manifest holds at most 256 devices");
  return manifest;
}

Manifest manifest_of(const Root& root, const Domain& domain) {
  if (!domain.faults.empty())
    throw InputError(domain.file + ":" + std::to_string(domain.faults.front().line) + ": " + domain.faults.front().what);
  std::vector<PciAddress> sources;
  for (const auto& hostdev : domain.hostdevs) sources.push_back(hostdev.source);
  const ManifestMaker maker(root, sources);
  Manifest manifest;
  manifest.domain = domain.name;
  for (const auto& hostdev : domain.hostdevs) {
    if (!hostdev.reaches_guest) continue;
    auto device = maker.device(hostdev.source);
    device.guest_path = hostdev.guest_path;
    show_other_ids(hostdev, device);
    manifest.devices.push_back(std::move(device));
  }
  add_emulated(domain, manifest);
  if (manifest.devices.empty()) throw InputError("domain '" + domain.name + "' gives no PCI device to its guest");
  if (manifest.devices.size() > Manifest::most_devices) throw InputError("a manifest holds at most 256 devices");
  return manifest;
}

}  // namespace vfio_doctor
