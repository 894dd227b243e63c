// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"iommu-arguments", "Kernel arguments for the IOMMU", 30, run};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& known, std::string_view option) {
  return std::ranges::any_of(known,
                             [option](auto one) { return one.ends_with('=') ? option.starts_with(one) : option == one; });
}

/// intel_iommu_setup() in drivers/iommu/intel/iommu.c; intgpu_off is Debian's.
constexpr std::array<std::string_view, 10> intel_options = {"on",     "off",    "igfx_off", "intgpu_off", "forcedac",
                                                            "strict", "sp_off", "sm_on",    "sm_off",     "tboot_noforce"};
/// parse_amd_iommu_options() in drivers/iommu/amd/init.c.
constexpr std::array<std::string_view, 9> amd_options =
    {"off",      "fullflush",   "force_enable", "force_isolation", "pgtbl_v1",
     "pgtbl_v2", "irtcachedis", "nohugepages",  "v2_pgsizes_only"};
/// iommu_setup() in arch/x86/kernel/pci-dma.c and gart_parse_options() in amd_gart_64.c, which sees each option too.
constexpr std::array<std::string_view, 24> x86_options = {"off",        "force",     "noforce",     "biomerge", "panic",
                                                          "nopanic",    "merge",     "nomerge",     "forcesac", "allowdac",
                                                          "nodac",      "usedac",    "soft",        "pt",       "nopt",
                                                          "noagp",      "fullflush", "nofullflush", "memaper",  "memaper=",
                                                          "noaperture", "allowed",   "leak",        "leak="};

/// What is wrong with the IOMMU arguments of one command line, a sentence each.
struct Remark {
  std::string argument;
  std::string sentence;
};

std::vector<Remark> without_effect(const KernelArguments& arguments, CpuVendor vendor) {
  std::vector<Remark> remarks;
  for (const auto& option : arguments.options("intel_iommu")) {
    if (vendor == CpuVendor::amd && option != "off")
      remarks.push_back({"intel_iommu=" + option, "is for Intel's IOMMU; this host has AMD's"});
    else if (!is_one_of(intel_options, option))
      remarks.push_back({"intel_iommu=" + option, "is not an option the kernel knows"});
  }
  for (const auto& option : arguments.options("amd_iommu")) {
    if (vendor == CpuVendor::intel && option != "off")
      remarks.push_back({"amd_iommu=" + option, "is for AMD's IOMMU; this host has Intel's"});
    else if (!is_one_of(amd_options, option))
      remarks.push_back({"amd_iommu=" + option, option == "on" ? "has no effect: AMD's IOMMU is on unless it is switched off"
                                                               : "is not an option the kernel knows"});
  }
  for (const auto& option : arguments.options("iommu"))
    if (!is_one_of(x86_options, option) && !parse_unsigned(option))
      remarks.push_back({"iommu=" + option, option == "igfx_off"
                                                ? "is not an option the kernel knows; igfx_off belongs to intel_iommu="
                                                : "is not an option the kernel knows"});
  return remarks;
}

/// Takes the words without effect off the line. An argument goes as it is written, so what else it says is put back.
std::vector<Remedy> remedies(const Host& host, const KernelArguments& arguments, const std::vector<Remark>& remarks) {
  std::vector<Remedy> remedies;
  for (const auto& argument : arguments.all()) {
    if (!argument.value) continue;
    const auto name = normalize_module_name(argument.name);
    std::vector<std::string> kept;
    bool changed = false;
    for (const auto option : split(*argument.value, ',')) {
      const auto is_meant = [&](const Remark& one) { return one.argument == name + "=" + std::string(option); };
      const bool remarked = std::ranges::any_of(remarks, is_meant);
      changed |= remarked;
      if (!remarked && !option.empty()) kept.emplace_back(option);
    }
    if (changed) remedies.push_back(remove_kernel_argument(host, argument.text()));
    if (changed && !kept.empty()) remedies.push_back(add_kernel_argument(host, name + "=" + join(kept, ",")));
  }
  return remedies;
}

std::vector<Finding> run(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) {
    auto finding = check.finding(Status::unknown, host_subject, "The running kernel's command line could not be read.");
    finding.evidence = {{"/proc/cmdline", host.kernel.arguments.why()}};
    return {finding};
  }
  const bool is_off = dma_remapping(host) == Switch::off;
  auto finding = check.finding(Status::pass, host_subject, "");
  for (const std::string_view name : {"intel_iommu", "amd_iommu", "iommu", "iommu.passthrough", "intremap", "iommu.strict"})
    for (const auto& argument : arguments->all())
      if (normalize_module_name(argument.name) == name) finding.evidence.push_back({"/proc/cmdline", argument.text()});
  if (finding.evidence.empty()) finding.evidence.push_back({"/proc/cmdline", "no argument about the IOMMU"});
  const auto remarks =
      host.cpu.vendor == CpuVendor::arm ? std::vector<Remark>{} : without_effect(*arguments, iommu_vendor(host));
  if (remarks.empty()) {
    finding.summary = "No IOMMU argument on the command line is misspelt or without effect.";
    return {finding};
  }
  for (const auto& remark : remarks)
    finding.summary += (finding.summary.empty() ? "" : "; ") + remark.argument + " " + remark.sentence;
  finding.summary += ".";
  // While the IOMMU is on, a word too many does no harm: not worth an alarm.
  finding.status = is_off ? Status::warn : Status::pass;
  if (is_off) finding.remedy = remedies(host, *arguments, remarks);
  return {finding};
}

}  // namespace

Check iommu_arguments_check() { return check; }

}  // namespace vfio_doctor
