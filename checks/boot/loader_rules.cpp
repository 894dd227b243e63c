// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/boot/loader_rules.hpp"

#include <algorithm>
#include <initializer_list>

namespace vfio_doctor {
namespace {

bool is_one_of_kinds(BootEntryKind kind, std::initializer_list<BootEntryKind> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

}  // namespace

bool has_generations(const Host& host) { return host.boot.ostree || host.distribution.is_like("nixos"); }

bool is_used(const Host& host, BootEntryKind kind) {
  using enum BootEntryKind;
  switch (host.boot.loader) {
    case BootLoader::grub:
      return host.boot.grub_reads_loader_entries.is(true) ? is_one_of_kinds(kind, {loader_entry}) : kind == grub_menu;
    case BootLoader::systemd_boot:
      return is_one_of_kinds(kind, {loader_entry, unified_image});
    case BootLoader::unified_image:
      return kind == unified_image;
    case BootLoader::limine:
      return kind == limine;
    case BootLoader::refind:
      return kind == refind;
    case BootLoader::syslinux:
      return kind == syslinux;
    case BootLoader::efi_stub:
      return kind == firmware;
    case BootLoader::unknown:
      return true;
  }
  return true;
}

bool is_used(const Host& host, BootSettingKind kind) {
  if (has_generations(host)) return false;
  const bool loader_entries = host.boot.grub_reads_loader_entries.is(true);
  switch (kind) {
    case BootSettingKind::grub_defaults:
      // openSUSE's grub2-bls has no grub.cfg and does not look here.
      return host.boot.loader == BootLoader::grub && !(loader_entries && host.boot.grub_config.is_absent());
    case BootSettingKind::kernel_cmdline:
      return host.boot.loader != BootLoader::grub || loader_entries;
    case BootSettingKind::kernelstub:
      return host.boot.loader == BootLoader::systemd_boot;
    case BootSettingKind::limine_defaults:
      return host.boot.loader == BootLoader::limine;
    case BootSettingKind::sdboot_manage:
      return host.boot.loader == BootLoader::systemd_boot;
  }
  return false;
}

}  // namespace vfio_doctor
