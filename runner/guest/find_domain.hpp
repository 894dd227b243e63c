// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/domain/domain_xml.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// The domain that the user names: a file in any form that parse_domain() takes, "pid:N" for a QEMU that runs, a domain of
/// libvirt (on the live machine asked through virsh, else read from /etc/libvirt/qemu below the source), or the number of a
/// Proxmox guest. Throws InputError where there is none or it is damaged. `text`, if any, gets what was read of a file or of libvirt.
Domain find_domain(const std::string& name_or_file, const Root& root, std::string* text = nullptr);

/// Whether find_domain() asks virsh, a program of its own, about the name that the user gave.
bool asks_libvirt(const std::string& name_or_file, bool live);

/// Throws InputError unless `name` can be handed to virsh: not empty, no option, no path, no control characters.
void require_domain_name(const std::string& name);

}  // namespace vfio_doctor
