// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/guest/name_functions.hpp"

#include "base/text.hpp"

namespace vfio_doctor {

void name_functions(const IdsFile& ids, GuestView& view) {
  if (!view.functions.has_value()) return;
  for (auto& function : view.functions.value()) {
    if (!function.id.has_ids()) continue;
    const auto vendor = ids.vendor(function.id.vendor.value());
    const auto device = ids.device(function.id.vendor.value(), function.id.device.value());
    if (!vendor) continue;
    function.name = *vendor + " " + device.value_or("Device " + hex_text(function.id.device.value(), 4));
  }
}

std::string class_name(const IdsFile& ids, const GuestFunction& function) {
  if (!function.class_and_subclass.has_value()) return "Unknown class";
  if (auto name = ids.device_class(function.class_and_subclass.value())) return *name;
  return "Class " + hex_text(function.class_and_subclass.value(), 4);
}

}  // namespace vfio_doctor
