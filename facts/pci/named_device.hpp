// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// The PCI function below what the kernel calls `name`: a network interface ("eno1"), a disk or partition ("nvme1n1p2"), an
/// NVMe controller ("nvme1"), a graphics or sound card ("card0"). Nothing where there is no such thing, or where it stands on
/// no PCI function or on several (a bond, LVM).
std::optional<PciAddress> function_of_named_device(const Root& root, std::string_view name);

/// The function that a path of sysfs ("/sys/bus/pci/devices/0000:03:00.0", "/sys/class/net/eno1/device") leads to or hangs on.
std::optional<PciAddress> function_of_sysfs_path(const Root& root, const std::string& path);

}  // namespace vfio_doctor
