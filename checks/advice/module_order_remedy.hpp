// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// The commands that build the initial RAM disk of the kernel in use anew: update-initramfs(8), dracut(8), mkinitcpio(8),
/// rpm-ostree(1), transactional-update(8). Empty where this distribution's way is not known.
std::vector<std::string> rebuild_initramfs_commands(const Host& host);

/// True for what can be the name of a module, and so may stand in a file of modprobe.d.
bool is_module_name(const std::string& name);

/// A file of modprobe.d ("/etc/modprobe.d/a.conf:3") is opened in an editor, and what is built from it is built anew. What does not stand
/// below /etc is told in words alone.
Remedy edit_modprobe_file(const Host& host, const std::string& place, std::string text);

/// What a host loses whose devices vfio-pci has from the start, and how it is started once without that: the kernel refuses the
/// module then (kernel/module/main.c, blacklisted()), and the drivers that were to wait do not (a softdep may fail, modprobe.d(5)).
std::string way_back_from_the_start(const std::vector<const PciFunction*>& functions);

/// Makes modprobe load vfio-pci before `driver` (modprobe.d(5), softdep), which holds the function at `address`. A driver's
/// name is not always its module's; the first command shows both. Without a command to type where the driver's name is none
/// that a module could have, or the distribution is not known.
Remedy load_vfio_before(const Host& host, const std::string& driver, const std::string& address);

}  // namespace vfio_doctor
