// SPDX-License-Identifier: GPL-2.0-or-later
// The groups "kernel", "cpu", "distribution", "firmware" and "vfio".
#include "runner/plugins/facts_of_host.hpp"

namespace vfio_doctor {

template <>
struct Description<KernelVersion> {
  static Members<KernelVersion> members() {
    return {
        member("major", "6 of 6.1.0-18-amd64.", &KernelVersion::major),
        member("minor", "1 of 6.1.0-18-amd64.", &KernelVersion::minor),
    };
  }
};

template <>
struct Description<Kernel> {
  using S = Kernel;
  static std::vector<std::string> texts(const KernelArguments& arguments) {
    std::vector<std::string> list;
    for (const auto& one : arguments.all()) list.push_back(one.text());
    return list;
  }
  static Members<S> members() {
    return {
        member("release", "What uname -r says.", &S::release),
        member("version", "The same as numbers.", &S::version),
        computed<S>(
            "arguments", "The running command line, one item per argument.",
            [](const S& kernel) { return mapped(kernel.arguments, texts); }, &S::arguments),
        member("config", "CONFIG_ options without the prefix; options that are not set are not there.", &S::config),
        text_or_null("config_source", "The file that config came from.", &S::config_source),
        member("log", "Kernel messages that matter here, in order, without time stamps. Best effort: the log may be cut.",
               &S::log),
        withheld(&S::device_log, "read for checks of this program alone; its choice of lines changes with them"),
    };
  }
};

Member<Host> kernel_facts() { return member("kernel", "The running kernel.", &Host::kernel); }

// ---- cpu -------------------------------------------------------------------------------------------------------------

template <>
struct Words<CpuVendor> {
  static constexpr auto list = std::to_array<Word<CpuVendor>>({{CpuVendor::intel, "intel"},
                                                               {CpuVendor::amd, "amd"},
                                                               {CpuVendor::arm, "arm"},
                                                               {CpuVendor::other, "other"},
                                                               {CpuVendor::unknown, ""}});
};

template <>
struct Words<Architecture> {
  static constexpr auto list = std::to_array<Word<Architecture>>({{Architecture::x86, "x86"},
                                                                  {Architecture::arm, "arm"},
                                                                  {Architecture::s390, "s390"},
                                                                  {Architecture::power, "power"},
                                                                  {Architecture::unknown, ""}});
};

template <>
struct Description<Cpu> {
  using S = Cpu;
  static Members<S> members() {
    return {
        member("vendor", "Who made the processor.", &S::vendor),
        member("model", "Its name.", &S::model),
        member("virtualization_flag", "vmx or svm is there; null: such processors have no such flag.", &S::virtualization_flag),
        member("hypervisor_flag", "This host is a virtual machine itself.", &S::hypervisor_flag),
        computed<S>(
            "kvm_device", "/dev/kvm is there; null: it is not.",
            [](const S& cpu) { return mapped(cpu.kvm_device, [](NodeKind) { return true; }); }, &S::kvm_device),
        member("hypervisor", "\"xen\" where Linux runs on Xen, as its control domain or as a guest; else null.",
               &S::hypervisor),
        member("architecture", "What kind of processor it is.", &S::architecture),
    };
  }
};

Member<Host> cpu_facts() { return member("cpu", "The processor and what virtualizes on it.", &Host::cpu); }

// ---- distribution ----------------------------------------------------------------------------------------------------

template <>
struct Description<Distribution> {
  using S = Distribution;
  static Members<S> members() {
    return {
        member("id", "fedora, debian, arch, ...", &S::id),
        member("like", "The ids it is like (ID_LIKE).", &S::like),
        text_or_null("version_id", "40; null: there is none.", &S::version_id),
        text_or_null("variant_id", "silverblue; null: there is none.", &S::variant_id),
        member("pretty_name", "The name for people.", &S::pretty_name),
    };
  }
};

Member<Host> distribution_facts() { return member("distribution", "/etc/os-release.", &Host::distribution); }

// ---- firmware --------------------------------------------------------------------------------------------------------

/// Bytes, written as hexadecimal digits.
struct HexBytes {
  std::string bytes;
};

template <>
struct Form<HexBytes> {
  static FactJson value(const HexBytes& content) {
    constexpr std::string_view figures = "0123456789abcdef";
    std::string text;
    text.reserve(content.bytes.size() * 2);
    for (const char byte : content.bytes) {
      text += figures[static_cast<unsigned char>(byte) >> 4];
      text += figures[static_cast<unsigned char>(byte) & 0xf];
    }
    return text;
  }
  static FactJson schema(Coverage&) { return {{"type", "string"}, {"pattern", "^([0-9a-f]{2})*$"}}; }
};

template <>
struct Description<AcpiTable> {
  using S = AcpiTable;
  static Members<S> members() {
    return {
        member("present", "The firmware has this table.", &S::present),
        computed<S>(
            "content", "Its bytes, hexadecimal.",
            [](const S& table) { return mapped(table.content, [](const std::string& bytes) { return HexBytes{bytes}; }); },
            &S::content),
    };
  }
};

template <>
struct Description<FirmwareFacts> {
  using S = FirmwareFacts;
  static Members<S> members() {
    return {
        member("efi", "Booted through UEFI.", &S::efi),
        member("dmar", "ACPI table of Intel's IOMMU.", &S::dmar),
        member("ivrs", "ACPI table of AMD's IOMMU.", &S::ivrs),
        member("iort", "ACPI table of Arm's IOMMU.", &S::iort),
    };
  }
};

Member<Host> firmware_facts() { return member("firmware", "What the firmware says of the IOMMU.", &Host::firmware); }

// ---- vfio ------------------------------------------------------------------------------------------------------------

template <>
struct Description<ModprobeLine> {
  using S = ModprobeLine;
  static Members<S> members() {
    return {
        member("command", "options, blacklist, install, remove, softdep or alias.", &S::command),
        member("module", "Written with underscores: vfio_pci.", &S::module),
        member("rest", "What follows, as kmod hands it on: ids=10de:1b80 disable_vga=1.", &S::rest),
        member("file", "Where it is written.", &S::file),
        member("file_line", "Number of the line where it begins.", &S::line),
    };
  }
};

template <>
struct Description<ModprobeConfig> {
  using S = ModprobeConfig;
  static Members<S> members() {
    return {
        member("lines", "In the order in which kmod hands them on: of several values for one parameter the last counts.",
               &S::lines),
        member("unread", "Files that are there and could not be read, with the reason: what they say is not known.",
               &S::unread),
    };
  }
};

template <>
struct Description<ListedModule> {
  using S = ListedModule;
  static Members<S> members() {
    return {
        member("module", "Written with underscores: vfio_pci.", &S::module),
        member("file", "Where it is written.", &S::file),
        member("file_line", "Number of the line.", &S::line),
        member("installed", "Whether the running kernel has it.", &S::installed),
        member("line_for_a_name", "The whole line, where it has more than a name and systemd takes all of it for one.",
               &S::line_for_a_name),
    };
  }
};

template <>
struct Description<VfioFacts> {
  using S = VfioFacts;
  static Members<S> members() {
    return {
        member("loaded", "By module (vfio, vfio_pci, vfio_iommu_type1, vfio_iommu_spapr_tce, iommufd): /sys/module has it.",
               &S::loaded),
        member("allow_unsafe_interrupts", "Parameter of vfio_iommu_type1; null: that module is not loaded.",
               &S::allow_unsafe_interrupts),
        member("unsafe_noiommu_mode", "Parameter of vfio; null: the kernel has no such mode or vfio is not loaded.",
               &S::unsafe_noiommu_mode),
        member("modprobe_unsafe_interrupts",
               "What modprobe.d gives vfio_iommu_type1 as allow_unsafe_interrupts; null: nothing.",
               &S::modprobe_unsafe_interrupts),
        member("pci_driver_installed", "vfio-pci is loaded, built in or there to be loaded.", &S::pci_driver_installed),
        member("installed", "For the same modules: built in or there to be loaded by the running kernel.", &S::installed),
        member("pci_driver_built_in", "modules.builtin names vfio-pci.", &S::pci_driver_built_in),
        member("iommufd_allows_unsafe_interrupts", "Parameter of iommufd; null: that module is not loaded.",
               &S::iommufd_allows_unsafe_interrupts),
        member("modprobe", "What the files of modprobe.d say.", &S::modprobe),
        member("listed_modules", "Modules of VFIO that a file tells the host to load or to put into its initial RAM disk.",
               &S::listed_modules),
        member("softdep_modules", "Modules that a softdep line about VFIO names: whether the running kernel has them.",
               &S::softdep_modules),
    };
  }
};

Member<Host> vfio_facts() { return member("vfio", "VFIO as the running kernel has it.", &Host::vfio); }

}  // namespace vfio_doctor
