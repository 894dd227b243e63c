// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/known_devices.hpp"

#include <algorithm>

#include "checks/kernel/table_rows.hpp"

namespace vfio_doctor {

extern const std::string_view known_devices_text;  // made by the build

std::vector<KnownDevice> parse_known_devices(std::string_view text, const std::string& name) {
  std::vector<KnownDevice> devices;
  for (const auto& row : table_rows(text, name, 5)) {
    const auto ids = hex_range(row.cells[2], row.place);
    devices.push_back({std::string(row.cells[0]), hex_id(row.cells[1], row.place), ids.first, ids.last,
                       std::string(row.cells[3]), std::string(row.cells[4])});
  }
  return devices;
}

const std::vector<KnownDevice>& known_devices() {
  static const auto devices = parse_known_devices(known_devices_text, "known_devices.tsv");
  return devices;
}

const KnownDevice* known_device(const PciFunction& function, std::string_view kind) {
  const auto* id = function.id.device.get();
  if (!id) return nullptr;
  const auto& devices = known_devices();
  const auto found = std::ranges::find_if(devices, [&](const KnownDevice& one) {
    return *id >= one.first && *id <= one.last && function.id.vendor.is(one.vendor_id) && one.kind == kind;
  });
  return found == devices.end() ? nullptr : &*found;
}

}  // namespace vfio_doctor
