// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_menu.hpp"

#include <algorithm>
#include <cstdint>

#include "base/text.hpp"
#include "facts/boot/grub_config.hpp"

namespace vfio_doctor {
namespace {

/// "a>>b>c": the first step of the path is "a>b", the rest "c".
struct Path {
  std::string first;
  std::string_view rest;
};

Path cut(std::string_view path) {
  Path result;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] == '>' && (at + 1 == path.size() || path[at + 1] != '>')) {
      result.rest = path.substr(at + 1);
      return result;
    }
    if (path[at] == '>') ++at;
    result.first += path[at];
  }
  return result;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// One step: among the items of one menu.
std::optional<std::size_t> find_sibling(const GrubMenu& menu, std::optional<std::size_t> parent, const std::string& wanted) {
  std::uint64_t left = 0;
  const bool counts = wanted.empty() || is_number(wanted);
  if (is_number(wanted)) {
    const auto number = parse_unsigned(wanted);
    if (!number) return std::nullopt;
    left = *number;
  }
  for (std::size_t i = 0; i < menu.items.size(); ++i) {
    const auto& item = menu.items[i];
    if (item.parent != parent) continue;
    if (!counts && (item.title == wanted || item.id == wanted)) return i;
    if (!counts) continue;
    if (item.conditional) return std::nullopt;  // it may or may not count
    if (left-- == 0) return i;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> default_of_menu(const GrubMenu& menu, const GrubVariables& variables) {
  if (!menu.complete) return std::nullopt;
  std::optional<std::string> chosen;
  for (const auto& choice : menu.defaults) {
    auto text = choice.text;
    if (choice.variable) {
      const auto saved = variables.saved(choice.text);
      if (!saved) return std::nullopt;
      if (choice.text == "next_entry" && !saved->empty()) return saved;  // grub-reboot: once
      if (choice.text == "next_entry") continue;
      text = *saved;
    }
    // Fedora's way back after failed boots; it counts in the environment.
    if (choice.section == "08_fallback_counting") {
      const auto counter = variables.saved("boot_counter");
      if (!counter || !counter->empty()) return std::nullopt;
      continue;
    }
    if (text.empty()) text = "0";
    if (chosen && *chosen != text) return std::nullopt;
    chosen = text;
  }
  return chosen ? chosen : "0";
}

std::optional<std::size_t> find_in_menu(const GrubMenu& menu, std::string_view wanted) {
  std::optional<std::size_t> found;
  // Without a next step, a submenu starts its first entry. The items end the loop: each step goes one deeper.
  for (std::string_view rest = wanted;;) {
    const auto path = cut(rest);
    found = find_sibling(menu, found, path.first);
    if (!found || !menu.items[*found].submenu) return found;
    rest = path.rest;
  }
}

}  // namespace vfio_doctor
