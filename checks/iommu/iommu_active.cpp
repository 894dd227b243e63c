// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "facts/iommu/acpi_iommu_table.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"iommu-active", "IOMMU", 10, run};

std::string unit_names(const Host& host) {
  if (!host.iommu.units.has_value()) return host.iommu.units.why();
  std::string names;
  for (const auto& unit : host.iommu.units.value()) names += (names.empty() ? "" : " ") + unit.name;
  return names.empty() ? "empty" : names;
}

std::vector<Evidence> common_evidence(const Host& host) {
  const auto& groups = host.iommu.groups;
  const auto with_pci =
      groups.has_value()
          ? std::ranges::count_if(groups.value(),
                                  [](const IommuGroup& group) { return !group.members.empty() && !is_noiommu_group(group); })
          : 0;
  return {{"/sys/kernel/iommu_groups",
           groups.has_value() ? std::to_string(with_pci) + " groups with PCI functions" : groups.why()},
          {"/sys/class/iommu", unit_names(host)}};
}

Evidence table_evidence(const std::string& name, const AcpiTable& table) {
  const auto& present = table.present;
  return {"/sys/firmware/acpi/tables/" + name, present.has_value() ? (present.value() ? "present" : "absent") : present.why()};
}

/// The last `name=` on the running command line with this option among others, as written.
std::string argument_with(const KernelArguments& arguments, std::string_view name, std::string_view option) {
  std::string found;
  for (const auto& argument : arguments.all()) {
    if (!argument.value || normalize_module_name(argument.name) != name) continue;
    const auto options = split(*argument.value, ',');
    if (std::ranges::find(options, option) != options.end()) found = argument.text();
  }
  return found;
}

/// What intel_iommu= says in the end: of its options the last "on" or "off" counts (drivers/iommu/intel/iommu.c
/// intel_iommu_setup). Empty where it says neither.
std::string intel_switch(const KernelArguments& arguments) {
  std::string last;
  for (auto& option : arguments.options("intel_iommu"))
    if (option == "off" || option == "on") last = std::move(option);
  return last;
}

/// "intel_iommu=sm_on,off" or the like, where the running command line switches the IOMMU off. "off" of amd_iommu= and
/// of iommu= cannot be taken back (drivers/iommu/amd/init.c parse_amd_iommu_options, arch/x86/kernel/pci-dma.c
/// iommu_setup).
std::string argument_that_switches_off(const Host& host, CpuVendor vendor) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments || (vendor != CpuVendor::intel && vendor != CpuVendor::amd)) return {};
  std::string found;
  if (vendor == CpuVendor::intel && intel_switch(*arguments) == "off") found = argument_with(*arguments, "intel_iommu", "off");
  if (vendor == CpuVendor::amd) found = argument_with(*arguments, "amd_iommu", "off");
  return found.empty() ? argument_with(*arguments, "iommu", "off") : found;
}

Remedy switch_on_in_firmware(CpuVendor vendor) {
  Remedy remedy;
  remedy.text = vendor == CpuVendor::intel
                    ? "Switch on \"Intel VT-d\" (also: Virtualization Technology for Directed I/O) in the firmware setup, "
                      "then reboot. It is a switch of its own beside VT-x."
                : vendor == CpuVendor::amd
                    ? "Set \"IOMMU\" (also: AMD-Vi) to Enabled in the firmware setup, then reboot. \"Auto\" is often off. "
                      "It is a switch of its own beside SVM."
                : vendor == CpuVendor::arm
                    ? "Switch on the SMMU (also: \"SMMU Support\", \"IOMMU\") in the firmware setup, then reboot."
                    : "Switch on the IOMMU (SMMU, VT-d, AMD-Vi) in the firmware setup, then reboot.";
  remedy.risk = "None for the data on this host; a firmware update may reset the switch.";
  return remedy;
}

/// Xen takes the IOMMU for itself and hides Intel's table from Linux, its control domain included (acpi_dmar_zap in
/// xen/drivers/passthrough/vtd/dmar.c): no firmware switch and no kernel argument brings groups here.
void explain_xen(Finding& finding) {
  finding.summary = "This kernel runs on Xen, which keeps the IOMMU to itself: VFIO finds none here.";
  finding.evidence.push_back({"/sys/hypervisor/type", "xen"});
  finding.remedy.push_back(
      {"Give the device away by Xen's own means in its control domain (xl pci-assignable-add, then pci= in "
       "the guest's configuration), or boot this kernel without Xen.",
       {},
       {},
       {}});
}

/// The option of the IOMMU's driver where this kernel was built without; empty where it has it or nobody knows.
std::string driver_left_out(const Host& host, CpuVendor vendor) {
  const auto* config = host.kernel.config.get();
  if (!config || !config->contains("PCI")) return {};  // "PCI" tells a whole configuration from a few lines of one
  if (vendor == CpuVendor::intel && !config->contains("INTEL_IOMMU")) return "INTEL_IOMMU";
  if (vendor == CpuVendor::amd && !config->contains("AMD_IOMMU")) return "AMD_IOMMU";
  if (vendor == CpuVendor::arm && !config->contains("ARM_SMMU_V3") && !config->contains("ARM_SMMU")) return "ARM_SMMU_V3";
  return {};
}

/// A line of the log in which the kernel says itself why it leaves the IOMMU off.
struct LogCause {
  std::string_view line;      ///< a part of it
  std::string_view sentence;  ///< "The IOMMU is off: ..."
  std::string_view argument;  ///< the kernel argument that helps; empty where none does
  std::string_view remedy;    ///< else what does
};

/// Sources: drivers/iommu/amd/init.c detect_ivrs(), early_amd_iommu_init(), state_next(); drivers/iommu/intel/dmar.c
/// warn_invalid_dmar(), dmar_validate_one_drhd(); drivers/iommu/intel/iommu.c intel_iommu_init(), Linux 6.12.
constexpr LogCause log_causes[] = {
    {"Disable IOMMU on Stoney Ridge",
     "The IOMMU is off: Linux leaves it off on this processor (Stoney Ridge), whose graphics do not work well with it.",
     "amd_iommu=force_enable",
     {}},
    {"IOMMU not currently supported when SME is active",
     "The IOMMU is off: this kernel cannot use it while memory encryption (SME) is on.",
     "mem_encrypt=off",
     {}},
    {"IVRS table error",
     "The IOMMU is off: the kernel could not read the firmware's table of it.",
     {},
     "Update the firmware of this machine, or ask its maker."},
    {"DMAR table is damaged",
     "The IOMMU is off: the firmware's table of it is damaged.",
     {},
     "Update the firmware of this machine, or ask its maker."},
    {"Your BIOS is broken; DMAR reported at address",
     "The IOMMU is off: the firmware's table names an IOMMU that is not there.",
     {},
     "Update the firmware of this machine, or ask its maker."},
    {"Failed to initialize DMAR",
     "The IOMMU is off: the kernel could not start it.",
     {},
     "Update the firmware of this machine; the kernel's log has more."},
    {"Initialization failed",
     "The IOMMU is off: the kernel could not start it.",
     {},
     "Update the firmware of this machine; the kernel's log has more."},
};

const LogCause* cause_in_log(const Host& host) {
  if (const auto* log = host.kernel.log.get())
    for (const auto& cause : log_causes)
      for (const auto& message : *log)
        if ((message.starts_with("DMAR: ") || message.starts_with("AMD-Vi: ") || message.starts_with("WARNING: ") ||
             message.starts_with("Your BIOS")) &&
            message.find(cause.line) != message.npos)
          return &cause;
  return nullptr;
}

struct NamedTable {
  std::string name;
  const AcpiTable& table;
};

/// The firmware's table that would describe this vendor's IOMMU.
NamedTable table_of(const Host& host, CpuVendor vendor) {
  if (vendor == CpuVendor::amd) return {"IVRS", host.firmware.ivrs};
  if (vendor == CpuVendor::arm) return {"IORT", host.firmware.iort};
  return {"DMAR", host.firmware.dmar};
}

/// Arm's firmware has the table (IORT) for interrupts as well, so that its presence says nothing of an SMMU. True where that
/// is all there is to say.
bool explain_missing_smmu(const AcpiTable& table, Finding& finding) {
  const auto smmus = table.content.has_value() ? count_iort_smmus(table.content.value()) : std::nullopt;
  if (!smmus.has_value() && table.content.has_value()) return false;  // damaged: firmware-iommu-table says so
  if (smmus.value_or(0) > 0) return false;
  finding.summary = smmus
                        ? "The IOMMU is off: the firmware's table (IORT) describes no SMMU. It is switched off there, or this "
                          "machine has none for PCI."
                        : "The IOMMU is off. The firmware's table (IORT) is there, but only root can read whether it "
                          "describes an SMMU; most often that is switched off in the firmware.";
  finding.evidence.push_back({"/sys/firmware/acpi/tables/IORT", smmus ? "0 SMMUs" : "content: " + table.content.why()});
  finding.remedy.push_back(switch_on_in_firmware(CpuVendor::arm));
  return true;
}

/// Where the argument is written down without having reached the kernel. command-line-drift alone says then what is to be done: two
/// changes of one file would be in each other's way.
std::string place_that_waits(const Host& host, const std::string& argument) {
  const auto place = place_of_setting(host, argument);
  return place.empty() ? place_out_of_force(host, argument) : place;
}

/// Why the IOMMU is off, as far as the facts go: each cause that was not excluded gets its remedy.
void explain_off(const Host& host, Finding& finding) {
  if (host.cpu.runs_on_xen()) return explain_xen(finding);
  const auto vendor = iommu_vendor(host);
  const auto& [table_name, table] = table_of(host, vendor);
  const auto off_argument = argument_that_switches_off(host, vendor);
  if (vendor == CpuVendor::intel || vendor == CpuVendor::amd || vendor == CpuVendor::arm)
    finding.evidence.push_back(table_evidence(table_name, table));
  if (!off_argument.empty()) {
    finding.summary = "The IOMMU is off: the kernel argument " + off_argument + " switches it off.";
    finding.evidence.push_back({"/proc/cmdline", off_argument});
    finding.remedy.push_back(remove_kernel_argument(host, off_argument));
    return;
  }
  if (host.cpu.hypervisor_flag.is(true) && !table.present.is(true)) {
    finding.summary = "The IOMMU is off: this host is a virtual machine without a virtual IOMMU.";
    finding.evidence.push_back({"/proc/cpuinfo", "flag hypervisor"});
    finding.remedy.push_back(
        {"Give this virtual machine a virtual IOMMU with interrupt remapping, or run the guest on "
         "the physical host.",
         {},
         {},
         {}});
    if (table.present.is(false)) return;
  }
  if (vendor == CpuVendor::arm && table.present.is(false) && !host.firmware.efi.is(true)) {
    finding.summary =
        "This machine shows no IOMMU: its device tree describes none for PCI, or the kernel has no driver for it.";
    finding.remedy.push_back(
        {"There is no switch for it in such a machine's firmware. Look whether the processor has one for "
         "its PCI bus (SMMU), and whether a newer device tree or kernel describes it.",
         {},
         {},
         {}});
    return;
  }
  if (table.present.is(false)) {
    finding.summary = "The IOMMU is off: the firmware does not offer one.";
    finding.remedy.push_back(switch_on_in_firmware(vendor));
    return;
  }
  if (vendor == CpuVendor::arm && table.present.is(true) && driver_left_out(host, vendor).empty() &&
      explain_missing_smmu(table, finding))
    return;
  if (!table.present.has_value()) {
    finding.summary = "The IOMMU is off, in the firmware or in the kernel; which of them could not be seen.";
    finding.remedy.push_back(switch_on_in_firmware(vendor));
  }
  if (const auto* cause = cause_in_log(host)) {
    finding.summary = std::string(cause->sentence);
    finding.remedy = {cause->argument.empty() ? Remedy{std::string(cause->remedy), {}, {}, {}}
                                              : add_kernel_argument(host, std::string(cause->argument))};
    return;
  }
  const auto* config = host.kernel.config.get();
  // Debian's own option leaves out no more than the processor's graphics (drivers/iommu/intel/Kconfig of its kernels).
  const bool on_by_default =
      config && (config->contains("INTEL_IOMMU_DEFAULT_ON") || config->contains("INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF"));
  if (const auto driver = driver_left_out(host, vendor); !driver.empty()) {
    finding.summary = "The IOMMU is off: this kernel was built without the driver for it.";
    finding.evidence.push_back({host.kernel.config_source, "CONFIG_" + driver + " is not set"});
    finding.remedy = {
        {"Boot a general-purpose kernel of your distribution; kernels made for virtual machines and small systems "
         "leave the driver out.",
         {},
         {},
         {}}};
    return;
  }
  const auto* arguments = host.kernel.arguments.get();
  const auto asks_for_it = arguments && intel_switch(*arguments) == "on";
  if (vendor == CpuVendor::intel && !asks_for_it && !on_by_default) {
    if (table.present.is(true))
      finding.summary = config ? "The IOMMU is off: the firmware offers it, but this kernel wants intel_iommu=on."
                               : "The IOMMU is off: the firmware offers it, but intel_iommu=on is not on the command line.";
    finding.evidence.push_back({"/proc/cmdline", arguments ? "no intel_iommu=on" : host.kernel.arguments.why()});
    if (config) finding.evidence.push_back({host.kernel.config_source, "CONFIG_INTEL_IOMMU_DEFAULT_ON is not set"});
    if (const auto place = place_that_waits(host, "intel_iommu=on"); !place.empty()) {
      finding.evidence.push_back({place, "intel_iommu=on"});
      finding.remedy.push_back({"intel_iommu=on is written down already (" + place +
                                    ") and did not reach the running kernel: "
                                    "command-line-drift says why, and what to do.",
                                {},
                                {},
                                {}});
    } else {
      finding.remedy.push_back(add_kernel_argument(host, "intel_iommu=on"));
    }
  }
  if (finding.summary.empty())
    finding.summary =
        "The IOMMU is off although the firmware offers it and no kernel argument forbids it; the kernel's log "
        "may say why (sudo dmesg | grep -i -e DMAR -e AMD-Vi -e SMMU -e IOMMU).";
}

void add_log_evidence(const Host& host, Finding& finding) {
  if (!host.kernel.log.has_value()) return;
  int shown = 0;
  for (const auto& message : host.kernel.log.value()) {
    const bool tells = message.find("DMAR: ") != message.npos || message.find("AMD-Vi: ") != message.npos ||
                       message.find("BIOS is broken") != message.npos;
    if (tells && ++shown <= 4) finding.evidence.push_back({"kernel log", message});
  }
}

std::vector<Finding> run(const Host& host) {
  const auto state = dma_remapping(host);
  auto finding = check.finding(Status::pass, host_subject, "");
  finding.effect = Effect::blocked;
  finding.evidence = common_evidence(host);
  if (state == Switch::on) {
    finding.summary = "The IOMMU is on: the kernel put PCI functions into IOMMU groups.";
  } else if (state == Switch::unknown) {
    finding.status = Status::unknown;
    finding.summary = "Whether the IOMMU is on could not be seen.";
  } else {
    finding.status = Status::fail;
    explain_off(host, finding);
    add_log_evidence(host, finding);
  }
  return {finding};
}

}  // namespace

Check iommu_active_check() { return check; }

}  // namespace vfio_doctor
