// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/kernel_rules.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"framebuffer-conflict", "The firmware's picture in a card's memory", 10, run};

/// Since Linux 6.0 vfio-pci takes the firmware's picture off a VGA controller when it gets it (vfio_pci_vga_init() in
/// drivers/vfio/pci/vfio_pci_core.c). Other display controllers (3D, 0302) are left alone.
bool kernel_clears_it(const Host& host, const PciFunction& function) {
  return is_vga(function) && has_rule_since(host, {6, 0}) == KernelRule::yes;
}

/// video=efifb:off is read by efifb alone; simpledrm and sysfb do not look at it.
const KernelArgument* idle_argument(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) return nullptr;
  const auto found = std::ranges::find_if(arguments->all(), [](const KernelArgument& argument) {
    return argument.name == "video" && argument.value && argument.value->find(":off") != std::string::npos;
  });
  return found == arguments->all().end() ? nullptr : &*found;
}

/// initcall_blacklist=sysfb_init, which was to keep the kernel from taking the picture over.
const KernelArgument* refused_sysfb(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) return nullptr;
  for (const auto& argument : arguments->all())
    if (argument.name == "initcall_blacklist" && argument.value)
      for (const auto name : split(*argument.value, ','))
        if (name == "sysfb_init") return &argument;
  return nullptr;
}

std::vector<Remedy> remedies(const Host& host, bool clears) {
  std::vector<Remedy> list;
  if (clears)
    list.push_back(
        {"Take the card from vfio-pci and give it back: this kernel takes the picture away when vfio-pci gets a "
         "VGA controller.",
         {},
         {},
         "The text console goes dark."});
  list.push_back(
      {"Make another graphics card the first one in the firmware's settings: the firmware then draws there.", {}, {}, {}});
  if (refused_sysfb(host)) return list;  // it is there already, and the picture as well
  auto boot = add_kernel_argument(host, "initcall_blacklist=sysfb_init");
  boot.text =
      "Or keep the kernel from taking the picture over at boot (on some kernels, 6.18 among them, that does not "
      "work). " +
      boot.text;
  boot.risk = "Nothing is shown on that screen until a driver has the card, also no question for a disk's password.";
  list.push_back(std::move(boot));
  return list;
}

Finding judge(const Host& host, const FirmwarePicture& picture, const PciFunction& function) {
  const bool clears = kernel_clears_it(host, function), held = is_held_by_vfio(function);
  const bool in_the_way = held || !clears;
  auto finding = check.finding(in_the_way ? Status::warn : Status::pass, device_subject(function.address),
                               "The firmware's picture (" + picture.name +
                                   ") lies in its memory, and the kernel holds on to "
                                   "it: ");
  finding.summary += in_the_way ? "VFIO cannot have that memory (\"BAR n: can't reserve\"), and the guest's screen stays dark."
                                : "this kernel takes it away when vfio-pci gets the card.";
  finding.evidence = {{"/proc/iomem", picture.name + " inside " + function.address.text()}};
  if (function.driver.has_value()) finding.evidence.push_back({function.sysfs_path + "/driver", *function.driver});
  if (const auto* idle = idle_argument(host); idle && in_the_way)
    finding.evidence.push_back({"/proc/cmdline", idle->text() + " (read by efifb alone: without effect on this picture)"});
  if (const auto* refused = refused_sysfb(host); refused && in_the_way) {
    finding.summary += " initcall_blacklist=sysfb_init does not keep this kernel from it.";
    finding.evidence.push_back({"/proc/cmdline", refused->text()});
  }
  if (in_the_way) finding.remedy = remedies(host, clears);
  return finding;
}

std::vector<Finding> run(const Host& host) {
  const auto* pictures = host.room.pictures.get();
  if (!pictures)
    return {check.not_seen("Whether the firmware's picture lies in a card's memory could not be seen.",
                           {"/proc/iomem", host.room.pictures.why()})};
  std::vector<Finding> findings;
  std::vector<PciAddress> told;
  for (const auto& picture : *pictures) {
    const auto* function = host.find(picture.function);
    if (!function || function->is_bridge() || std::ranges::find(told, picture.function) != told.end()) continue;
    told.push_back(picture.function);
    findings.push_back(judge(host, picture, *function));
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No card's memory holds the firmware's "
                                     "picture."));
  return findings;
}

}  // namespace

Check framebuffer_conflict_check() { return check; }

}  // namespace vfio_doctor
