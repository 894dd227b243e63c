// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A line of a unit of libvirt's daemons: "ProtectKernelModules=yes".
struct UnitSetting {
  std::string unit;  ///< "virtqemud.service"
  std::string name, value;
  std::string place;  ///< "FILE:LINE"
};

/// A line of udev's rules that speaks of VFIO's nodes.
struct VfioRule {
  std::string text, place;
};

/// Who may open the nodes of VFIO, and who manages guests here.
struct AccessFacts {
  /// The names in /dev/vfio and /dev/vfio/devices; absent where the directory is not there.
  Observed<std::vector<std::string>> vfio_nodes, device_nodes;
  Observed<bool> iommu_node;               ///< /dev/iommu
  std::vector<UnitSetting> unit_settings;  ///< in the order in which systemd reads them: the last of a name counts
  std::vector<VfioRule> udev_rules;
  Observed<std::string> lockdown;  ///< "none", "integrity", "confidentiality"; absent where the kernel has no such thing
  bool libvirt_installed = false;  ///< /etc/libvirt/qemu.conf
  Observed<bool> libvirt_listens;  ///< a socket of libvirtd or virtqemud in /run/libvirt
  bool kubernetes = false, opennebula = false, proxmox = false;  ///< other managers, by their directories

  /// The last value that counts for a setting of a unit; nothing where no file names it.
  const UnitSetting* last(std::string_view unit, std::string_view name) const;
};

AccessFacts gather_access(const Root& root);

}  // namespace vfio_doctor
