// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"acs-override", "ACS override", 40, run};

std::vector<Finding> run(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) return {check.finding(Status::unknown, host_subject, "The running command line could not be read.")};
  const auto* given = arguments->last("pcie_acs_override");
  if (!given) return {check.finding(Status::pass, host_subject, "IOMMU groups are as the hardware isolates them.")};
  auto finding = check.finding(Status::warn, host_subject, "");
  finding.evidence = {{"/proc/cmdline", given->text()}};
  finding.remedy = {remove_kernel_argument(host, given->text())};
  const auto* log = host.kernel.log.get();
  const auto rejects = [](const std::string& message) {
    return message.find("Unknown kernel command line") != message.npos && message.find("pcie_acs_override") != message.npos;
  };
  const auto rejection = log ? std::ranges::find_if(*log, rejects) : decltype(log->begin()){};
  if (log && rejection != log->end()) {
    finding.status = Status::pass;
    finding.summary = "pcie_acs_override is on the command line, but this kernel does not know it: it has no effect.";
    finding.evidence.push_back({"kernel log", *rejection});
  } else {
    finding.summary = "pcie_acs_override splits IOMMU groups that the hardware does not isolate: devices shown in groups of "
                      "their own may still reach each other, and a guest may reach the host.";
  }
  return {finding};
}

}  // namespace

Check acs_override_check() { return check; }

}  // namespace vfio_doctor
