// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// GRUB's menu as its script lays it out, other systems and submenus included: what a default can name.
struct GrubMenu {
  struct Item {
    std::string title, id;
    std::optional<std::size_t> parent;  ///< the submenu it stands in; nothing at the top
    bool submenu = false;
    bool conditional = false;          ///< in the menu only under a condition that is not evaluated
    std::optional<std::size_t> entry;  ///< its place in GrubConfig::entries, where it starts this system's Linux
  };
  /// `set default=...`
  struct Choice {
    std::string text;
    bool variable = false;  ///< `text` is the name of a variable
    std::string section;    ///< the /etc/grub.d script that wrote it
  };
  std::vector<Item> items;
  std::vector<Choice> defaults;
  bool complete = true;  ///< false: there were too many, or a default that is more than a text or a variable
};

class GrubVariables;

/// What GRUB looks up in its menu to start it next: a number, a title or an id, "submenu>entry". Nothing
/// where the files leave that open.
std::optional<std::string> default_of_menu(const GrubMenu& menu, const GrubVariables& variables);

/// The item with this number, title or id, as GRUB finds it (grub-core/normal/menu.c, get_entry_number).
/// Nothing where there is none, or where a condition decides which it is.
std::optional<std::size_t> find_in_menu(const GrubMenu& menu, std::string_view wanted);

}  // namespace vfio_doctor
