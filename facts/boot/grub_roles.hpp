// SPDX-License-Identifier: GPL-2.0-or-later
// What an entry of grub.cfg is.
#pragma once

#include <string>
#include <vector>

#include "facts/boot/boot_configuration.hpp"
#include "facts/boot/grub_menu.hpp"
#include "facts/boot/grub_words.hpp"

namespace vfio_doctor {

/// `section`: the script of /etc/grub.d that wrote it.
BootEntryRole role_of_grub_entry(const std::string& title, const std::string& section, const BootLine& line);

/// Entries of other systems, and of Xen, whose kernel lines are not comparable.
bool is_of_another_system(const std::string& section);

/// The item that the words of a menuentry or a submenu make (grub-core/commands/menuentry.c).
GrubMenu::Item grub_menu_item(const std::vector<GrubArgument>& arguments);

}  // namespace vfio_doctor
