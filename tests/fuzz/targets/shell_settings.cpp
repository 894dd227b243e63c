// SPDX-License-Identifier: GPL-2.0-or-later
//
// /etc/default/grub: shell text that is read and never run.
#include "facts/boot/shell_settings.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  ShellSettings settings;
  settings.read(bytes, "grub");
  settings.read(bytes, "grub.d/again.cfg", ShellSettings::Certainty::possible);
  settings.line({"GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"});
  settings.text("GRUB_DEFAULT");
}

}  // namespace vfio_doctor
