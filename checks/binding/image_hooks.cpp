// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"image-hooks", "Settings of modprobe.d in the initial RAM disk", 20, run};

bool has_word(const ModuleList& list, std::string_view word) { return std::ranges::find(list.words, word) != list.words.end(); }

std::vector<Finding> run(const Host& host) {
  const ModuleList *hooks = nullptr, *modules = nullptr;
  for (const auto& list : host.modules.image) {
    if (list.kind == "HOOKS") hooks = &list;
    if (list.kind == "MODULES" && (has_word(list, "vfio_pci") || has_word(list, "vfio-pci"))) modules = &list;
  }
  const auto ids = host.vfio.modprobe.last("vfio_pci", "ids");
  if (!hooks || !modules || !ids) return {};
  const bool on_command_line = host.kernel.arguments.has_value() && host.kernel.arguments->last("vfio-pci.ids");
  const bool copies = has_word(*hooks, "modconf") || std::ranges::any_of(host.modules.image, [](const ModuleList& list) {
                        return list.kind == "FILES" && list.text.find("modprobe.d") != std::string::npos;
                      });
  auto finding = check.finding(copies || on_command_line ? Status::pass : Status::warn, host_subject,
                               copies            ? "mkinitcpio takes modprobe.d along."
                               : on_command_line ? "vfio-pci gets its ids from the command line."
                                                 : "vfio-pci is loaded in the initial RAM disk without its ids: "
                                                   "mkinitcpio copies modprobe.d only with the hook modconf.");
  finding.evidence = {{hooks->place(), hooks->text}, {modules->place(), modules->text}, {ids->file, ids->text}};
  if (finding.status == Status::warn)
    finding.remedy = {
        {"Put modconf into HOOKS, behind udev or systemd, and build the images anew.", {"sudo mkinitcpio -P"}, {}, {}}};
  return {finding};
}

}  // namespace

Check image_hooks_check() { return check; }

}  // namespace vfio_doctor
