// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "machine/ids_files.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Names of vendors, devices and classes. A recorded machine may bring the names it was recorded with
/// (recorded_names_path, in the format of pci.ids); everything else comes from the pci.ids of the system that this
/// program runs on. libpci says where that lies and how names are put together, but does not look them up: for an id it
/// does not know it asks the name service for this user's home and opens a cache there, past every Root.
class PciNames {
 public:
  static constexpr const char* recorded_names_path = "/run/vfio-doctor/pci.ids";

  /// Loads the whole list, which takes milliseconds, unless the machine brings its own.
  explicit PciNames(const Root& root);
  ~PciNames();
  PciNames(const PciNames&) = delete;
  PciNames& operator=(const PciNames&) = delete;

  /// "Intel Corporation Wireless 8260"; numbers stand for what has no name.
  const std::string& function_name(std::uint16_t vendor, std::uint16_t device);
  /// "Intel Corporation".
  const std::string& vendor_name(std::uint16_t vendor);
  /// "Network controller" for 0x0280.
  const std::string& class_name(std::uint16_t class_and_subclass);

 private:
  const IdsFile& installed_list();
  void read_recorded(const std::string& text);

  std::map<std::uint32_t, std::string> functions_;
  std::map<std::uint16_t, std::string> vendors_, classes_;
  std::unique_ptr<IdsFile> system_;
};

}  // namespace vfio_doctor
