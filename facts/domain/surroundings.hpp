// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/domain/domain_xml.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A guest that runs now, from libvirt's /run/libvirt/qemu/NAME.xml, or one that starts with the host.
struct RunningDomain {
  std::string name, file;
  std::vector<DomainHostdev> hostdevs;
  std::vector<DomainMdev> mdevs;
};

/// A device on the host's USB buses, root hubs included.
struct HostUsb {
  unsigned bus = 0, device = 0;  ///< 0: not known
  std::uint16_t vendor = 0, product = 0;
  bool hub = false;
  std::optional<PciAddress> controller;
};

/// What a domain meets on its host besides PCI functions.
struct DomainSurroundings {
  bool complete = true;  ///< false: what is absent may just not have been recorded (a snapshot)
  Observed<std::vector<RunningDomain>> running;
  Observed<std::vector<RunningDomain>> autostart;  ///< those that libvirt starts when the host does
  Observed<std::vector<HostUsb>> usb;
  Observed<std::uint64_t> memory_bytes;
  Observed<std::vector<std::uint64_t>> nodes;       ///< NUMA nodes of the host; not asked where the domain names none
  Observed<bool> iommufd;                           ///< /dev/iommu is there
  Observed<bool> vga_disabled;                      ///< vfio-pci was loaded with disable_vga; not asked where nobody wants VGA
  std::map<std::string, Observed<NodeKind>> files;  ///< ROM files that the domain names
  std::map<std::string, Observed<bool>> mdevs;      ///< by UUID
  std::map<std::string, std::vector<PciAddress>> carriers;  ///< by what the domain opens: the functions that it stands on
  std::map<std::string, Observed<Domain>> pools;            ///< networks by name; one that hands out no function takes nothing
};

/// Asks `root` about what `domain` names. `complete`: see there.
DomainSurroundings gather_surroundings(const Root& root, const Domain& domain, bool complete);

/// The guests that run now; absent where libvirt runs none.
Observed<std::vector<RunningDomain>> gather_running_domains(const Root& root);

}  // namespace vfio_doctor
