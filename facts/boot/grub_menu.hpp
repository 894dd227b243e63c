// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/boot/boot_configuration.hpp"

namespace vfio_doctor {

/// GRUB's menu as its script lays it out, other systems and submenus included: what a default can name.
struct GrubMenu {
  struct Item {
    std::string title, id;
    std::optional<std::size_t> parent = {};  ///< the submenu it stands in; nothing at the top
    bool submenu = false;
    bool conditional = false;               ///< in the menu only under a condition whose outcome is not known
    bool loader_entries = false;            ///< none itself: here blscfg puts its entries
    bool title_unknown = false;             ///< its file could not be read: any name may be its title
    bool unordered = false;                 ///< its place among its neighbours is not known
    std::optional<std::size_t> entry = {};  ///< its place among the boot entries, where it starts this system's Linux
  };
  std::vector<Item> items;
  /// What the variable `default` holds when the menu is there; nothing where that is not known.
  std::optional<std::string> wanted = "";
};

/// The item that starts next (grub-core/normal/menu.c: run_menu, get_entry_number): what `wanted` names, by number, title or id,
/// "submenu>entry"; the first where it names none. Nothing where a condition decides which that is. `of_fedora`: this is Fedora's GRUB; if it may be any,
/// nothing where the two differ.
std::optional<std::size_t> next_of_menu(const GrubMenu& menu, bool of_fedora = false);

/// Puts the boot entries that GRUB reads from /boot/loader/entries in their place. `unread`: files of that directory whose content could
/// not be seen, or the directory itself: those are in the menu, too, and start nobody knows what. `ordered`: this GRUB sorts them as
/// Fedora's does; else a number says nothing about them.
void add_loader_entries(GrubMenu& menu, const std::vector<BootEntry>& entries, const std::vector<UnreadBootFile>& unread,
                        bool ordered);

/// The order in which blscfg lists entries, by the names of their files without ".conf" (bls_cmp in
/// grub-core/commands/blscfg.c of Fedora's GRUB): less than 0 where `one` comes after `other`, the newer first.
int compare_loader_entries(std::string_view one, std::string_view other);

}  // namespace vfio_doctor
