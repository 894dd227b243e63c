// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "snapshot/source.hpp"

namespace vfio_doctor {

/// libvirt's hook: `words` are NAME OPERATION SUBOP EXTRA, the domain's XML comes on standard input (libvirt, hooks.html).
/// Judges "prepare begin" and lets everything else pass. 0: the start may go on, 1: it must not, with the reason on
/// standard error, which libvirt shows the user. The work is done in a process of its own, so that a crash, a hang or a
/// text without end costs no more than the deadline and ends as the policy says.
/// Proxmox VE's hookscript gets VMID PHASE and no text: "pre-start" is judged by /etc/pve/qemu-server/VMID.conf.
int run_guard_hook(const std::vector<std::string>& words, const SourceOptions& source);

}  // namespace vfio_doctor
