// SPDX-License-Identifier: GPL-2.0-or-later
#include <nlohmann/json.hpp>

#include <algorithm>

#include "base/printable.hpp"
#include "checks/signatures/triage.hpp"
#include "reports/page.hpp"
#include "reports/text_layout.hpp"
#include "runner/commands/check_list.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/output.hpp"

namespace vfio_doctor {
namespace {

/// What is the program's own needs no word: a narrow terminal has no room for one on every line.
std::string origin_of(const ListedCheck& check) { return check.plugin ? "from " + printable(check.plugin->label()) : ""; }

std::string list_as_text(const std::vector<ListedCheck>& checks) {
  std::size_t id_width = 0, title_width = 0;
  for (const auto& check : checks) {
    id_width = std::max(id_width, check.id.size());
    title_width = std::max(title_width, text_width(printable(check.title)));
  }
  std::string text, group;
  for (const auto& check : checks) {
    if (check.group != group) text += (group.empty() ? "" : "\n") + check.group + "\n";
    group = check.group;
    const auto origin = origin_of(check);
    const auto title = printable(check.title);
    text += "  " + padded(check.id, id_width + 2) + (origin.empty() ? title : padded(title, title_width + 2) + origin) + "\n";
  }
  return text;
}

std::string list_as_json(const std::vector<ListedCheck>& checks) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& check : checks) {
    nlohmann::ordered_json one = {{"id", check.id},
                                  {"title", check.title},
                                  {"group", check.group},
                                  {"origin", check.plugin ? "plugin" : "built-in"}};
    if (check.plugin)
      one["plugin"] = {{"name", check.plugin->description.name},
                       {"version", check.plugin->description.version},
                       {"path", check.plugin->file.path}};
    list.push_back(std::move(one));
  }
  return list.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// The page of a cause that triage names, or the one for an error text (which has blanks in it); else empty.
std::string page_of_cause(const std::string& text) {
  const auto& table = CauseTable::built_in();
  const auto cause = std::ranges::find(table.causes, text, &KnownCause::id);
  if (cause != table.causes.end()) return table.pages.at(cause->page);
  return text.find(' ') == std::string::npos ? std::string() : page_for_error_text(text);
}

}  // namespace

int run_checks_command(const ChecksOptions& options) {
  const auto plugins = load_plugins(options.plugins);
  keep_from_harm(options.output);
  const auto checks = list_checks_and_guest_checks(plugins);
  write_outputs(options.output, "text", [&checks](const std::string& format, const std::string& file) {
    return format == "json" ? list_as_json(checks) : fitted(list_as_text(checks), file);
  });
  return 0;
}

int run_explain_command(const ExplainOptions& options) {
  const auto plugins = load_plugins(options.plugins);
  keep_from_harm(options.output);
  auto page = page_of_cause(options.id);
  if (page.empty()) page = page_of_check(options.id, plugins);
  write_outputs(options.output, "text", [&](const std::string&, const std::string& file) {
    constexpr unsigned widest = 100;  // longer lines are hard to read
    auto style = text_style_for(options.output, file);
    style.columns = std::min(style.columns, widest);
    return render_page(page, style, is_terminal(file) ? PageForm::plain : PageForm::markdown);
  });
  return 0;
}

}  // namespace vfio_doctor
