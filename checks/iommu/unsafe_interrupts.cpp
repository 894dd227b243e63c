// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/advice/module_order_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"unsafe-interrupts", "Unsafe interrupts allowed", 50, run};

struct Word {
  std::string module;
  const Observed<bool>& allowed;
};

/// The parameter may be written at any time (S_IWUSR, drivers/vfio/vfio_iommu_type1.c and drivers/iommu/iommufd/device.c); what sets it
/// would do so again at the next start.
void advise(const Host& host, const std::string& module, Finding& finding) {
  const auto file = "/sys/module/" + module + "/parameters/allow_unsafe_interrupts";
  finding.remedy.push_back({"Switch it off: with interrupt remapping, guests start as before.",
                            {"echo N | sudo tee " + file},
                            {"echo Y | sudo tee " + file},
                            {}});
  bool is_known = false;
  for (const auto& given : given_parameters(host, module, "allow_unsafe_interrupts")) {
    if (!given.is_yes()) continue;
    is_known = true;
    const auto& [place, text] = given.evidence;
    finding.evidence.push_back(given.evidence);
    finding.remedy.push_back(place == "/proc/cmdline" ? remove_kernel_argument(host, text)
                                                      : edit_modprobe_file(host, place,
                                                                           "Take allow_unsafe_interrupts out of " + place +
                                                                               ", which sets it at each start."));
  }
  if (!is_known)
    finding.remedy.push_back(
        {"Take the option out where it is set for the next start.",
         {"grep -rn allow_unsafe_interrupts /etc/modprobe.d /run/modprobe.d /usr/lib/modprobe.d /proc/cmdline"},
         {},
         {}});
}

/// What one module was told; nothing where it is not loaded.
std::optional<Finding> judge(const Host& host, const Word& word) {
  if (word.allowed.is_absent()) return std::nullopt;
  auto finding = check.finding(Status::pass, host_subject, word.module + " insists on interrupt remapping.");
  finding.evidence = {{"/sys/module/" + word.module + "/parameters/allow_unsafe_interrupts",
                       word.allowed.has_value() ? (word.allowed.value() ? "Y" : "N") : word.allowed.why()}};
  if (word.allowed.is_unreadable()) {
    finding.status = Status::unknown;
    finding.summary = "Whether " + word.module + " insists on interrupt remapping could not be read.";
  } else if (word.allowed.value() && interrupt_remapping(host) == Switch::on) {
    finding.status = Status::warn;
    finding.summary = word.module + " was told to do without interrupt remapping, although this host has it.";
    advise(host, word.module, finding);
  } else if (word.allowed.value()) {
    finding.status = Status::not_applicable;
    finding.summary = "Unsafe interrupts are allowed; see interrupt-remapping for what that means on this host.";
  }
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  for (const auto& word : {Word{"vfio_iommu_type1", host.vfio.allow_unsafe_interrupts},
                           Word{"iommufd", host.vfio.iommufd_allows_unsafe_interrupts}})
    if (auto finding = judge(host, word)) findings.push_back(std::move(*finding));
  if (findings.empty())
    findings.push_back(check.finding(Status::not_applicable, host_subject, "Neither vfio_iommu_type1 nor iommufd is loaded."));
  return findings;
}

}  // namespace

Check unsafe_interrupts_check() { return check; }

}  // namespace vfio_doctor
