// SPDX-License-Identifier: GPL-2.0-or-later
#include <nlohmann/json.hpp>

#include <algorithm>

#include "checks/check.hpp"
#include "facts/input_error.hpp"
#include "runner/output.hpp"

namespace vfio_doctor {
namespace {

std::string list_as_text() {
  std::string text, group;
  for (const auto& check : all_checks()) {
    if (check.group != group) text += (group.empty() ? "" : "\n") + std::string(check.group) + "\n";
    group = check.group;
    std::string id(check.id);
    id.resize(std::max<std::size_t>(id.size() + 1, 26), ' ');
    text += "  " + id + std::string(check.title) + "\n";
  }
  return text;
}

std::string list_as_json() {
  auto list = nlohmann::ordered_json::array();
  for (const auto& check : all_checks())
    list.push_back({{"id", check.id}, {"title", check.title}, {"group", check.group}, {"origin", "built-in"}});
  return list.dump(2) + "\n";
}

}  // namespace

int run_checks_command(const Options& options) {
  write_outputs(options, "text", [](const std::string& format, const std::string&) {
    return format == "json" ? list_as_json() : list_as_text();
  });
  return 0;
}

int run_explain_command(const Options& options) {
  const auto found = std::ranges::find(all_checks(), options.check_id, &Check::id);
  if (found == all_checks().end())
    throw InputError("there is no check '" + options.check_id + "'; 'vfio-doctor checks' lists them");
  write_outputs(options, "text", [&](const std::string&, const std::string&) { return std::string(found->page); });
  return 0;
}

}  // namespace vfio_doctor
