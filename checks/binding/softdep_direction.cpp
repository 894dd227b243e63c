// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"softdep-direction", "softdep lines the wrong way round", 90, run};

/// Drivers of devices that people give to guests.
bool is_host_driver(std::string_view word) {
  static constexpr auto drivers =
      std::to_array<std::string_view>({"nouveau", "nvidia", "nvidia_drm", "nvidiafb", "amdgpu", "radeon", "i915", "xe",
                                       "snd_hda_intel", "xhci_hcd", "xhci_pci", "nvme", "ahci"});
  return std::ranges::find(drivers, normalize_module_name(word)) != drivers.end();
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& line : host.vfio.modprobe.lines) {
    if (line.command != "softdep") continue;
    const bool of_vfio = line.module == "vfio_pci" || line.module == "vfio";
    any |= of_vfio || normalize_module_name(line.rest).find("vfio_pci") != std::string::npos;
    bool before = false;
    std::string wrong;
    for (const auto word : split_words(line.rest)) {
      if (word == "pre:" || word == "post:")
        before = word == "pre:";
      else if (of_vfio && before && is_host_driver(word))
        wrong = word;
      else if (!of_vfio && !before && is_host_driver(line.module) && normalize_module_name(word) == "vfio_pci")
        wrong = line.module;
    }
    if (wrong.empty()) continue;
    auto finding = check.finding(Status::warn, host_subject,
                                 "This line loads " + wrong +
                                     " before vfio-pci: the host's "
                                     "driver takes its devices first.");
    finding.evidence = {{line.place(), line.text()}};
    finding.remedy = {
        {"Turn it round: softdep " + wrong + " pre: vfio-pci. Then build the initial RAM disk anew.", {}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "The softdep lines let vfio-pci "
                                     "come first."));
  return findings;
}

}  // namespace

Check softdep_direction_check() { return check; }

}  // namespace vfio_doctor
