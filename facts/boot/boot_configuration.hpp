// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/boot/boot_line.hpp"
#include "facts/boot/plain_line.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// The program that handed the running kernel its command line.
enum class BootLoader {
  unknown,
  grub,
  systemd_boot,
  limine,
  refind,
  unified_image,
  syslinux,
  efi_stub,  ///< none: the firmware started the kernel, with the words of its own boot entry
};

/// A place where a person writes kernel arguments down, for a tool to carry to the boot entries.
enum class BootSettingKind {
  grub_defaults,    ///< /etc/default/grub and /etc/default/grub.d/*.cfg
  kernel_cmdline,   ///< /etc/kernel/cmdline, /etc/cmdline.d, /etc/kernel/cmdline.d
  kernelstub,       ///< /etc/kernelstub/configuration
  limine_defaults,  ///< /etc/default/limine and the drop-ins of limine-entry-tool
  sdboot_manage,    ///< /etc/sdboot-manage.conf (systemd-boot-manager: CachyOS, Manjaro)
};

struct BootSetting {
  BootSettingKind kind = BootSettingKind::grub_defaults;
  std::string file;         ///< the file a person would edit
  Observed<BootLine> line;  ///< what a generated entry should get from it
  /// The lines of its files that can be changed as they stand; the first is the one for an argument more. Empty: none is in a
  /// form that is known.
  std::vector<PlainLine> plain_lines = {};
};

enum class BootEntryKind {
  grub_menu,      ///< a menuentry of grub.cfg
  loader_entry,   ///< /boot/loader/entries/*.conf (Boot Loader Specification type 1)
  unified_image,  ///< EFI/Linux/*.efi with a .cmdline section (type 2)
  limine,         ///< an entry of limine.conf
  refind,         ///< a line of refind_linux.conf
  syslinux,       ///< a label of syslinux.cfg
  firmware,       ///< an EFI variable Boot#### whose words the kernel got
};

enum class BootEntryRole {
  normal,
  recovery,  ///< rescue, recovery, fallback: made to differ
  custom,    ///< a GRUB entry that no generator of this system made
};

/// One thing the boot loader could start.
struct BootEntry {
  BootEntryKind kind = BootEntryKind::grub_menu;
  BootEntryRole role = BootEntryRole::normal;
  std::string file;
  unsigned line = 0;  ///< where the entry starts in `file`; 0: the file is the entry
  std::string id;     ///< file name without ".conf" or ".efi"; the title of a menu entry
  std::string title;
  std::string kernel;                ///< path of the image as written, "/vmlinuz-6.1.0-18-amd64"
  std::vector<std::string> initrds;  ///< paths of initial RAM disks as written, in order; what a variable names is left out
  std::string version;               ///< "version" of a loader entry
  bool starts_next = false;          ///< the one that starts next, where the loader's files tell which that is
  Observed<BootLine> command_line;
  std::optional<PlainLine> plain_line = {};  ///< where it is written, if that can be changed as it stands
};

/// grub.cfg on the EFI system partition: /boot/efi/EFI/fedora/grub.cfg and the like.
struct EspGrubConfig {
  enum class Kind {
    stub,   ///< finds the real configuration and goes on there
    full,   ///< a complete generated menu
    other,  ///< neither
  };
  std::string file;
  Observed<Kind> kind;
  bool own = false;  ///< in the directory of this distribution, not of another system on the same disk
};

/// A place that exists but could not be read, so that what it holds is not known.
struct UnreadBootFile {
  std::string file, why;
  UnreadCause cause = UnreadCause::other;
};

/// How this host is told what to boot, as far as its files say.
struct BootConfiguration {
  BootLoader loader = BootLoader::unknown;
  std::string loader_reason;  ///< how `loader` is known, or why it is not: one clause a person understands
  /// GRUB takes its entries from /boot/loader/entries ("blscfg"); absent where there is no GRUB
  /// configuration.
  Observed<bool> grub_reads_loader_entries;
  /// The menu that GRUB reads: "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", or a full menu on the EFI
  /// system partition.
  Observed<std::string> grub_config;
  bool grub_defaults_drop_ins = false;  ///< /etc/default/grub.d exists
  bool kernel_install_entries = false;  ///< kernel-install writes the loader entries: MACHINE-ID-VERSION.conf
  bool read_only_root = false;          ///< changed by transactional-update alone (openSUSE MicroOS, SLE Micro)
  bool ostree = false;                  ///< deployments managed by ostree
  bool staged_deployment = false;       ///< ostree writes a new deployment's entry when the host goes down
  bool sdbootutil = false;              ///< openSUSE's program that writes the loader entries
  bool presets_make_no_images = false;  ///< mkinitcpio has presets, and none makes a unified image
  bool images_without_line = false;     ///< made with --no-cmdline: the words come from what starts the image
  bool dracut_images = false;           ///< dracut makes unified images and is told their command line itself
  bool proxmox = false;                 ///< Proxmox VE, whose os-release says Debian
  bool proxmox_boot_tool = false;       ///< proxmox-boot-tool copies kernels to system partitions of its own
  std::vector<BootSetting> settings;    ///< a second one of GRUB's defaults: words that stand there and come to nothing
  std::vector<BootEntry> entries;
  std::optional<std::string> selected_entry;  ///< id the boot loader says it started (LoaderEntrySelected)
  /// Id or pattern that starts next, where loader.conf or systemd-boot's EFI variables say so; GRUB's is
  /// marked at the entry.
  std::optional<std::string> default_entry;
  std::vector<EspGrubConfig> esp_grub_configs;
  std::vector<UnreadBootFile> unread;

  const BootSetting* find_setting(BootSettingKind kind) const;
};

/// Whether this is what a boot loader calls the entry: with or without the ending of its file, and in small letters, as systemd-boot has
/// all of them.
bool is_id_of(const std::string& id, const BootEntry& entry);

/// Reads below /boot, /efi, /etc and the boot loader's EFI variables. Never throws on what the files hold.
BootConfiguration gather_boot_configuration(const Root& root);

}  // namespace vfio_doctor
