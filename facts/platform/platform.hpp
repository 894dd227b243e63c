// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/platform/kernel_arguments.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

enum class CpuVendor { intel, amd, arm, other, unknown };
enum class Architecture { x86, arm, s390, power, unknown };

struct Cpu {
  CpuVendor vendor = CpuVendor::unknown;
  Architecture architecture = Architecture::unknown;
  Observed<std::string> model;
  Observed<bool> virtualization_flag;  ///< vmx or svm; absent on processors that have no such flag
  Observed<bool> hypervisor_flag;      ///< this host is a virtual machine itself
  Observed<std::string> hypervisor;    ///< "xen" where Linux runs on Xen, as its control domain or as a guest; else absent
  Observed<NodeKind> kvm_device;       ///< /dev/kvm
  bool runs_on_xen() const { return hypervisor.is("xen"); }
};

/// /etc/os-release.
struct Distribution {
  Observed<std::string> id;       ///< "fedora", "debian", "arch"
  std::vector<std::string> like;  ///< ID_LIKE
  std::string version_id;         ///< "40", empty where there is none
  std::string variant_id;         ///< "silverblue", empty where there is none
  Observed<std::string> pretty_name;
  /// True where `name` is the id or one of the ids it is like.
  bool is_like(std::string_view name) const;
};

/// (major, minor) of "6.1.0-18-amd64".
struct KernelVersion {
  int major = 0, minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};

struct Kernel {
  Observed<std::string> release;
  Observed<KernelVersion> version;
  Observed<KernelArguments> arguments;  ///< the running command line
  /// CONFIG_ options without the prefix: "VFIO_PCI" -> "m"; options that are not set are not in the map.
  Observed<std::map<std::string, std::string>> config;
  std::string config_source;               ///< the file it came from
  Observed<std::vector<std::string>> log;  ///< messages that matter here, in order, without time stamps
  /// The same of messages about devices: resets, power, memory windows, denials, faults. The last ones where there are very many.
  Observed<std::vector<std::string>> device_log;
};

/// What the firmware tables say about the IOMMU. A table's presence is known without root, its content not.
struct AcpiTable {
  Observed<bool> present;  ///< unreadable where the directory itself cannot be seen (containers mask it)
  Observed<std::string> content;
};

struct FirmwareFacts {
  AcpiTable dmar, ivrs, iort;
  Observed<bool> efi;  ///< booted through UEFI
};

/// Interrupt remapping as /proc/interrupts shows it: chips named "IR-..." or "...-IR-..." or DMAR-MSI/AMD-Vi.
struct InterruptFacts {
  Observed<std::vector<std::string>> chips;  ///< distinct interrupt chip names, in order of appearance
  /// Functions whose interrupts a user of VFIO takes now, with the name that says so: "vfio-msix[0](0000:01:00.0)"
  /// (drivers/vfio/pci/vfio_pci_intrs.c). Readable without root.
  std::map<PciAddress, std::string> taken_by_vfio;
  /// For each interrupt number the names of who takes it, as they stand there: "ehci_hcd:usb1, snd_emu10k1". x86 only.
  std::map<unsigned, std::string> takers;
};

Cpu gather_cpu(const Root& root);
Distribution gather_distribution(const Root& root);
Kernel gather_kernel(const Root& root);
FirmwareFacts gather_firmware(const Root& root);
InterruptFacts gather_interrupts(const Root& root);

}  // namespace vfio_doctor
