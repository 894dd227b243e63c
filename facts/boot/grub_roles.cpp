// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_roles.hpp"

#include <string_view>

#include "base/text.hpp"

namespace vfio_doctor {

BootEntryRole role_of_grub_entry(const std::string& title, const std::string& section, const BootLine& line) {
  const auto lower = to_lower(title);
  for (const std::string_view word : {"recovery", "rescue", "fallback", "single user", "failsafe"})
    if (lower.find(word) != std::string::npos) return BootEntryRole::recovery;
  for (const auto* word : {"single", "recovery", "rescue"})
    if (line.contains({word, std::nullopt})) return BootEntryRole::recovery;
  if (section.empty() || section.starts_with("10_linux") || section.starts_with("10_proxmox")) return BootEntryRole::normal;
  return BootEntryRole::custom;
}

bool is_of_another_system(const std::string& section) {
  return section.find("os-prober") != std::string::npos || section.find("xen") != std::string::npos ||
         section.find("memtest") != std::string::npos;
}

GrubMenu::Item grub_menu_item(const std::vector<GrubArgument>& arguments) {
  GrubMenu::Item item{.title = {}, .id = {}};
  item.submenu = !arguments.empty() && arguments[0].text.texts[0] == "submenu";
  bool titled = false, named = false;
  const auto text_of = [&item](const GrubArgument& argument) {
    item.conditional |= !argument.text.certain();  // by another name it would be another item
    return argument.text.texts[0];
  };
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto text = text_of(arguments[i]);
    const bool takes_value = text == "--id" || text == "--class" || text == "--users" || text == "--hotkey";
    if (text.starts_with("--id=")) item.id = text.substr(5), named = true;
    if (takes_value && i + 1 < arguments.size()) {
      ++i;
      if (text == "--id") item.id = text_of(arguments[i]), named = true;
    } else if (!text.starts_with("--") && !titled) {
      item.title = text, titled = true;
    }
  }
  if (!named) item.id = item.title;
  return item;
}

}  // namespace vfio_doctor
