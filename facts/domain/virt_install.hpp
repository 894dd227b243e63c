// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// A command line of virt-install, or of virt-xml with --add-device: the domain that libvirt gets from it, as far as its devices of the
/// host go (virt-manager 5, virtinst/cli.py and virtinst/devices/hostdev.py). Nothing where the text runs neither.
/// Throws InputError where there are too many words.
std::optional<Domain> parse_virt_install(const std::string& text, const std::string& name);

}  // namespace vfio_doctor
