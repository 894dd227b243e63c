// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "checks/kernel/vfio_ways.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"interrupt-remapping", "Interrupt remapping", 40, run};

/// A firmware that opts out of x2APIC is no cause: remapping comes up all the same (intel_prepare_irq_remapping() in
/// drivers/iommu/intel/irq_remapping.c, 5.10 to 6.18).
Remedy remapping_by_firmware() {
  return {
      "Update the firmware, and switch on interrupt remapping there if it has such a switch; the kernel log says what "
      "the kernel missed.",
      {"sudo dmesg | grep -i -e remap -e DMAR -e AMD-Vi"},
      {},
      {}};
}

/// "Microsoft Hyper-V", as the kernel says when it starts (init_hypervisor_platform() in arch/x86/kernel/cpu/hypervisor.c); empty where
/// the log does not have it.
std::string hypervisor_in_log(const Host& host) {
  static constexpr std::string_view words = "Hypervisor detected: ";
  if (const auto* log = host.kernel.log.get())
    for (const auto& message : *log)
      if (const auto at = message.find(words); at != message.npos)
        return std::string(trim(std::string_view(message).substr(at + words.size())));
  return {};
}

Remedy remapping_in_a_virtual_machine(const Host& host) {
  const auto name = hypervisor_in_log(host);
  Remedy remedy;
  if (name.empty() || name == "KVM")
    remedy.text =
        "This host is a virtual machine: give it a virtual IOMMU with interrupt remapping, on the host below. libvirt: "
        "<iommu model='intel'><driver intremap='on'/></iommu> with <ioapic driver='qemu'/>; QEMU: -machine "
        "kernel-irqchip=split -device intel-iommu,intremap=on.";
  else
    remedy.text =
        "This host is a virtual machine of " + name + ": give it a virtual IOMMU with interrupt remapping there, if that can" +
        (name == "VMware" ? " (\"Expose IOMMU to the guest OS\")" : "") + "; else run the guest on the physical host.";
  return remedy;
}

/// An ITS alone keeps the messages of devices apart (drivers/irqchip/irq-gic-v3-its-msi-parent.c); it needs no argument.
Remedy remapping_by_its() {
  return {
      "Messages of this machine reach the processor past an ITS, which alone could keep those of one device from another's. In "
      "a "
      "virtual machine, give it a GICv3 on the host below (libvirt: <gic version='3'/> in <features>; QEMU: -machine "
      "virt,gic-version=3). Else update the firmware, and switch the ITS on there; the kernel log says which parts of the "
      "interrupt controller it found.",
      {"sudo dmesg | grep -i -e ITS -e GIC"},
      {},
      {}};
}

/// The module whose word decides: that of the way that is open here.
Remedy do_without(const Host& host) {
  const auto ways = vfio_ways(host);
  const std::string module = ways[0].open.is(false) ? "iommufd" : "vfio_iommu_type1";
  return {
      "If the hardware has none: allow VFIO to do without, only with guests you trust. It counts when the module is "
      "loaded the next time.",
      {"echo 'options " + module + " allow_unsafe_interrupts=1' | sudo tee /etc/modprobe.d/vfio-unsafe-interrupts.conf",
       "sudo modprobe -r " + module + " && sudo modprobe " + module},
      {"sudo rm /etc/modprobe.d/vfio-unsafe-interrupts.conf"},
      "A guest can then send any interrupt to the host: it may crash or take over the host."};
}

/// What each way that may be open says to a missing interrupt remapping.
struct Permission {
  bool any_open = false, all_allow = true, any_allows = false;
  std::vector<Evidence> evidence;
};

Permission permission(const Host& host) {
  Permission permission;
  std::vector<std::string> told;
  for (const auto& state : vfio_ways(host)) {
    if (state.way == VfioWay::spapr || state.open.is(false)) continue;
    // With nothing known, the container is what there has always been; iommufd only counts where it is seen.
    if (state.way != VfioWay::group && !state.open.has_value()) continue;
    permission.any_open = true;
    const auto allowed = unsafe_interrupts_allowed(host, state.way);
    permission.all_allow = permission.all_allow && allowed;
    permission.any_allows = permission.any_allows || allowed;
    if (allowed && std::ranges::find(told, allowed->source) == told.end()) permission.evidence.push_back(*allowed);
    if (allowed) told.push_back(allowed->source);
  }
  permission.all_allow = permission.all_allow && permission.any_open;
  return permission;
}

/// The reasons that the facts name for interrupt remapping to be off, each with its remedy.
void explain_off(const Host& host, Finding& finding) {
  if (host.cpu.architecture == Architecture::arm) {  // what follows, and CONFIG_IRQ_REMAP, is of x86
    finding.remedy = {remapping_by_its(), do_without(host)};
    return;
  }
  const auto* arguments = host.kernel.arguments.get();
  if (arguments) {
    for (const auto& argument : arguments->all()) {
      if (argument.name != "intremap" || !argument.value) continue;
      const auto options = split(*argument.value, ',');
      if (std::ranges::find(options, "off") == options.end()) continue;
      finding.summary = "Interrupt remapping is off (intremap=off): VFIO refuses every device.";
      finding.evidence.push_back({"/proc/cmdline", argument.text()});
      finding.remedy.push_back(remove_kernel_argument_options(host, argument, {"off"}));
      return;
    }
    for (const std::string_view name : {"nointremap", "noapic", "nolapic"})
      if (const auto* given = arguments->last(name)) {
        finding.evidence.push_back({"/proc/cmdline", given->text()});
        finding.remedy.push_back(remove_kernel_argument(host, given->text()));
        return;
      }
  }
  // Both Intel's and AMD's remapping stand or fall with this option (drivers/iommu/Kconfig).
  if (const auto* config = host.kernel.config.get(); config && !config->contains("IRQ_REMAP")) {
    finding.summary = "Interrupt remapping is off because this kernel was built without it: VFIO refuses every device.";
    finding.evidence.push_back({host.kernel.config_source, "CONFIG_IRQ_REMAP is not set"});
    finding.remedy.push_back({"Boot a kernel of your distribution; on this architecture they have it.", {}, {}, {}});
    return;
  }
  if (const auto* table = host.firmware.dmar.content.get();
      table && table->size() > 37 && (static_cast<unsigned char>((*table)[37]) & 1) == 0)
    finding.evidence.push_back({"/sys/firmware/acpi/tables/DMAR", "flag INTR_REMAP is not set: the firmware offers none"});
  if (const auto* log = host.kernel.log.get())
    for (const auto& message : *log)
      if (message.find("not in IVRS table") != message.npos || message.find("Disabling interrupt remapping") != message.npos ||
          message.find("DMAR-IR") != message.npos)
        finding.evidence.push_back({"kernel log", message});
  finding.remedy.push_back(host.cpu.hypervisor_flag.is(true) ? remapping_in_a_virtual_machine(host) : remapping_by_firmware());
  finding.remedy.push_back(do_without(host));
}

/// VFIO does without because somebody said so: then why remapping is off is told, and what would bring it, but to do without is no
/// remedy, and a plan has no need of it.
void tell_the_way_back(const Host& host, Finding& finding) {
  const auto summary = finding.summary;
  explain_off(host, finding);
  finding.summary = summary;
  std::erase_if(finding.remedy, [without = do_without(host)](const Remedy& one) { return one.text == without.text; });
  for (auto& remedy : finding.remedy) {
    remedy.adds_arguments.clear();
    remedy.removes_arguments.clear();
  }
}

std::vector<Finding> run(const Host& host) {
  auto finding = check.finding(Status::pass, host_subject, "");
  finding.effect = Effect::blocked;
  if (dma_remapping(host) == Switch::off) {
    finding.status = Status::not_applicable;
    finding.summary = "The IOMMU is off; interrupt remapping comes after that.";
    return {finding};
  }
  const auto& chips = host.interrupts.chips;
  std::string chip_names;
  if (chips.has_value())
    for (const auto& chip : chips.value())
      if (chip_names.size() < 120) chip_names += (chip_names.empty() ? "" : " ") + chip;
  finding.evidence.push_back({"/proc/interrupts", chips.has_value() ? chip_names : chips.why()});
  const auto state = interrupt_remapping(host);
  if (state == Switch::on) {
    finding.summary = "Interrupt remapping is on.";
    return {finding};
  }
  if (host.cpu.architecture == Architecture::power) {
    finding.summary = "VFIO on POWER keeps messages apart by other means and does not ask for interrupt remapping.";
    return {finding};
  }
  const auto allowed = permission(host);
  finding.evidence.insert(finding.evidence.end(), allowed.evidence.begin(), allowed.evidence.end());
  if (allowed.all_allow) {
    finding.status = Status::warn;
    finding.effect = Effect::none;
    finding.summary = state == Switch::off
                          ? "Interrupt remapping is off, and VFIO was told to do without: a guest could attack the host."
                          : "Whether interrupt remapping is on could not be seen; VFIO was told to do without it.";
    if (state == Switch::off) tell_the_way_back(host, finding);
    return {finding};
  }
  if (allowed.any_allows) {
    finding.status = Status::unknown;
    finding.summary =
        "Without interrupt remapping, VFIO's container and iommufd go by a word of their own each, and only one "
        "was told to do without: it hangs on which of them the guest uses.";
    for (const auto& state_of_way : vfio_ways(host))
      if (state_of_way.open.is(true) && state_of_way.way != VfioWay::spapr)
        finding.evidence.push_back({std::string(to_text(state_of_way.way)),
                                    unsafe_interrupts_allowed(host, state_of_way.way) ? "does without" : "refuses"});
    return {finding};
  }
  if (state == Switch::unknown) {
    finding.status = Status::unknown;
    finding.summary = "Whether interrupt remapping is on could not be seen; without it VFIO refuses every device.";
    return {finding};
  }
  finding.status = Status::fail;
  finding.summary = "Interrupt remapping is off: VFIO refuses every device (\"Operation not permitted\").";
  explain_off(host, finding);
  return {finding};
}

}  // namespace

Check interrupt_remapping_check() { return check; }

}  // namespace vfio_doctor
