// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "facts/iommu/acpi_iommu_table.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"firmware-iommu-table", "Firmware's IOMMU table", 20, run};

constexpr auto see_iommu_active = "See what iommu-active says.";

void describe_dmar(const Observed<std::string>& content, Finding& finding) {
  if (!content.has_value()) {
    finding.evidence.push_back({"/sys/firmware/acpi/tables/DMAR", "present; content: " + content.why()});
    return;
  }
  const auto dmar = parse_dmar(content.value());
  if (!dmar) {
    finding.status = Status::warn;
    finding.summary = "The firmware's DMAR table is damaged.";
    finding.evidence.push_back({"/sys/firmware/acpi/tables/DMAR", "lengths inside the table do not fit"});
    return;
  }
  finding.evidence.push_back({"/sys/firmware/acpi/tables/DMAR", std::to_string(dmar->remapping_units) + " remapping units, " +
                                                                    std::to_string(dmar->reserved_regions) +
                                                                    " reserved regions, interrupt remapping " +
                                                                    (dmar->interrupt_remapping ? "offered" : "not offered") +
                                                                    (dmar->x2apic_opt_out ? ", x2APIC opt-out" : "")});
}

void describe_ivrs(const Observed<std::string>& content, Finding& finding) {
  std::string value = "present; content: " + content.why();
  if (content.has_value()) {
    const auto units = count_ivrs_units(content.value());
    value = units ? std::to_string(*units) + " remapping blocks" : "damaged: lengths inside the table do not fit";
    if (!units) finding.status = Status::warn;
    if (!units) finding.summary = "The firmware's IVRS table is damaged.";
  }
  finding.evidence.push_back({"/sys/firmware/acpi/tables/IVRS", value});
}

/// The table is there for interrupts, too: without an SMMU in it there is no IOMMU, unless the kernel uses one all the same.
void describe_iort(const Host& host, Finding& finding) {
  const auto& content = host.firmware.iort.content;
  const std::string path = "/sys/firmware/acpi/tables/IORT";
  if (!content.has_value()) {
    finding.evidence.push_back({path, "present; content: " + content.why()});
    return;
  }
  const auto smmus = count_iort_smmus(content.value());
  finding.evidence.push_back({path, smmus ? std::to_string(*smmus) + " SMMUs" : "lengths inside the table do not fit"});
  if (!smmus) {
    finding.status = Status::warn;
    finding.summary = "The firmware's IORT table is damaged.";
  } else if (*smmus == 0 && dma_remapping(host) != Switch::on) {
    finding.status = Status::fail;
    finding.summary =
        "The firmware's table (IORT) describes no IOMMU (SMMU): it is switched off there, or this machine has none.";
    finding.remedy = {{see_iommu_active, {}, {}, {}}};
  }
}

/// Arm machines that are not started by EFI firmware have no ACPI tables at all.
bool is_without_acpi(const Host& host) { return iommu_vendor(host) == CpuVendor::arm && !host.firmware.efi.is(true); }

std::vector<Finding> run(const Host& host) {
  const auto& firmware = host.firmware;
  auto finding = check.finding(Status::pass, host_subject, "The firmware describes an IOMMU to the kernel.");
  if (firmware.dmar.present.is(true)) describe_dmar(firmware.dmar.content, finding);
  if (firmware.ivrs.present.is(true)) describe_ivrs(firmware.ivrs.content, finding);
  if (firmware.iort.present.is(true)) describe_iort(host, finding);
  if (!finding.evidence.empty()) return {finding};
  const bool all_known = firmware.dmar.present.has_value() && firmware.ivrs.present.has_value();
  finding.evidence.push_back({"/sys/firmware/acpi/tables", all_known ? "no DMAR, IVRS or IORT" : firmware.dmar.present.why()});
  if (dma_remapping(host) == Switch::on) {
    // The kernel is the judge: an IOMMU that works was described somehow (device tree, hypervisor).
    finding.summary = "No ACPI table is visible, but the kernel uses an IOMMU all the same.";
  } else if (host.cpu.runs_on_xen()) {
    finding.status = Status::not_applicable;
    finding.summary = "This kernel runs on Xen, which keeps the IOMMU and hides the firmware's table.";
    finding.evidence.push_back({"/sys/hypervisor/type", "xen"});
  } else if (!all_known) {
    finding.status = Status::unknown;
    finding.summary = "Whether the firmware describes an IOMMU could not be seen.";
  } else {
    finding.status = Status::fail;
    finding.summary =
        host.cpu.hypervisor_flag.is(true) ? "No ACPI table describes an IOMMU: this virtual machine was given none."
        : is_without_acpi(host)           ? "No ACPI table describes an IOMMU: what this machine has stands in its device tree."
                                : "The firmware describes no IOMMU: it is switched off there, or this machine has none.";
    finding.remedy = {{see_iommu_active, {}, {}, {}}};
  }
  return {finding};
}

}  // namespace

Check firmware_iommu_table_check() { return check; }

}  // namespace vfio_doctor
