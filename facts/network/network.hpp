// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/network/routes.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A way into or out of this host: a default route or the route to who is logged in from afar, followed down to the
/// network cards.
struct NetworkPath {
  std::string interface;              ///< where the route points: "vlan10"
  std::string chain;                  ///< "vlan10 on bond0 on eth0, eth1"
  std::string use;                    ///< "default route (IPv4)", "default route (IPv6)", "remote session"
  std::string source;                 ///< "rtnetlink", "/proc/net/route"
  std::vector<PciAddress> functions;  ///< sorted; empty where the interface stands on no PCI function
  std::string unresolved;             ///< not empty: could not be followed to its end, for this reason
};

/// A network interface that is switched on and stands on PCI functions by itself.
struct NetworkCard {
  std::string interface;
  std::vector<PciAddress> functions;
};

struct NetworkFacts {
  Observed<std::vector<NetworkPath>> paths;
  /// Read only where a path could not be followed: one of these could be carrying it.
  Observed<std::vector<NetworkCard>> cards;
};

NetworkFacts gather_network(const Root& root);

/// What one network interface stands on, through bond, team, bridge, VLAN, macvlan, VRF and Open vSwitch.
struct InterfaceFooting {
  std::string chain;
  std::vector<PciAddress> functions;
  std::string unresolved;
  /// It was seen to be virtual and to say nothing of what carries it, as tunnels do. Never true of what was not seen.
  bool seen_virtual = false;
};
InterfaceFooting follow_interface(const Root& root, const std::string& interface);

/// The PCI functions of follow_interface().
std::vector<PciAddress> functions_below_interface(const Root& root, const std::string& interface);

/// The interfaces that packets to `address` (IPv4 or IPv6, as text) may leave through: those of the longest matching
/// route, of each table that has it; "lo" alone where the address is this host's own. Absent where no route matches,
/// unreadable where routes or address could not be read.
Observed<std::vector<std::string>> interfaces_towards(const Observed<RouteTable>& table, const std::string& address);

}  // namespace vfio_doctor
