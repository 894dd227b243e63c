// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"unbind-risk", "Graphics drivers that do not let go", 120, run};

/// The kernel's own console draws on it: unbinding waits for it.
bool has_console(const Host& host, const PciFunction& function) {
  const auto* framebuffers = host.console.framebuffers.get();
  return framebuffers && std::ranges::any_of(*framebuffers, [&function](const Framebuffer& framebuffer) {
           return std::ranges::find(framebuffer.functions, function.address) != framebuffer.functions.end();
         });
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  const auto displays = std::ranges::count_if(host.all_functions(), is_display);
  bool any = false;
  const auto modeset = host.modules.parameters.find("nvidia_drm.modeset");
  for (const auto& function : host.all_functions()) {
    if (!is_display(function) || displays < 2 || function.boot_vga.is(true) || !function.driver.is("nvidia")) continue;
    any = true;
    const bool on = modeset != host.modules.parameters.end() && (modeset->second.is("Y") || modeset->second.is("1"));
    if (!on || !has_console(host, function)) continue;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 "nvidia holds it with mode setting on, and the host's text console draws on it: taking it "
                                 "away hangs (\"non-zero usage count\"), and the card may not wake again.");
    finding.evidence = {{"/sys/module/nvidia_drm/parameters/modeset", *modeset->second},
                        {"/proc/fb", "a framebuffer of this card"}};
    finding.remedy = {
        {"Keep the driver from it: reserve the card for vfio-pci at boot, or write \"options nvidia-drm "
         "modeset=0\" into a file of /etc/modprobe.d and build the initial RAM disk anew; stop "
         "nvidia-persistenced before a guest starts.",
         {"sudo systemctl stop nvidia-persistenced"},
         {"sudo systemctl start nvidia-persistenced"},
         "Screens on the card stay dark."}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "The kernel's console does not "
                                     "keep NVIDIA's driver on a card that is not the boot display."));
  return findings;
}

}  // namespace

Check unbind_risk_check() { return check; }

}  // namespace vfio_doctor
