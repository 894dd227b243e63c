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

/// A node that programs which run guests open.
struct DeviceNode {
  std::string path;  ///< "/dev/vfio/14"
  Observed<NodeRights> rights;
};

/// The account that libvirt runs guests with, by numbers (qemu.conf, /etc/passwd, /etc/group).
struct GuestAccount {
  unsigned user = 0;
  std::vector<unsigned> groups;  ///< all that it is in
  bool changes_owners = true;    ///< libvirt gives devices of a guest to it before it starts (dynamic_ownership)
};

/// Who may open the nodes of VFIO, and who manages guests here.
struct AccessFacts {
  /// The names in /dev/vfio and /dev/vfio/devices; absent where the directory is not there.
  Observed<std::vector<std::string>> vfio_nodes, device_nodes;
  Observed<bool> iommu_node;      ///< /dev/iommu
  std::vector<DeviceNode> nodes;  ///< /dev/kvm, /dev/iommu, /dev/vfio/* and /dev/vfio/devices/*, as far as they are there
  Observed<GuestAccount> guest_account;    ///< absent where there is no libvirt; unreadable where its account is not known
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

/// Parts of gather_access(): `nodes` and `guest_account`.
void read_node_rights(const Root& root, AccessFacts& facts);

/// Where a recording keeps what recorded_nodes() says: who may open which node, by numbers alone.
inline const std::string recorded_nodes_path = "/run/vfio-doctor/nodes";
/// "0660 0 36 /dev/vfio/14" for each node, "guests 64055 64055,104 1" for the account: user, groups, whether owners are changed.
std::string recorded_nodes(const AccessFacts& facts);

}  // namespace vfio_doctor
