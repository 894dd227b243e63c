// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/log_line.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"cpu-virtualization", "Processor virtualization", 80, run};

/// arch/x86/kernel/cpu/feat_ctl.c since 5.6, which then clears the flag; arch/x86/kvm/{vmx/vmx,svm/svm}.c.
const std::string* switched_off_by_firmware(const Host& host) {
  return find_log_line(host.kernel.log, [](const std::string& line) {
    return line.find("VMX (outside TXT) disabled by BIOS") != line.npos || line.find("disabled by bios") != line.npos ||
           line.find("SVM disabled (by BIOS)") != line.npos;
  });
}

/// VFIO itself does not need KVM, so the worst this check says is a warning: the guest would be slow, not refused.
std::vector<Finding> run(const Host& host) {
  auto finding = check.finding(Status::pass, host_subject, "The processor can run guests, and KVM is there.");
  const auto& flag = host.cpu.virtualization_flag;
  const auto& kvm = host.cpu.kvm_device;
  finding.evidence = {{"/proc/cpuinfo",
                       flag.has_value() ? (flag.value() ? "flag vmx or svm" : "neither vmx nor svm") : flag.why()},
                      {"/dev/kvm", kvm.has_value() ? "present" : kvm.why()}};
  if (kvm.has_value()) return {finding};
  if (host.cpu.runs_on_xen()) {
    finding.status = Status::warn;
    finding.summary = "This kernel runs on Xen, which keeps the processor's virtualization to itself: KVM is not there.";
    finding.evidence.push_back({"/sys/hypervisor/type", "xen"});
    finding.remedy = {{"Run the guest under Xen, or boot this kernel without Xen.", {}, {}, {}}};
    return {finding};
  }
  if (const auto* line = switched_off_by_firmware(host); line && kvm.is_absent()) {
    finding.status = Status::warn;
    finding.summary = "The firmware switched the processor's virtualization off: guests would run in slow emulation.";
    finding.evidence.push_back({"kernel log", *line});
    finding.remedy = {
        {"Switch on VT-x (Intel) or SVM (AMD) in the firmware setup; where it is on there, the firmware is at fault, and an "
         "update "
         "may help. Look at VT-d or IOMMU in the same place: that is a switch of its own.",
         {},
         {},
         {}}};
  } else if (flag.is(false)) {
    finding.status = Status::warn;
    finding.summary = "The processor shows no virtualization (vmx or svm): guests would run in slow emulation.";
    finding.remedy = {
        {"Switch on VT-x (Intel) or SVM (AMD) in the firmware setup. This is not VT-d: that is a switch of its own.",
         {},
         {},
         {}}};
  } else if (flag.is(true) && kvm.is_absent()) {
    finding.status = Status::warn;
    finding.summary =
        "The processor can run guests, but /dev/kvm is not there: KVM is not loaded, or the firmware "
        "switched virtualization off.";
    finding.remedy = {{"Load KVM; if that fails, switch on VT-x or SVM in the firmware setup.",
                       {host.cpu.vendor == CpuVendor::amd ? "sudo modprobe kvm_amd" : "sudo modprobe kvm_intel"},
                       {},
                       {}}};
  } else if (host.cpu.architecture == Architecture::arm && kvm.is_absent()) {
    // The processor has no flag for it; KVM is built in and says so by this file (arch/arm64/kvm/arm.c).
    finding.status = Status::warn;
    finding.summary =
        "/dev/kvm is not there: the kernel was not started at EL2 or has no KVM, and guests would run in slow "
        "emulation.";
  } else {
    finding.status = Status::unknown;
    finding.summary = "Whether this host can use KVM could not be seen.";
  }
  return {finding};
}

}  // namespace

Check cpu_virtualization_check() { return check; }

}  // namespace vfio_doctor
