// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "facts/paste/stamp.hpp"

namespace vfio_doctor {

/// What kind of output a piece of a paste is.
enum class PasteKind {
  kernel_log,
  qemu,
  libvirt,
  proxmox,
  kubernetes,  ///< events and messages of Kubernetes, KubeVirt and their helpers
  container,   ///< containerd, kata, Incus, cloud-hypervisor, DPDK
  lspci,
  group_listing,
  command_line,  ///< of the kernel
  boot_entry,    ///< grub, systemd-boot
  modprobe,
  domain_xml,
  machine_conf,  ///< Proxmox: /etc/pve/qemu-server/N.conf
  node_device,   ///< virsh nodedev-dumpxml
  lsusb,
  iomem,
  interrupts,
  windows,
  shell,        ///< messages of a shell and its tools
  settings,     ///< systemd units, dracut and the like
  source_code,  ///< texts of programs, patches: what they would print, not what was printed
  prose,
};
std::string_view to_text(PasteKind kind);  ///< "kernel-log", "qemu", "lspci", ...

/// What one line says about what it is part of.
enum class LineRole {
  starts,     ///< certainly of this kind
  continues,  ///< fits what stands before it (indented, blank)
  parts,      ///< a prompt or a code fence: something else begins behind it
  unknown,
};
struct LineKind {
  LineRole role = LineRole::unknown;
  PasteKind kind = PasteKind::prose;
};

/// `text` is one piece of unwrap_line(), `stamped` the same without its time stamp.
LineKind classify_line(std::string_view text, const StampedLine& stamped);

/// What was typed behind a shell's prompt ("root@pve:~# cat /proc/cmdline" -> "cat /proc/cmdline"); empty where the line is
/// no prompt. "# " alone is a comment in too many files to count.
std::string_view typed_command(std::string_view text);

}  // namespace vfio_doctor
