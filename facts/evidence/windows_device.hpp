// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "facts/evidence/listing.hpp"

namespace vfio_doctor {

/// One device as the programs of Windows describe it.
struct WindowsDevice {
  std::string instance_id, name, status, class_name, driver, location, location_path;
  std::vector<std::string> ids;  ///< hardware and compatible ids
  std::string controller;        ///< instance id of the PCI function that a USB device hangs on; empty: the list does not say
  std::vector<std::uint64_t> memory;   ///< sizes of the memory ranges that it was given, in bytes
  std::optional<unsigned> interrupts;  ///< how many it was given
  std::optional<unsigned> problem;
  bool is_gone = false, is_present = false;  ///< neither: the list does not say
};

/// The members that Get-PnpDevice and Win32_PnPEntity have. Throws InputError where `object` is none.
WindowsDevice device_of(const nlohmann::json& object, const std::string& name);
/// Adds it as a PCI function or a USB device; what is neither is left out.
void add_windows_device(const WindowsDevice& device, Listing& listing);

}  // namespace vfio_doctor
