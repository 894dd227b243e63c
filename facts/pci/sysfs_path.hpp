// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Makes the paths of one directory's attributes, one after the other, in one string: with thousands of functions,
/// a new one for each would take longer than some of the files take to read.
class AttributePath {
 public:
  explicit AttributePath(const std::string& directory) : length_(directory.size() + 1) {
    path_.reserve(length_ + 32);
    path_.append(directory).append(1, '/');
  }
  /// "DIRECTORY/NAME", until the next call.
  const std::string& operator()(std::string_view name) {
    path_.resize(length_);
    return path_.append(name);
  }

 private:
  std::string path_;
  std::size_t length_;
};

/// The PCI functions that the device at a resolved sysfs path ("/sys/devices/pci0000:00/0000:00:1d.0/...") cannot
/// work without, sorted: the function it hangs on; a function above that carries a PCI domain of its own (Intel
/// VMD); the physical function of a virtual one; the controller of Thunderbolt or USB4 that a port on the way depends on. Bridges on the way are not named. Empty where the path holds no
/// PCI function.
std::vector<PciAddress> functions_behind(const Root& root, const std::string& sysfs_path);

/// True where a resolved path lies where the kernel puts devices. An entry of /sys/class or /sys/block that resolves to
/// anything else is not "a device without a PCI function": a copying program followed the link, or it was made up, and
/// what the device stands on was not seen.
bool is_sysfs_device(std::string_view sysfs_path);
/// The words for that: "/sys/class/net/eth0 leads to no place below /sys/devices, ...".
std::string no_sysfs_device(const std::string& entry);

/// The function nearest to the device, nothing where there is none: "the controller it hangs on".
std::optional<PciAddress> controller_of(const std::string& sysfs_path);

/// The number of the IOMMU group that a device's link "iommu_group" names; absent where it is in none.
Observed<unsigned> read_group_link(const Root& root, const std::string& path);

/// True where one component of `path` equals `name`.
bool has_component(std::string_view path, std::string_view name);

/// Sorted, without repetitions: what all lists of functions here look like.
void add_functions(std::vector<PciAddress>& functions, const std::vector<PciAddress>& more);

}  // namespace vfio_doctor
