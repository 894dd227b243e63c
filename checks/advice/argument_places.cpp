// SPDX-License-Identifier: GPL-2.0-or-later
// Where an argument stands already, in force or not.
#include <algorithm>
#include <map>

#include "checks/advice/argument_tool.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"

namespace vfio_doctor {
namespace {

std::string place_in(const Observed<BootLine>& line, const std::vector<KernelArgument>& wanted) {
  if (line.has_value() && !wanted.empty())
    for (const auto& token : line->tokens)
      if (token.argument == wanted.front()) return token.place();
  return {};
}

/// Entries that a person writes, or generations of a system. Where one of a person's has the argument and another has not, only the
/// one that starts next tells whether it waits for a start.
std::string place_in_entries(const Host& host, const std::vector<KernelArgument>& wanted) {
  const bool generations = host.boot.ostree || argument_tool(host) == ArgumentTool::nixos;
  const bool next_is_known = std::ranges::any_of(host.boot.entries, &BootEntry::starts_next);
  std::string found;
  for (const auto& entry : host.boot.entries) {
    if (entry.role != BootEntryRole::normal || !entry.command_line.has_value()) continue;
    if (!generations && next_is_known && !entry.starts_next) continue;
    if (entry.kind == BootEntryKind::grub_menu && host.boot.loader != BootLoader::grub) continue;  // a menu that nobody reads
    const auto place = place_in(entry.command_line, wanted);
    if (place.empty() && !generations) return {};
    if (found.empty()) found = place;
  }
  return found;
}

/// The entries that a person edits with this tool are in force.
bool is_edited_with(ArgumentTool tool, BootEntryKind kind) {
  return (tool == ArgumentTool::syslinux && kind == BootEntryKind::syslinux) ||
         (tool == ArgumentTool::limine && kind == BootEntryKind::limine) ||
         (tool == ArgumentTool::refind && kind == BootEntryKind::refind);
}

}  // namespace

std::string place_of_setting(const Host& host, const std::string& argument) {
  const auto parsed = KernelArguments::parse(argument).all();
  static const std::map<ArgumentTool, BootSettingKind> settings =
      {{ArgumentTool::update_grub, BootSettingKind::grub_defaults},
       {ArgumentTool::grub_mkconfig, BootSettingKind::grub_defaults},
       {ArgumentTool::transactional, BootSettingKind::grub_defaults},
       {ArgumentTool::proxmox_boot_tool, BootSettingKind::kernel_cmdline},
       {ArgumentTool::sdbootutil, BootSettingKind::kernel_cmdline},
       {ArgumentTool::kernel_install, BootSettingKind::kernel_cmdline},
       {ArgumentTool::unified_image, BootSettingKind::kernel_cmdline},
       {ArgumentTool::dracut_images, BootSettingKind::kernel_cmdline},
       {ArgumentTool::limine, BootSettingKind::limine_defaults},
       {ArgumentTool::sdboot_manage, BootSettingKind::sdboot_manage},
       {ArgumentTool::kernelstub, BootSettingKind::kernelstub},
       {ArgumentTool::grubby, BootSettingKind::grub_defaults}};
  const auto kind = settings.find(argument_tool(host));
  const auto* setting = kind == settings.end() ? nullptr : host.boot.find_setting(kind->second);
  if (kind == settings.end()) return place_in_entries(host, parsed);
  if (!setting || !setting->line.has_value() || parsed.empty()) return {};
  for (const auto& token : setting->line->tokens)
    if (token.argument == parsed.front()) return token.place();
  return {};
}

std::string place_out_of_force(const Host& host, const std::string& argument) {
  if (host.boot.loader == BootLoader::unknown) return {};
  const auto parsed = KernelArguments::parse(argument).all();
  for (const auto& setting : host.boot.settings)
    if (auto place = place_in(setting.line, parsed); !place.empty()) return place;
  for (const auto& entry : host.boot.entries) {
    const bool by_hand =
        entry.kind == BootEntryKind::syslinux || entry.kind == BootEntryKind::limine || entry.kind == BootEntryKind::refind;
    if (by_hand && !is_edited_with(argument_tool(host), entry.kind))
      if (auto place = place_in(entry.command_line, parsed); !place.empty()) return place;
  }
  return {};
}

}  // namespace vfio_doctor
