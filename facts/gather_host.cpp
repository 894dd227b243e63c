// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/host.hpp"

#include <algorithm>

#include "base/in_parallel.hpp"
#include "facts/iommu/join_groups.hpp"

namespace vfio_doctor {
namespace {

/// Decided by what was refused, not by who asked: a container's root sees less, a snapshot may have seen all.
bool saw_privileged_facts(const Host& host) {
  const auto is_denied = [](const AcpiTable& table) { return table.present.is(true) && table.content.is_unreadable(); };
  return !is_denied(host.firmware.dmar) && !is_denied(host.firmware.ivrs) &&
         std::ranges::none_of(host.all_functions(), [](const PciFunction& function) { return function.config.denied; });
}

/// A kernel built without an IOMMU layer has neither of its directories: a tree without them tells that, not less.
void settle_missing_iommu(Host& host) {
  const auto* options = host.kernel.config.get();
  if (!options || options->contains("IOMMU_API")) return;
  if (!options->contains("PCI")) return;  // shortened by hand: what it leaves out may have been set
  if (host.iommu.units.is_unreadable() && host.iommu.groups.is_unreadable()) {
    host.iommu.units = Observed<std::vector<IommuUnit>>::absent();
    host.iommu.groups = Observed<std::vector<IommuGroup>>::absent();
  }
}

}  // namespace

Host gather_host(const Root& root, Wake wake, ReadImage image) {
  Host host;
  // On a large machine there is as much to read about the groups as about half of the functions.
  auto iommu = beside([&root] { return gather_iommu(root); });
  auto processes = beside([&root] { return gather_processes(root); });
  auto kernel = beside([&root] { return gather_kernel(root); });  // its configuration may be packed, its log long
  host.cpu = gather_cpu(root);
  host.distribution = gather_distribution(root);
  host.firmware = gather_firmware(root);
  host.interrupts = gather_interrupts(root);
  host.functions = gather_pci(root, wake);
  host.kernel = kernel.get();
  host.vfio = gather_vfio(root, host.kernel.release);
  host.iommu = iommu.get();
  settle_missing_iommu(host);
  join_groups_and_functions(root, host.iommu, host.functions);
  host.privileged = saw_privileged_facts(host);
  host.boot = gather_boot_configuration(root);
  host.memory = gather_host_memory(root);
  host.storage = gather_storage(root);
  host.network = gather_network(root);
  host.console = gather_console(root);
  host.processes = processes.get();
  host.guest_memory = gather_memory(root);
  host.modules = gather_modules(root, host.all_functions());
  host.initial_image = gather_initial_image(root, host.boot, host.kernel, host.vfio, host.modules, image);
  host.room = gather_room(root, host.all_functions());
  host.sharing = gather_sharing(root, host.all_functions());
  host.access = gather_access(root);
  host.trust = gather_trust(root);
  return host;
}

}  // namespace vfio_doctor
