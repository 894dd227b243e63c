// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"confidential-intel", "Intel's confidential guests (TDX)", 40, run};

std::vector<Finding> run(const Host& host) {
  const auto asked = given_parameter(host, "kvm_intel", "tdx");
  if (!asked || !asked->is_yes()) return {};
  const auto tdx = host.modules.parameters.find("kvm_intel.tdx");
  if (tdx == host.modules.parameters.end() || tdx->second.is_unreadable())
    return {check.not_seen("Whether confidential guests are on could not be seen.",
                           {"/sys/module/kvm_intel/parameters/tdx", "not told"})};
  const bool is_on = tdx->second.is("Y") || tdx->second.is("1");
  const auto* flags = host.trust.confidential_flags.get();
  const bool has_flag = flags && std::ranges::find(*flags, "tdx_host_platform") != flags->end();
  auto finding =
      check.finding(is_on ? Status::pass : Status::warn, host_subject,
                    is_on ? "Confidential guests (TDX) are on."
                          : std::string("KVM is told to run confidential guests (TDX), and does not: ") +
                                (has_flag ? "the processor can, so the firmware's module or its setup is missing."
                                          : "the processor does not say that it can, or the firmware has it switched "
                                            "off."));
  finding.evidence = {asked->evidence,
                      {"/sys/module/kvm_intel/parameters/tdx",
                       tdx->second.has_value() ? *tdx->second : "not there: a kernel without it"}};
  if (!is_on)
    finding.remedy = {{"Switch TDX (and SGX, TME-MT) on in the firmware's settings; this says what is missing.",
                       {"sudo dmesg | grep -i tdx"},
                       {},
                       {}}};
  return {finding};
}

}  // namespace

Check confidential_intel_check() { return check; }

}  // namespace vfio_doctor
