// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/make_manifest.hpp"

#include <algorithm>
#include <cstdint>

#include "base/input_error.hpp"
#include "facts/guest/guest_view.hpp"

namespace vfio_doctor {
namespace {

template <class T>
std::optional<T> known(const Observed<T>& fact) {
  return fact.has_value() ? std::optional<T>(fact.value()) : std::nullopt;
}

std::vector<ExpectedUsb> usb_on(const GuestFunction& function) {
  std::vector<ExpectedUsb> list;
  if (!function.usb.has_value()) return list;
  for (const auto& device : function.usb.value())
    if (!device.is_root_hub && list.size() < Manifest::most_usb)
      list.push_back({device.id, device.product.substr(0, 200), known(device.serial)});
  return list;
}

/// Names, places and USB devices come through the same eyes as in a guest, so that both sides mean the same.
class ManifestMaker {
 public:
  ManifestMaker(const Root& root, const std::vector<PciAddress>& sources)
      : view_(gather_guest(root)), functions_(gather_pci(root, Wake::no)) {
    if (!view_.functions.has_value()) throw InputError("no PCI devices can be listed: " + view_.functions.why());
    read_serials(root, view_, [&sources](const GuestFunction& function) {
      return std::find(sources.begin(), sources.end(), function.address) != sources.end();
    });
  }

  ExpectedDevice device(const PciAddress& source) const {
    const auto& seen = view_.functions.value();
    const auto found = std::find_if(seen.begin(), seen.end(),
                                    [&source](const GuestFunction& function) { return function.address == source; });
    if (found == seen.end()) throw InputError(source.text() + ": there is no such device on this host");
    if (!found->vendor_id.has_value() || !found->device_id.has_value())
      throw InputError(source.text() + ": its ids cannot be read: " + found->vendor_id.why());
    ExpectedDevice device;
    device.label = name_of(source, *found);
    device.host_address = source;
    device.vendor_id = found->vendor_id.value();
    device.device_id = found->device_id.value();
    device.subsystem_vendor_id = known(found->subsystem_vendor_id);
    device.subsystem_device_id = known(found->subsystem_device_id);
    device.class_code = known(found->class_code);
    device.revision = known(found->revision);
    device.serial = known(found->serial);
    if (found->bars.has_value())
      for (const auto& bar : found->bars.value())
        if ((bar.size & (bar.size - 1)) == 0) device.bars.push_back(bar.size);
    if (found->class_and_subclass.has_value()) device.expect_driver = expects_driver(found->class_and_subclass.value());
    device.usb = usb_on(*found);
    return device;
  }

 private:
  std::string name_of(const PciAddress& source, const GuestFunction& seen) const {
    if (functions_.has_value())
      for (const auto& function : functions_.value())
        if (function.address == source && !function.name.empty()) return function.name.substr(0, 500);
    return ids_text(seen);
  }

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
    case 0x0b: return class_and_subclass == 0x0b40;  // co-processors
    default: return class_and_subclass == 0x0805 || class_and_subclass == 0x0c03 || class_and_subclass == 0x0c00;
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
  std::vector<PciAddress> sources;
  for (const auto& hostdev : domain.hostdevs) sources.push_back(hostdev.source);
  const ManifestMaker maker(root, sources);
  Manifest manifest;
  manifest.domain = domain.name;
  for (const auto& hostdev : domain.hostdevs) {
    if (!hostdev.reaches_guest) continue;
    auto device = maker.device(hostdev.source);
    device.guest_path = hostdev.guest_path;
    manifest.devices.push_back(std::move(device));
  }
  if (manifest.devices.empty()) throw InputError("domain '" + domain.name + "' gives no PCI device to its guest");
  if (manifest.devices.size() > Manifest::most_devices) throw InputError("a manifest holds at most 256 devices");
  return manifest;
}

}  // namespace vfio_doctor
