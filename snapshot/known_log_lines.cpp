// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/known_log_lines.hpp"

#include <array>

namespace vfio_doctor {
namespace {

using enum KnownLogLine::Keep;

/// The first row that fits decides. Behind each row where the kernel prints it.
constexpr auto lines = std::to_array<KnownLogLine>({
    {"^Command line: ", arguments},                          // init/main.c, arch/*/kernel/setup.c
    {"^Kernel command line: ", arguments},                   // init/main.c
    {"Unknown kernel command line parameters ", arguments},  // init/main.c print_unknown_bootoptions()
    {"^Linux version ", words},                              // init/version.c
    {"DMAR", words},                                         // drivers/iommu/intel, drivers/firmware
    {"AMD-Vi", words},                                       // drivers/iommu/amd
    {"IVRS", words},                                         // drivers/iommu/amd/init.c
    {"iommu", words},                                        // drivers/iommu/iommu.c
    {"IOMMU", words},                                        // drivers/iommu
    {"SMMU", words},                                         // drivers/iommu/arm
    {"vfio", words},                                         // drivers/vfio
    {"x2apic", words},                                       // arch/x86/kernel/apic
    {"IR-IO-APIC", words},                                   // arch/x86/kernel/apic/io_apic.c
    {"VMX", words},                                          // arch/x86/kvm, arch/x86/kernel/cpu/feat_ctl.c
    {"^kvm", words},                                         // arch/x86/kvm
    {"^SVM", words},                                         // arch/x86/kvm/svm
    {"pcieport ", words},                                    // drivers/pci/pcie
    {"^pci 0", words},                                       // drivers/pci
    {"^pci_bus ", words},                                    // drivers/pci/probe.c
    {"^PCI", words},                                         // drivers/pci, arch/x86/pci
    {"^ACPI: ", words},                                      // drivers/acpi/tables.c
    {"vgaarb", words},                                       // drivers/pci/vgaarb.c
    {"efifb", words},                                        // drivers/video/fbdev/efifb.c
    {"simple-framebuffer", words},                           // drivers/gpu/drm/tiny
    {"BAR ", words},                                         // drivers/pci/setup-res.c
    {"ACS overrides enabled", words},                        // drivers/pci/quirks.c with the override patch
    {"not ready ", words},                                   // drivers/pci/pci.c pci_dev_wait()
    {"D3cold", words},                                       // drivers/pci/pci.c pci_power_up()
    {"SR-IOV", words},                                       // drivers/pci/iov.c
    {"^NVRM: ", words},                                      // NVIDIA's driver, kernel-open/nvidia/nv-pci.c
    {"AER: ", words},                                        // drivers/pci/pcie/aer.c
    {"apparmor=\"DENIED\"", words},                          // security/apparmor/audit.c
    {"avc:  denied", words},                                 // security/selinux/avc.c
    {"TLB invalidation response", words},                    // drivers/gpu/drm/i915/gt/uc/intel_guc_submission.c
    {"is not trusted", words},                               // drivers/net/ethernet/intel/{i40e,ice}
    {"administratively set MAC", words},                     // drivers/net/ethernet/intel/{i40e,igb}
});

}  // namespace

std::span<const KnownLogLine> known_log_lines() { return lines; }

}  // namespace vfio_doctor
