// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/log_line.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"confidential-amd", "AMD's confidential guests (SEV-SNP)", 30, run};

/// "SNP: IOMMU disabled or configured in passthrough mode, SNP cannot be supported." (drivers/iommu/amd/init.c
/// iommu_snp_enable); AMD's own kernels before it: "SEV-SNP: IOMMU is either disabled or configured in passthrough mode."
const std::string* refusal(const Host& host) {
  return find_log_line(host.kernel.device_log, [](const std::string& line) {
    return line.find("SNP") != line.npos &&
           (line.find("SNP cannot be supported") != line.npos || line.find("configured in passthrough mode") != line.npos);
  });
}

const KernelArgument* passthrough_argument(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) return nullptr;
  for (const auto& argument : arguments->all())
    if ((argument.name == "iommu" && argument.value && *argument.value == "pt") ||
        (argument.name == "iommu.passthrough" && argument.value && *argument.value == "1"))
      return &argument;
  return nullptr;
}

std::vector<Finding> run(const Host& host) {
  const auto* flags = host.trust.confidential_flags.get();
  if (!flags || host.cpu.vendor != CpuVendor::amd || std::ranges::find(*flags, "sev_snp") == flags->end()) return {};
  const auto snp = host.modules.parameters.find("kvm_amd.sev_snp");
  const bool is_on = snp != host.modules.parameters.end() && (snp->second.is("Y") || snp->second.is("1"));
  const auto* argument = passthrough_argument(host);
  const auto* line = refusal(host);
  if (is_on) return {check.finding(Status::pass, host_subject, "Confidential guests (SEV-SNP) are on.")};
  if (!line && !argument) return {};
  auto finding = check.finding(Status::warn, host_subject,
                               std::string("The processor can run confidential guests (SEV-SNP), "
                                           "and ") +
                                   (argument ? argument->text() + " switches that off" : "the kernel switched that off") +
                                   ": SNP wants the IOMMU to translate for the host, too.");
  if (argument) finding.evidence.push_back({"/proc/cmdline", argument->text()});
  if (line) finding.evidence.push_back({"kernel log", *line});
  if (snp != host.modules.parameters.end() && snp->second.has_value())
    finding.evidence.push_back({"/sys/module/kvm_amd/parameters/sev_snp", *snp->second});
  if (argument)
    finding.remedy = {remove_kernel_argument(host, argument->text())};
  else
    finding.remedy = {{"The message says what it wants.", {"sudo dmesg | grep SNP"}, {}, {}}};
  return {finding};
}

}  // namespace

Check confidential_amd_check() { return check; }

}  // namespace vfio_doctor
