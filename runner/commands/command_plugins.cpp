// SPDX-License-Identifier: GPL-2.0-or-later
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "runner/commands/output.hpp"
#include "runner/plugins/plugin_facts.hpp"
#include "runner/plugins/plugins.hpp"

namespace vfio_doctor {
namespace {

std::vector<std::string> check_ids(const Plugin& plugin) {
  std::vector<std::string> ids;
  for (const auto& check : plugin.description.checks) ids.push_back(check.id);
  return ids;
}

std::string list_as_text(const std::vector<Plugin>& plugins, const Options& options) {
  if (plugins.empty()) {
    const auto places = options.plugins.directories.empty() ? default_plugin_directories() : options.plugins.directories;
    return "No plugins in " + printable(join(places, ", ")) + ".\n";
  }
  std::string text;
  for (const auto& plugin : plugins) {
    text += (plugin.is_accepted() ? "accepted  " : "refused   ") + printable(plugin.file.path) + "\n";
    text += plugin.is_accepted() ? "          " + printable(plugin.label()) + ": " + join(check_ids(plugin), ", ") + "\n"
                                 : "          " + printable(plugin.refusal) + "\n";
  }
  return text;
}

std::string list_as_json(const std::vector<Plugin>& plugins) {
  using Json = nlohmann::ordered_json;
  const auto or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  auto list = Json::array();
  for (const auto& plugin : plugins)
    list.push_back({{"path", plugin.file.path},
                    {"state", plugin.is_accepted() ? "accepted" : "refused"},
                    {"reason", or_null(plugin.refusal)},
                    {"name", or_null(plugin.description.name)},
                    {"version", or_null(plugin.description.version)},
                    {"checks", check_ids(plugin)}});
  return list.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int run_plugins_command(const Options& options) {
  if (options.facts) {
    keep_from_harm(options);
    write_outputs(options, "text", [](const std::string& format, const std::string&) {
      return format == "json" ? facts_schema().dump(2) + "\n" : facts_as_text();
    });
    return 0;
  }
  const auto plugins = load_plugins(options.plugins);
  keep_from_harm(options);
  write_outputs(options, "text", [&](const std::string& format, const std::string& file) {
    return format == "json" ? list_as_json(plugins) : fitted(list_as_text(plugins, options), file);
  });
  return 0;
}

}  // namespace vfio_doctor
