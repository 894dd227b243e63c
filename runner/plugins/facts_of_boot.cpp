// SPDX-License-Identifier: GPL-2.0-or-later
// The group "boot".
#include "runner/plugins/facts_of_host.hpp"

namespace vfio_doctor {

template <>
struct Words<BootLoader> {
  static constexpr auto list = std::to_array<Word<BootLoader>>({
      {BootLoader::unknown, "unknown"},
      {BootLoader::grub, "grub"},
      {BootLoader::systemd_boot, "systemd-boot"},
      {BootLoader::limine, "limine"},
      {BootLoader::refind, "refind"},
      {BootLoader::unified_image, "unified-image"},
      {BootLoader::syslinux, "syslinux"},
      {BootLoader::efi_stub, "efi-stub"},
  });
};

template <>
struct Words<BootSettingKind> {
  static constexpr auto list = std::to_array<Word<BootSettingKind>>({
      {BootSettingKind::grub_defaults, "grub-defaults"},
      {BootSettingKind::kernel_cmdline, "kernel-cmdline"},
      {BootSettingKind::kernelstub, "kernelstub"},
      {BootSettingKind::limine_defaults, "limine-defaults"},
      {BootSettingKind::sdboot_manage, "sdboot-manage"},
  });
};

template <>
struct Words<BootEntryKind> {
  static constexpr auto list = std::to_array<Word<BootEntryKind>>({
      {BootEntryKind::grub_menu, "grub-menu"},
      {BootEntryKind::loader_entry, "loader-entry"},
      {BootEntryKind::unified_image, "unified-image"},
      {BootEntryKind::limine, "limine"},
      {BootEntryKind::refind, "refind"},
      {BootEntryKind::syslinux, "syslinux"},
      {BootEntryKind::firmware, "firmware"},
  });
};

template <>
struct Words<BootEntryRole> {
  static constexpr auto list = std::to_array<Word<BootEntryRole>>(
      {{BootEntryRole::normal, "normal"}, {BootEntryRole::recovery, "recovery"}, {BootEntryRole::custom, "custom"}});
};

template <>
struct Words<UnreadCause> {
  static constexpr auto list = std::to_array<Word<UnreadCause>>(
      {{UnreadCause::other, "other"}, {UnreadCause::permission, "permission"}, {UnreadCause::asleep, "asleep"}});
};

template <>
struct Words<EspGrubConfig::Kind> {
  using Kind = EspGrubConfig::Kind;
  static constexpr auto list = std::to_array<Word<Kind>>({{Kind::stub, "stub"}, {Kind::full, "full"}, {Kind::other, "other"}});
};

template <>
struct Description<BootToken> {
  using S = BootToken;
  static Members<S> members() {
    return {
        computed<S>(
            "argument", "One kernel argument.", [](const S& token) { return token.argument.text(); }, &S::argument),
        computed<S>(
            "place", "File and line: /etc/default/grub:6.", [](const S& token) { return token.place(); }, &S::file, &S::line),
    };
  }
};

template <>
struct Description<BootLine> {
  using S = BootLine;
  static Members<S> members() {
    return {
        member("arguments", "What stands on the line.", &S::tokens),
        member("possible", "Only under a condition that was not evaluated.", &S::possible),
        text_or_null("unknown_part", "Why a part of the line is not known; null: all is known.", &S::unknown_part),
        withheld(&S::unknown_cause, "boot.unread says it of each file"),
    };
  }
};

template <>
struct Description<BootSetting> {
  using S = BootSetting;
  static Members<S> members() {
    return {
        member("file", "The file a person would edit.", &S::file),
        member("line", "What a boot entry should get from it.", &S::line),
        member("kind", "Whose file it is.", &S::kind),
        withheld(&S::plain_lines, "the words are in line; how the file spells them is for a remedy alone"),
    };
  }
};

template <>
struct Description<BootEntry> {
  using S = BootEntry;
  static Members<S> members() {
    return {
        member("file", "Where it is written.", &S::file),
        member("id", "File name without .conf or .efi; the title of a menu entry.", &S::id),
        member("title", "What the menu shows.", &S::title),
        member("kernel", "Path of the image, as written.", &S::kernel),
        member("initrds", "Paths of its initial RAM disks, as written.", &S::initrds),
        member("line", "The kernel's command line.", &S::command_line),
        member("kind", "What kind of entry it is.", &S::kind),
        member("role", "recovery: made to differ; custom: a GRUB entry that no generator of this system made.", &S::role),
        member("file_line", "Number of the line where it starts in the file; 0: the file is the entry.", &S::line),
        member("version", "\"version\" of a loader entry; empty where it has none.", &S::version),
        member("starts_next", "GRUB's default entry, where its files tell which that is.", &S::starts_next),
        withheld(&S::plain_line, "the words are in line; how the file spells them is for a remedy alone"),
    };
  }
};

template <>
struct Description<EspGrubConfig> {
  using S = EspGrubConfig;
  static Members<S> members() {
    return {
        member("file", "grub.cfg on the EFI system partition.", &S::file),
        member("kind", "stub: goes on at the real configuration; full: a complete menu.", &S::kind),
        member("own", "In the directory of this distribution, not of another system on the same disk.", &S::own),
    };
  }
};

template <>
struct Description<UnreadBootFile> {
  static Members<UnreadBootFile> members() {
    return {
        member("file", "What could not be read.", &UnreadBootFile::file),
        member("why", "Why, in words.", &UnreadBootFile::why),
        member("cause", "permission: refused to this user.", &UnreadBootFile::cause),
    };
  }
};

template <>
struct Description<BootConfiguration> {
  using S = BootConfiguration;
  static Members<S> members() {
    return {
        member("loader", "The program that handed the running kernel its command line.", &S::loader),
        member("loader_reason", "How that is known, or why it is not.", &S::loader_reason),
        member("ostree", "Deployments managed by ostree.", &S::ostree),
        member("settings", "Where a person writes kernel arguments down, for a tool to carry to the entries.", &S::settings),
        member("entries", "What the boot loader could start.", &S::entries),
        member("grub_reads_loader_entries", "GRUB takes its entries from /boot/loader/entries; null: there is no GRUB.",
               &S::grub_reads_loader_entries),
        member("grub_config", "The menu that GRUB reads.", &S::grub_config),
        member("grub_defaults_drop_ins", "/etc/default/grub.d is there.", &S::grub_defaults_drop_ins),
        member("proxmox", "Proxmox VE, whose os-release says Debian.", &S::proxmox),
        member("proxmox_boot_tool", "proxmox-boot-tool copies kernels to system partitions of its own.", &S::proxmox_boot_tool),
        member("selected_entry", "Id that the boot loader says it started (LoaderEntrySelected); null: it does not say.",
               &S::selected_entry),
        member("default_entry",
               "Id or pattern that starts next, by loader.conf or systemd-boot's variables (GRUB's is marked at the entry).",
               &S::default_entry),
        member("esp_grub_configs", "Configurations of GRUB on EFI system partitions.", &S::esp_grub_configs),
        member("unread", "What is there but could not be read: what it holds is not known.", &S::unread),
        member("kernel_install_entries", "kernel-install writes the loader entries.", &S::kernel_install_entries),
        member("read_only_root", "Changed by transactional-update alone (openSUSE MicroOS, SLE Micro).", &S::read_only_root),
        member("staged_deployment", "ostree writes a new deployment's entry when the host goes down.", &S::staged_deployment),
        member("sdbootutil", "openSUSE's program that writes the loader entries is there.", &S::sdbootutil),
        member("presets_make_no_images", "mkinitcpio has presets, and none makes a unified image.", &S::presets_make_no_images),
        member("images_without_line", "Unified images are made without a command line in them.", &S::images_without_line),
        member("dracut_images", "dracut makes unified images, by its own configuration.", &S::dracut_images),
    };
  }
};

Member<Host> boot_facts() { return member("boot", "How this host is told what to boot.", &Host::boot); }

}  // namespace vfio_doctor
