// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/observed.hpp"
#include "facts/pci_address.hpp"
#include "facts/root/root.hpp"

namespace vfio_doctor {

/// A way out of this host: a default route (or the route of network storage), followed down to the network cards.
struct NetworkPath {
  std::string interface;  ///< where the route points: "vlan10"
  std::string chain;      ///< "vlan10 on bond0 on eth0, eth1"
  std::string use;        ///< "default route (IPv4)", "default route (IPv6)"
  std::string source;     ///< "/proc/net/route"
  std::vector<PciAddress> functions;  ///< sorted; empty where the interface stands on no PCI function
};

struct NetworkFacts {
  Observed<std::vector<NetworkPath>> paths;
};

NetworkFacts gather_network(const Root& root);

/// The PCI functions below one network interface, through bond, team, bridge, VLAN and macvlan.
std::vector<PciAddress> functions_below_interface(const Root& root, const std::string& interface);

}  // namespace vfio_doctor
