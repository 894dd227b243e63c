// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"interrupt-remapping", "Interrupt remapping", 40, run};

bool is_yes(std::string_view value) { return value == "1" || value == "Y" || value == "y" || value == "on"; }

/// Where VFIO was told to do without interrupt remapping: the loaded module's parameter, or, while the module is not
/// loaded, what will be given to it. Nothing where it was not.
std::optional<Evidence> unsafe_interrupts_allowed(const Host& host) {
  if (host.vfio.allow_unsafe_interrupts.has_value()) {
    if (!host.vfio.allow_unsafe_interrupts.value()) return std::nullopt;
    return Evidence{"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y"};
  }
  if (const auto* arguments = host.kernel.arguments.get())
    if (const auto* given = arguments->last("vfio_iommu_type1.allow_unsafe_interrupts");
        given && is_yes(given->value.value_or("Y")))
      return Evidence{"/proc/cmdline", given->text()};
  if (const auto* option = host.vfio.modprobe_unsafe_interrupts.get(); option && is_yes(*option))
    return Evidence{"modprobe.d", "options vfio_iommu_type1 allow_unsafe_interrupts=" + *option};
  return std::nullopt;
}

/// The reasons that the facts name for interrupt remapping to be off, each with its remedy.
void explain_off(const Host& host, Finding& finding) {
  const auto* arguments = host.kernel.arguments.get();
  if (arguments) {
    const auto options = arguments->options("intremap");
    if (std::ranges::find(options, "off") != options.end()) {
      finding.summary = "Interrupt remapping is off (intremap=off): VFIO refuses every device.";
      finding.evidence.push_back({"/proc/cmdline", "intremap=off"});
      finding.remedy.push_back(remove_kernel_argument(host, "intremap=off"));
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
      if (message.find("x2apic opt out") != message.npos || message.find("not in IVRS table") != message.npos ||
          message.find("Disabling interrupt remapping") != message.npos || message.find("DMAR-IR") != message.npos)
        finding.evidence.push_back({"kernel log", message});
  finding.remedy.push_back({"Update the firmware and switch on interrupt remapping or x2APIC there. On boards whose firmware "
                            "opts out, try the kernel argument intremap=no_x2apic_optout (Intel).", {}, {}, {}});
  finding.remedy.push_back(
      {"If the hardware has none: allow VFIO to do without, only with guests you trust.",
       {"echo 'options vfio_iommu_type1 allow_unsafe_interrupts=1' | sudo tee /etc/modprobe.d/vfio-unsafe-interrupts.conf",
        "sudo modprobe -r vfio_iommu_type1 && sudo modprobe vfio_iommu_type1"},
       {"sudo rm /etc/modprobe.d/vfio-unsafe-interrupts.conf"},
       "A guest can then send any interrupt to the host: it may crash or take over the host."});
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
  const auto allowed = unsafe_interrupts_allowed(host);
  if (allowed) {
    finding.evidence.push_back(*allowed);
    finding.status = Status::warn;
    finding.effect = Effect::none;
    finding.summary = state == Switch::off
                          ? "Interrupt remapping is off, and VFIO was told to do without: a guest could attack the host."
                          : "Whether interrupt remapping is on could not be seen; VFIO was told to do without it.";
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
