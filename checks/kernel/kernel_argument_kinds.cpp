// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/kernel_argument_kinds.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// Put there by boot loaders, installers and initramfs tools, or different by design. A name that ends in '.'
/// stands for all that start so.
constexpr auto mechanical = std::to_array<std::string_view>({"boot_image",
                                                             "initrd",
                                                             "root",
                                                             "rootflags",
                                                             "rootfstype",
                                                             "rootdelay",
                                                             "rootwait",
                                                             "ro",
                                                             "rw",
                                                             "ostree",
                                                             "resume",
                                                             "resume_offset",
                                                             "init",
                                                             "boot",
                                                             "zfs",
                                                             "bootfs",
                                                             "cryptdevice",
                                                             "cryptkey",
                                                             "crypto",
                                                             "luks.",
                                                             "rd.luks.",
                                                             "rd.lvm.",
                                                             "rd.md.",
                                                             "rd.dm.",
                                                             "rd.zfs.",
                                                             "lang",
                                                             "vconsole.",
                                                             "rd.vconsole.",
                                                             "crashkernel",
                                                             "showopts",
                                                             "single",
                                                             "recovery",
                                                             "dis_ucode_ldr",
                                                             "vt.handoff",
                                                             "systemd.machine_id",
                                                             "systemd.condition",
                                                             "composefs",
                                                             "ip",
                                                             "nosplash"});

/// Only change what is shown while booting.
constexpr auto cosmetic = std::to_array<std::string_view>(
    {"quiet", "splash", "rhgb", "loglevel", "plymouth.", "udev.log_priority", "rd.udev.log_priority"});

constexpr auto passthrough = std::to_array<std::string_view>({"intel_iommu",
                                                              "amd_iommu",
                                                              "iommu",
                                                              "iommu.",
                                                              "intremap",
                                                              "vfio.",
                                                              "vfio_pci.",
                                                              "vfio_iommu_type1.",
                                                              "pci",
                                                              "pcie_acs_override",
                                                              "pcie_aspm",
                                                              "pcie_port_pm",
                                                              "pci_stub.",
                                                              "kvm.",
                                                              "kvm_intel.",
                                                              "kvm_amd.",
                                                              "initcall_blacklist",
                                                              "module_blacklist",
                                                              "modprobe.blacklist",
                                                              "rd.driver.blacklist",
                                                              "rd.driver.pre",
                                                              "video",
                                                              "efi",
                                                              "mem_encrypt",
                                                              "amd_iommu_intr",
                                                              "ivrs_ioapic"});

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, const KernelArgument& argument) {
  const auto name = normalize_module_name(to_lower(argument.name));
  return std::ranges::any_of(
      names, [&](auto one) { return one.ends_with('.') ? name.starts_with(one) : name == one; });
}

}  // namespace

bool is_mechanical(const KernelArgument& argument) {
  if (argument.name.starts_with('\\')) return true;  // the kernel's own path, as the firmware hands it over
  return is_one_of(mechanical, argument);
}

bool is_cosmetic(const KernelArgument& argument) {
  return is_one_of(cosmetic, argument);
}

bool concerns_passthrough(const KernelArgument& argument) {
  return is_one_of(passthrough, argument);
}

}  // namespace vfio_doctor
