// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/kernel_rules.hpp"
#include "checks/kernel/log_line.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"acs-override", "ACS override", 40, run};

/// The patch says so when it starts ("Warning: PCIe ACS overrides enabled"); Proxmox VE, zen and liquorix kernels have it.
bool is_known_to_be_patched(const Host& host) {
  if (const auto* log = host.kernel.log.get())
    for (const auto& message : *log)
      if (message.find("ACS overrides enabled") != message.npos) return true;
  const auto* release = host.kernel.release.get();
  return release && std::ranges::any_of(std::array{"-pve", "zen", "lqx", "acso"},
                                        [release](const char* mark) { return release->find(mark) != release->npos; });
}

/// "disable_acs_redir=0000:00:1c.0" or "config_acs=..." in the last `pci=` that has one: an option that makes ports let functions
/// reach each other, or may (pci_setup() in drivers/pci/pci.c: options are separated by commas, lists inside them by ';').
std::string acs_option(const KernelArguments& arguments) {
  std::string found;
  for (auto& option : arguments.options("pci"))
    if (option.starts_with("disable_acs_redir=") || option.starts_with("config_acs=")) found = std::move(option);
  return found;
}

/// disable_acs_redir came with Linux 4.20, config_acs with 6.11; a kernel that does not know an option of `pci=` passes over it
/// ("PCI: Unknown option").
std::vector<Finding> judge_acs_option(const Host& host, const KernelArguments& arguments) {
  const auto option = acs_option(arguments);
  if (option.empty()) return {};
  const bool redirect = option.starts_with("disable_acs_redir=");
  const auto known = has_rule_since(host, redirect ? KernelVersion{4, 20} : KernelVersion{6, 11});
  if (known == KernelRule::no) return {};
  auto finding =
      check.finding(Status::warn, host_subject,
                    redirect ? "pci=" + option +
                                   " lets functions behind these ports reach each other without the IOMMU: they are put "
                                   "into larger groups, and what is given to guests together is not kept apart."
                             : "pci=" + option +
                                   " sets by hand how ports keep functions apart: groups may be larger, and may promise "
                                   "more than the hardware then does.");
  finding.evidence = {{"/proc/cmdline", "pci=" + option}};
  for (const auto& argument : arguments.all()) {
    const auto given = argument.name == "pci" && argument.value ? split(*argument.value, ',') : std::vector<std::string_view>();
    if (std::ranges::find(given, option) != given.end())
      finding.remedy = {remove_kernel_argument_options(host, argument, {option})};
  }
  return {finding};
}

std::vector<Finding> run(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) {
    auto finding = check.finding(Status::unknown, host_subject, "The running command line could not be read.");
    finding.evidence = {{"/proc/cmdline", host.kernel.arguments.why()}};
    return {finding};
  }
  auto findings = judge_acs_option(host, *arguments);
  const auto* given = arguments->last("pcie_acs_override");
  if (!given) {
    if (findings.empty())
      findings.push_back(check.finding(Status::pass, host_subject, "IOMMU groups are as the hardware isolates them."));
    return findings;
  }
  auto finding = check.finding(Status::warn, host_subject, "");
  finding.evidence = {{"/proc/cmdline", given->text()}};
  finding.remedy = {remove_kernel_argument(host, given->text())};
  auto& risk = finding.remedy.front().risk;
  if (risk.starts_with("Low. ")) risk.erase(0, 5);
  risk =
      "Without it the groups merge again: devices that a guest has today may then share a group with "
      "others, and the guest does not start until all of them are given or left without a driver. " +
      risk;
  const auto rejects = [](const std::string& message) {
    return message.find("Unknown kernel command line") != message.npos && message.find("pcie_acs_override") != message.npos;
  };
  if (const auto* rejection = find_log_line(host.kernel.log, rejects)) {
    finding.status = Status::pass;
    finding.summary = "pcie_acs_override is on the command line, but this kernel does not know it: it has no effect.";
    finding.evidence.push_back({"kernel log", *rejection});
  } else if (has_rule_since(host, {5, 14}) == KernelRule::no && !is_known_to_be_patched(host)) {
    // The kernel names words it does not know since 5.14 only (print_unknown_bootoptions() in init/main.c).
    finding.status = Status::unknown;
    finding.summary =
        "pcie_acs_override is on the command line; whether this kernel knows it cannot be told from its log "
        "(that came with Linux 5.14). Stock kernels do not know it.";
    finding.evidence.push_back(
        {"/proc/sys/kernel/osrelease", host.kernel.release.has_value() ? *host.kernel.release : host.kernel.release.why()});
  } else {
    finding.summary =
        "pcie_acs_override splits IOMMU groups that the hardware does not isolate: devices shown in groups of "
        "their own may still reach each other, and a guest may reach the host.";
  }
  findings.push_back(std::move(finding));
  return findings;
}

}  // namespace

Check acs_override_check() { return check; }

}  // namespace vfio_doctor
