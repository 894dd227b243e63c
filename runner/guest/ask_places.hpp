// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "facts/domain/domain_xml.hpp"
#include "facts/guest/manifest.hpp"
#include "runner/guest/guest_channel.hpp"

namespace vfio_doctor {

/// Fills in the places that the domain's XML does not tell (a -device of the user's own), from QEMU's answer to query-pci: by the
/// device's id in QEMU, or by the ids that it shows where only one function has them. `manifest` is manifest_of() that domain.
/// Throws InputError "NAME: ..." on what is no such answer.
void place_by_qmp(std::string_view answer, const std::string& name, const Domain& domain, Manifest& manifest);

/// Asks QEMU of the running libvirt domain `name` (virsh qemu-monitor-command), where a place is missing. Libvirt marks a domain
/// whose monitor was used as tainted (custom-monitor), so it is not asked for nothing. Without an answer places stay unknown.
void ask_places(const std::string& name, const Domain& domain, Manifest& manifest, ProcessRunner run = run_process);

}  // namespace vfio_doctor
