// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/systemd_boot_menu.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/boot/loader_entries.hpp"
#include "machine/pe_sections.hpp"

namespace vfio_doctor {
namespace {

bool is_of_version(char c) { return is_digit(c) || is_letter(c) || std::string_view("~-^.").find(c) != std::string_view::npos; }

template <class Value>
int order_of(const Value& one, const Value& other) {
  return one < other ? -1 : other < one ? 1 : 0;
}

int order_of_texts(std::string_view one, std::string_view other) {
  const int order = one.compare(other);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/// A set "[a-z]" at `pattern`, which it takes; `nothing` where it never ends.
std::optional<bool> fits_set(std::string_view& pattern, char c) {
  bool first = true, can_range = true, match = false;
  for (std::size_t at = 1;; ++at, first = false) {
    if (at >= pattern.size()) return std::nullopt;
    const char p = pattern[at];
    if (p == ']' && !first) {
      pattern.remove_prefix(at + 1);
      return match;
    }
    if (p == '\\') {
      if (++at >= pattern.size()) return std::nullopt;
      match |= pattern[at] == c;
      can_range = true;
    } else if (p == '-' && can_range && !first && at + 1 < pattern.size() && pattern[at + 1] != ']') {
      const char low = pattern[at - 1];
      if (pattern[++at] == '\\' && ++at >= pattern.size()) return std::nullopt;
      match |= low <= c && c <= pattern[at];
      can_range = false;
    } else {
      match |= p == c;
      can_range = true;
    }
  }
}

/// One character of `text` against what `pattern` begins with, which is no '*'; both are taken.
bool fits_one(std::string_view& pattern, std::string_view& text) {
  if (text.empty()) return false;
  const char c = text.front();
  bool fits = true;
  if (pattern.front() == '[') {
    fits = fits_set(pattern, c).value_or(false);
  } else {
    const bool escaped = pattern.front() == '\\';
    if (escaped) pattern.remove_prefix(1);
    if (pattern.empty()) return false;
    fits = (pattern.front() == '?' && !escaped) || pattern.front() == c;
    pattern.remove_prefix(1);
  }
  text.remove_prefix(1);
  return fits;
}

struct OsRelease {
  std::string image_id, id, image_version, version, version_id, build_id;
  bool named = false;
};

/// The section .osrel; bootspec_pick_name_version_sort_key() picks from it.
OsRelease parse_os_release(std::string_view text) {
  OsRelease release;
  for (const auto line : split_lines(text)) {
    const auto whole = trim(line);
    const auto equals = whole.find('=');
    if (whole.starts_with('#') || equals == whole.npos) continue;
    const auto key = whole.substr(0, equals);
    const auto value = std::string(without_quotes(whole.substr(equals + 1)));
    if (key == "IMAGE_ID") release.image_id = value;
    if (key == "ID") release.id = value;
    if (key == "IMAGE_VERSION") release.image_version = value;
    if (key == "VERSION") release.version = value;
    if (key == "VERSION_ID") release.version_id = value;
    if (key == "BUILD_ID") release.build_id = value;
    release.named |= key == "PRETTY_NAME" || key == "IMAGE_ID" || key == "NAME" || key == "ID";
  }
  return release;
}

}  // namespace

int compare_versions_as_systemd(std::string_view a, std::string_view b) {
  const auto at = [](std::string_view text) { return text.empty() ? '\0' : text.front(); };
  for (;;) {
    while (!a.empty() && !is_of_version(a.front())) a.remove_prefix(1);
    while (!b.empty() && !is_of_version(b.front())) b.remove_prefix(1);
    if (at(a) == '~' || at(b) == '~') {
      if (const int order = order_of(at(a) != '~', at(b) != '~'); order != 0) return order;
      a.remove_prefix(1), b.remove_prefix(1);
    }
    if (a.empty() || b.empty()) return order_of(at(a), at(b));
    for (const char sign : std::string_view("-^.")) {
      if (at(a) != sign && at(b) != sign) continue;
      if (const int order = order_of(at(a) != sign, at(b) != sign); order != 0) return order;
      a.remove_prefix(1), b.remove_prefix(1);
    }
    const bool number = is_digit(at(a)) || is_digit(at(b));
    const auto length = [number](std::string_view text) {
      std::size_t end = 0;
      while (end < text.size() && (number ? is_digit(text[end]) : is_letter(text[end]))) ++end;
      return end;
    };
    auto left = a.substr(0, length(a)), right = b.substr(0, length(b));
    a.remove_prefix(left.size()), b.remove_prefix(right.size());
    if (number) {
      if (const int order = order_of(!left.empty(), !right.empty()); order != 0) return order;
      left.remove_prefix(std::min(left.find_first_not_of('0'), left.size()));
      right.remove_prefix(std::min(right.find_first_not_of('0'), right.size()));
      if (const int order = order_of(left.size(), right.size()); order != 0) return order;
    }
    if (const int order = order_of_texts(left, right); order != 0) return order;
  }
}

bool fits_pattern(std::string_view pattern, std::string_view text) {
  std::optional<std::pair<std::string_view, std::string_view>>
      star;  // where to go on if what follows the last '*' does not fit
  for (;;) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      star = {pattern, text};
      continue;
    }
    if (pattern.empty() && text.empty()) return true;
    if (!pattern.empty() && fits_one(pattern, text)) continue;
    if (!star || star->second.empty()) return false;
    star->second.remove_prefix(1);
    pattern = star->first, text = star->second;
  }
}

SystemdBootMenu::Item SystemdBootMenu::item_of(const std::string& name, std::string_view suffix) {
  Item item;
  item.id = to_lower(name);
  const auto plus = item.id.rfind('+');
  if (plus == item.id.npos || !item.id.ends_with(suffix)) return item;
  const auto counters = std::string_view(item.id).substr(plus + 1, item.id.size() - plus - 1 - suffix.size());
  const auto dash = counters.find('-');
  const auto left = parse_unsigned(counters.substr(0, dash));
  const auto done = dash == counters.npos ? 0 : parse_unsigned(counters.substr(dash + 1));
  constexpr unsigned most = 0x7fffffff;
  if (!left || !done || *left > most || *done > most) return item;
  item.tries_left = static_cast<unsigned>(*left);
  item.tries_done = static_cast<unsigned>(*done);
  item.id = item.id.substr(0, plus) + std::string(suffix);
  return item;
}

void SystemdBootMenu::add_entry(const std::string& name, std::string_view text, std::optional<std::size_t> entry) {
  const auto small = to_lower(name);
  if (small.starts_with("auto-") || small.starts_with('.')) return;
  auto item = item_of(name, ".conf");
  item.entry = entry;
  bool starts = false;
  for (const auto line : split_lines(text)) {
    const auto pair = loader_setting(line);
    if (!pair) continue;
    if (pair->key == "sort-key") item.sort_key = pair->value;
    if (pair->key == "machine-id") item.machine_id = pair->value;
    if (pair->key == "version") item.version = pair->value;
    starts |= pair->key == "linux" || pair->key == "efi" || pair->key == "uki" || pair->key == "uki-url";
  }
  if (starts) items_.push_back(std::move(item));
}

void SystemdBootMenu::add_image(const std::string& name, const Observed<std::string>& head, std::size_t entry) {
  auto item = item_of(name, ".efi");
  item.entry = entry;
  const auto section = head.has_value() ? section_of_unified_image(*head, ".osrel")
                                        : Observed<PeSection>::unreadable("the image could not be read");
  if (section.is_absent()) return;  // systemd-boot leaves it out
  item.order_known = section.has_value() && section->offset + section->size <= head->size();
  if (item.order_known) {
    const auto release = parse_os_release(
        std::string_view(*head).substr(static_cast<std::size_t>(section->offset), static_cast<std::size_t>(section->size)));
    if (!release.named) return;
    const auto& key = release.image_id.empty() ? release.id : release.image_id;
    if (!key.empty()) item.sort_key = key;
    for (const auto* version : {&release.build_id, &release.version_id, &release.version, &release.image_version})
      if (!version->empty()) item.version = *version;
  }
  items_.push_back(std::move(item));
}

int SystemdBootMenu::compare(const Item& one, const Item& other) {
  int order = order_of(one.tries_left == 0u, other.tries_left == 0u);
  if (order == 0) order = order_of(!one.sort_key, !other.sort_key);
  if (order == 0 && one.sort_key && other.sort_key) {
    order = order_of_texts(*one.sort_key, *other.sort_key);
    if (order == 0) order = order_of_texts(one.machine_id, other.machine_id);
    if (order == 0) order = -compare_versions_as_systemd(one.version, other.version);
  }
  if (order == 0) order = -compare_versions_as_systemd(one.id, other.id);
  if (order != 0 || !one.tries_left || !other.tries_left) return order;
  order = -order_of(*one.tries_left, *other.tries_left);
  return order != 0 ? order : order_of(*one.tries_done, *other.tries_done);
}

std::vector<const SystemdBootMenu::Item*> SystemdBootMenu::in_order() const {
  std::vector<const Item*> items;
  for (const auto& item : items_) items.push_back(&item);
  std::ranges::stable_sort(items, [](const Item* one, const Item* other) { return compare(*one, *other) < 0; });
  return items;
}

std::optional<std::size_t> SystemdBootMenu::next(const std::vector<std::string>& wanted) const {
  const auto items = in_order();
  const bool ordered = complete_ && std::ranges::all_of(items_, &Item::order_known);
  for (const auto& text : wanted) {
    const auto pattern = to_lower(text);
    if (pattern.empty()) continue;
    std::vector<const Item*> fitting;
    for (const auto* item : items)
      if (fits_pattern(pattern, item->id)) fitting.push_back(item);
    if (fitting.size() == 1 || (!fitting.empty() && ordered)) return fitting.front()->entry;
    // One of systemd-boot's own; an id as it was written before systemd 250, without its ending; or one out of sight.
    const bool older = std::ranges::any_of(items, [&pattern](const Item* item) {
      return fits_pattern(pattern + ".conf", item->id) || fits_pattern(pattern + ".efi", item->id);
    });
    if (!fitting.empty() || older || !complete_ || pattern.starts_with("auto-")) return std::nullopt;
  }
  return ordered && !items.empty() ? items.front()->entry : std::nullopt;
}

}  // namespace vfio_doctor
