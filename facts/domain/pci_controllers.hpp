// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string_view>

namespace vfio_doctor {

/// One of QEMU's PCI bridges, and the controller that libvirt makes of it.
struct PciController {
  std::string_view driver, model;
};

/// libvirt 11.3, src/conf/domain_conf.c (virDomainControllerPCIModelName) and src/qemu/qemu_validate.c
/// (qemuValidateDomainDeviceDefControllerPCI); QEMU, hw/pci-bridge.
inline constexpr std::array pci_controllers = {PciController{"pcie-root-port", "pcie-root-port"},
                                               PciController{"ioh3420", "pcie-root-port"},
                                               PciController{"x3130-upstream", "pcie-switch-upstream-port"},
                                               PciController{"xio3130-downstream", "pcie-switch-downstream-port"},
                                               PciController{"pci-bridge", "pci-bridge"},
                                               PciController{"pcie-pci-bridge", "pcie-to-pci-bridge"},
                                               PciController{"i82801b11-bridge", "dmi-to-pci-bridge"},
                                               PciController{"pxb", "pci-expander-bus"},
                                               PciController{"pxb-pcie", "pcie-expander-bus"}};

}  // namespace vfio_doctor
