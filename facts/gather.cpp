// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/host.hpp"

namespace vfio_doctor {

Host gather_host(const Root& root, Wake wake) {
  Host host;
  host.cpu = gather_cpu(root);
  host.distribution = gather_distribution(root);
  host.kernel = gather_kernel(root);
  host.firmware = gather_firmware(root);
  host.interrupts = gather_interrupts(root);
  host.iommu = gather_iommu(root);
  host.vfio = gather_vfio(root);
  host.functions = gather_pci(root, wake);
  host.boot = gather_boot_configuration(root);
  host.storage = gather_storage(root);
  host.network = gather_network(root);
  host.console = gather_console(root);
  return host;
}

}  // namespace vfio_doctor
