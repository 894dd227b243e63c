// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/host.hpp"

namespace vfio_doctor {

/// What a person uses on this host to change the kernel command line.
enum class ArgumentTool {
  unknown,
  grubby,
  rpm_ostree,
  update_grub,    ///< Debian's GRUB: drop-ins below /etc/default/grub.d
  grub_mkconfig,  ///< everybody else's GRUB: /etc/default/grub
  proxmox_boot_tool,
  sdbootutil,
  kernelstub,
  nixos,
  loader_entry,  ///< hand-written entries of systemd-boot
  unified_image,
  dracut_images,  ///< unified images of dracut's, which has the line in its own configuration
  limine,
  refind,
  sdboot_manage,   ///< systemd-boot-manager, which writes the loader entries
  kernel_install,  ///< kernel-install, which writes the loader entries
  transactional,   ///< GRUB on a system that only transactional-update changes
  syslinux,
  update_extlinux,  ///< Alpine's, which writes extlinux.conf anew at each kernel update from /etc/update-extlinux.conf
  efi_stub,         ///< the firmware's own boot entry
};

/// That of the distribution where it has one for every boot loader, else that of the boot loader.
ArgumentTool argument_tool(const Host& host);

/// The commands that carry a changed setting to the boot entries, with that tool; empty where nothing has to be carried, or
/// nobody knows how.
std::vector<std::string> apply_commands(const Host& host, ArgumentTool tool);

/// Why the tool is not known: a clause a person understands.
std::string why_no_tool(const Host& host);

/// Where in the file that a person edits the argument goes, as the end of a sentence.
std::string spot_in_file(ArgumentTool tool);

}  // namespace vfio_doctor
