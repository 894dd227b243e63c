// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"shadowed-rom", "The option ROM of the boot display", 30, run};

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    if (!is_display(function) || !is_held_by_vfio(function)) continue;
    any = true;
    if (!function.boot_vga.is(true)) continue;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 "VFIO holds the card on which the host showed its boot: the guest gets the copy of its "
                                 "option ROM that the boot has changed, and with it the screen may stay dark.");
    finding.evidence = {{function.sysfs_path + "/boot_vga", "1"},
                        {function.sysfs_path + "/driver", function.driver.has_value() ? *function.driver : "none"}};
    finding.remedy = {
        {"Give the guest an unchanged copy: read it while another card is the boot display, or take it from the "
         "card's maker, and name it in the domain: <rom file='/path/card.rom'/>.",
         {},
         {},
         {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No graphics card that VFIO holds "
                                     "was the boot display."));
  return findings;
}

}  // namespace

Check shadowed_rom_check() { return check; }

}  // namespace vfio_doctor
