// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_menu.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/ascii.hpp"
#include "base/text.hpp"

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

/// A number as grub_strtoul() reads it, base 0; what stands behind it is `rest`. A number beyond all menus where it is too large.
std::optional<std::uint64_t> number_at(std::string_view text, std::string_view& rest) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size()));
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X"))
    base = 16, text.remove_prefix(2);
  else if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '7')
    base = 8;
  const auto digits = base == 16 ? "0123456789abcdefABCDEF" : base == 8 ? "01234567" : "0123456789";
  const auto end = std::min(text.find_first_not_of(digits), text.size());
  rest = text.substr(end);
  if (end == 0) return std::nullopt;
  constexpr std::uint64_t beyond = UINT32_MAX;
  return parse_unsigned(text.substr(0, end), base).value_or(beyond);
}

/// The items of one menu.
std::vector<std::size_t> siblings(const GrubMenu& menu, std::optional<std::size_t> parent) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < menu.items.size(); ++i)
    if (menu.items[i].parent == parent) all.push_back(i);
  return all;
}

struct Found {
  bool known = false;               ///< false: a condition decides
  std::optional<std::size_t> item;  ///< nothing: there is none
};

bool is_open(const GrubMenu::Item& item) { return item.conditional || item.loader_entries; }

/// A file that blscfg reads: its name without ".conf", and which entry it is; nothing where its content was not seen.
struct LoaderFile {
  std::string name;
  std::optional<std::size_t> entry;
};

constexpr std::string_view loader_directory = "/boot/loader/entries", loader_suffix = ".conf";

std::string name_of_loader_file(const std::string& path) {
  const auto name = base_name(path);
  return name.substr(0, name.size() - loader_suffix.size());
}

std::vector<LoaderFile> loader_files(const std::vector<BootEntry>& entries, const std::vector<UnreadBootFile>& unread) {
  std::vector<LoaderFile> files;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].kind == BootEntryKind::loader_entry && parent_path(entries[i].file) == loader_directory)
      files.push_back({name_of_loader_file(entries[i].file), i});
  for (const auto& one : unread)
    if (parent_path(one.file) == loader_directory && one.file.ends_with(loader_suffix))
      files.push_back({name_of_loader_file(one.file), std::nullopt});
  return files;
}

/// A directory on the way could not be looked into, so nobody knows which files there are.
bool hides_loader_files(const UnreadBootFile& unread) {
  return unread.file == loader_directory || std::string(loader_directory).starts_with(unread.file + "/");
}

Found by_number(const GrubMenu& menu, const std::vector<std::size_t>& items, std::uint64_t number) {
  const bool all_are_here = std::ranges::none_of(items, [&menu](std::size_t item) { return menu.items[item].loader_entries; });
  if (all_are_here && number >= items.size()) return {true, {}};
  for (const auto item : items) {
    if (is_open(menu.items[item]) || menu.items[item].unordered) return {};
    if (number-- == 0) return {true, item};
  }
  return {true, {}};
}

Found by_name(const GrubMenu& menu, const std::vector<std::size_t>& items, const std::string& name) {
  // Nobody calls an entry by a number, or by the file of another.
  const bool may_be_title = name.find_first_not_of("0123456789") != name.npos &&
                            std::ranges::none_of(items, [&](std::size_t item) { return menu.items[item].id == name; });
  bool any_open = false;
  for (const auto item : items) {
    const auto& one = menu.items[item];
    any_open |= one.loader_entries || (one.title_unknown && may_be_title);
    const bool is_named = one.id == name || (one.title == name && !one.title_unknown);
    if (one.loader_entries || !is_named) continue;
    if (any_open || is_open(one)) return {};
    return {true, item};
  }
  return {!any_open, {}};
}

Found first_of(const Found& one, const Found& other) { return !one.known || one.item ? one : other; }

/// One step. GRUB takes what begins with a number for that number; Fedora's looks for names first, and for numbers only where the
/// whole is one (get_entry_number_helper). Where it may be either, and the two would start something else, it is not known.
Found find_sibling(const GrubMenu& menu, const std::vector<std::size_t>& items, const std::string& wanted, bool of_fedora) {
  std::string_view rest;
  const auto number = number_at(wanted, rest);
  const auto name = by_name(menu, items, wanted);
  const auto first = by_number(menu, items, 0);
  const auto upstream = number ? by_number(menu, items, *number) : name;
  const auto fedora = first_of(name, number && rest.empty() ? by_number(menu, items, *number) : Found{true, {}});
  const auto one = first_of(upstream, first), other = first_of(fedora, first);
  if (of_fedora) return other;
  return one.known && other.known && one.item == other.item ? one : Found{};
}

/// vercmp() of Fedora's blscfg.c: rpm's comparison of versions.
int compare_versions(std::string_view one, std::string_view two) {
  if (one == two) return 0;
  const auto skip = [](std::string_view& text) {
    while (!text.empty() && !is_digit(text[0]) && !is_letter(text[0]) && text[0] != '~' && text[0] != '+')
      text.remove_prefix(1);
  };
  const auto take = [](std::string_view& text, bool number) {
    std::size_t end = 0;
    while (end < text.size() && (number ? is_digit(text[end]) : is_letter(text[end]))) ++end;
    const auto part = text.substr(0, end);
    text.remove_prefix(end);
    return part;
  };
  while (!one.empty() || !two.empty()) {
    skip(one), skip(two);
    const auto begins = [](std::string_view text, char c) { return text.starts_with(c); };
    if (begins(one, '~') || begins(two, '~')) {
      if (!begins(one, '~')) return 1;
      if (!begins(two, '~')) return -1;
      one.remove_prefix(1), two.remove_prefix(1);
      continue;
    }
    if (begins(one, '+') || begins(two, '+')) {
      if (one.empty()) return -1;
      if (two.empty()) return 1;
      if (!begins(one, '+')) return 1;
      if (!begins(two, '+')) return -1;
      one.remove_prefix(1), two.remove_prefix(1);
      continue;
    }
    if (one.empty() || two.empty()) break;
    const bool number = is_digit(one[0]);
    auto left = take(one, number), right = take(two, number);
    if (right.empty()) return number ? 1 : -1;
    if (number) {
      left.remove_prefix(std::min(left.find_first_not_of('0'), left.size()));
      right.remove_prefix(std::min(right.find_first_not_of('0'), right.size()));
      if (left.size() != right.size()) return left.size() > right.size() ? 1 : -1;
    }
    if (const int order = left.compare(right); order != 0) return order < 0 ? -1 : 1;
  }
  if (one.empty() && two.empty()) return 0;
  return one.empty() ? -1 : 1;
}

/// split_package_string(): name, version and release.
std::array<std::string_view, 3> package_parts(std::string_view text) {
  const auto cut_last = [&text]() -> std::optional<std::string_view> {
    const auto dash = text.rfind('-');
    if (dash == text.npos) return std::nullopt;
    const auto behind = text.substr(dash + 1);
    text = text.substr(0, dash);
    return behind;
  };
  const auto release = cut_last(), version = cut_last();
  if (!version) return {text, release.value_or(""), ""};
  return {text, *version, release.value_or("")};
}

}  // namespace

std::optional<std::size_t> next_of_menu(const GrubMenu& menu, bool of_fedora) {
  if (!menu.wanted) return std::nullopt;
  std::optional<std::size_t> parent;
  // Without a next step, a submenu starts its first entry. The items end the loop: each step goes one deeper.
  for (std::string_view rest = *menu.wanted;;) {
    const auto path = cut(rest);
    const auto found = find_sibling(menu, siblings(menu, parent), path.first, of_fedora);
    if (!found.known || !found.item || !menu.items[*found.item].submenu) return found.item;
    parent = found.item;
    rest = path.rest;
  }
}

void add_loader_entries(GrubMenu& menu, const std::vector<BootEntry>& entries, const std::vector<UnreadBootFile>& unread,
                        bool ordered) {
  if (std::ranges::count_if(menu.items, &GrubMenu::Item::loader_entries) != 1) return;
  if (std::ranges::any_of(unread, hides_loader_files)) return;
  auto files = loader_files(entries, unread);
  std::ranges::stable_sort(files,
                           [](const auto& one, const auto& other) { return compare_loader_entries(one.name, other.name) > 0; });
  std::vector<GrubMenu::Item> items;
  std::vector<std::size_t> place_of;  // of the items that were there
  for (auto& item : menu.items) {
    place_of.push_back(items.size());
    if (item.parent) item.parent = place_of[*item.parent];
    if (!item.loader_entries) {
      items.push_back(std::move(item));
      continue;
    }
    for (const auto& [name, entry] : files) {
      const auto title = !entry                          ? std::string()
                         : entries[*entry].title.empty() ? entries[*entry].kernel
                                                         : entries[*entry].title;
      items.push_back({.title = title,
                       .id = name,
                       .parent = item.parent,
                       .conditional = item.conditional,
                       .title_unknown = !entry,
                       .unordered = !ordered && files.size() > 1,
                       .entry = entry});
    }
  }
  menu.items = std::move(items);
}

int compare_loader_entries(std::string_view one, std::string_view other) {
  const auto left = package_parts(one), right = package_parts(other);
  for (std::size_t i = 0; i < left.size(); ++i)
    if (const int order = compare_versions(left[i], right[i]); order != 0) return order;
  return 0;
}

}  // namespace vfio_doctor
