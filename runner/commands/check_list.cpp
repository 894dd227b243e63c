// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/check_list.hpp"

#include <algorithm>
#include <array>

#include "base/input_error.hpp"
#include "base/nearest_word.hpp"
#include "base/printable.hpp"
#include "checks/check.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/guest/guest_pages.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

extern const std::string_view verdicts_page;  // made by the build from docs/verdicts.md

namespace {

constexpr std::string_view plugin_page = R"(# Plugin

## What it checks

Whether every plugin that was found could be run. A plugin is a program of somebody else that brings checks of its own.

## Why it matters

A plugin that is refused or fails says nothing, or not everything. What it would have found is missing from the report.
All other checks are unharmed.

## Remedy and its risk

`vfio-doctor plugins` lists every plugin and why it is refused; `vfio-doctor -v` also shows what plugins write to
standard error. A plugin that needs longer gets it with `--plugin-timeout SECONDS`. To do without a plugin, take its file
out of the plugin directory.

## References

docs/plugins.md
)";

/// The words of every report that stand for a verdict; docs/verdicts.md explains them all. "with companions" may be typed with a
/// blank, as the table has it.
bool is_verdict_word(std::string_view word) {
  constexpr std::array<std::string_view, 10> words = {"assignable", "with-companions", "with companions", "protected",
                                                      "blocked",    "unsuitable",      "undetermined",    "ready",
                                                      "not-ready",  "verdicts"};
  return std::ranges::find(words, word) != words.end();
}

std::size_t group_rank(const ListedCheck& check) {
  const auto known = check_groups();  // those of guests and of plugins come last
  const auto place = static_cast<std::size_t>(std::ranges::find(known, check.group) - known.begin());
  return check.group == "plugins" ? place + 1 : place;
}

std::string unusable_plugins(const std::vector<Plugin>& plugins) {
  const auto refused = std::ranges::count_if(plugins, [](const Plugin& plugin) { return !plugin.is_accepted(); });
  if (refused == 0) return {};
  return " (" + std::to_string(refused) + (refused == 1 ? " plugin is" : " plugins are") +
         " refused: see 'vfio-doctor plugins')";
}

InputError unknown_check(const std::string& id, const std::string& prefix, const std::vector<ListedCheck>& list,
                         const std::vector<Plugin>& plugins) {
  std::vector<std::string> known;
  for (const auto& check : list) known.push_back(check.id);
  return InputError(prefix + "there is no check '" + id + "'" + suggestion(id, known) + " ('vfio-doctor checks' lists them)" +
                    unusable_plugins(plugins));
}

std::string page_of(const ListedCheck& check) {
  if (!check.plugin) return check.page;
  const auto origin = "This check comes from the plugin " + check.plugin->label() + " (" + check.plugin->file.path + ").\n";
  if (check.page.empty()) return "# " + printable(check.title) + "\n\n" + printable_lines(origin) + "It brings no page.\n";
  return printable_lines(check.page) + (check.page.ends_with('\n') ? "\n" : "\n\n") + printable_lines(origin);
}

}  // namespace

std::vector<ListedCheck> list_checks(const std::vector<Plugin>& plugins) {
  std::vector<ListedCheck> list;
  for (const auto& check : all_checks())
    list.push_back(
        {std::string(check.id), std::string(check.title), std::string(check.group), std::string(check.page), nullptr});
  for (const auto& check : all_domain_checks())
    list.push_back(
        {std::string(check.id), std::string(check.title), std::string(domain_group), std::string(check.page), nullptr});
  for (const auto& plugin : plugins)
    for (const auto& check : plugin.description.checks)
      if (plugin.is_accepted()) list.push_back({check.id, check.title, check.group, check.page, &plugin});
  std::ranges::stable_sort(list, {}, group_rank);
  return list;
}

std::vector<ListedCheck> list_checks_and_guest_checks(const std::vector<Plugin>& plugins) {
  auto list = list_checks(plugins);
  for (const auto& [id, page] : guest_pages()) {
    const auto title = page.substr(0, page.find('\n'));  // "# Title"
    list.push_back(
        {std::string(id), std::string(title.substr(title.find_first_not_of("# "))), "guest", std::string(page), nullptr});
  }
  std::ranges::stable_sort(list, {}, group_rank);
  return list;
}

void require_known_checks(const std::vector<std::string>& ids, const std::string& option, const std::vector<Plugin>& plugins) {
  if (ids.empty()) return;  // every run of a check passes here
  const auto list = list_checks(plugins);
  for (const auto& id : ids)
    if (std::ranges::find(guest_pages(), id, &GuestPage::id) != guest_pages().end())
      throw InputError(option + ": '" + id + "' is a check of a guest, which 'vfio-doctor verify' always makes in full");
    else if (std::ranges::find(list, id, &ListedCheck::id) == list.end())
      throw unknown_check(id, option + ": ", list, plugins);
}

std::string page_of_check(const std::string& id, const std::vector<Plugin>& plugins) {
  if (id == plugin_finding_id) return std::string(plugin_page);
  if (id == verdict_finding_id || is_verdict_word(id)) return std::string(verdicts_page);
  const auto list = list_checks_and_guest_checks(plugins);
  const auto found = std::ranges::find(list, id, &ListedCheck::id);
  if (found == list.end()) throw unknown_check(id, "", list, plugins);
  return page_of(*found);
}

}  // namespace vfio_doctor
