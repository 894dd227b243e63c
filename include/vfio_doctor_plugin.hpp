// SPDX-License-Identifier: GPL-2.0-or-later
// Write a plugin for vfio-doctor in C++17: include this, describe your checks, hand main() over. See docs/plugins.md.
// Needs nlohmann/json (Debian: nlohmann-json3-dev, Fedora: json-devel).
#pragma once

#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace vfio_doctor_plugin {

using Json = nlohmann::ordered_json;
inline constexpr int protocol = 1;

/// A fact is a value, null (the machine does not have it) or {"unreadable": "why"}. A check that needs an unreadable fact
/// answers "unknown", never "pass".
inline bool is_unreadable(const Json& fact) { return fact.is_object() && fact.contains("unreadable"); }
inline bool has_value(const Json& fact) { return !fact.is_null() && !is_unreadable(fact); }

/// One result. Status: pass, warn, fail, unknown, not-applicable. Subject: "host", a device's address or "group:N".
class Finding {
 public:
  Finding(std::string status, std::string subject, std::string summary)
      : json_{{"status", std::move(status)}, {"subject", std::move(subject)}, {"summary", std::move(summary)}} {}
  /// With warn or fail: the devices it speaks of cannot be given to a guest.
  Finding& blocks() { return set("effect", "blocked"); }
  /// With warn or fail: the host needs them.
  Finding& protects() { return set("effect", "protected"); }
  Finding& evidence(std::string source, std::string value) {
    json_["evidence"].push_back({{"source", std::move(source)}, {"value", std::move(value)}});
    return *this;
  }
  Finding& remedy(std::string text, std::vector<std::string> commands = {}, std::vector<std::string> undo = {},
                  std::string risk = "") {
    json_["remedy"].push_back(
        {{"text", std::move(text)}, {"commands", std::move(commands)}, {"undo", std::move(undo)}, {"risk", std::move(risk)}});
    return *this;
  }
  const Json& json() const { return json_; }

 private:
  Finding& set(const char* name, const char* value) {
    json_[name] = value;
    return *this;
  }
  Json json_;
};

/// One check: `run` gets the "facts" object with the groups that were asked for.
struct Check {
  std::string id, title, group;
  std::vector<std::string> facts;
  std::string page;
  std::function<std::vector<Finding>(const Json& facts)> run;
};

struct Plugin {
  std::string name, version;
  std::vector<Check> checks;
};

/// Answers `describe` and `run`; the value is the exit code of main().
inline int run_plugin(const Plugin& plugin, int argument_count, char** arguments) {
  const std::string verb = argument_count == 2 ? arguments[1] : "";
  const auto write = [](const Json& json) { std::cout << json.dump(-1, ' ', true, Json::error_handler_t::replace) << '\n'; };
  if (verb == "describe") {
    Json checks = Json::array();
    for (const auto& check : plugin.checks) {
      Json one{{"id", check.id}, {"title", check.title}, {"facts", check.facts}};
      if (!check.group.empty()) one["group"] = check.group;
      if (!check.page.empty()) one["page"] = check.page;
      checks.push_back(std::move(one));
    }
    write({{"protocol", protocol}, {"name", plugin.name}, {"version", plugin.version}, {"checks", std::move(checks)}});
    return 0;
  }
  if (verb != "run") {
    std::cerr << "usage: " << arguments[0] << " describe|run\n";
    return 2;
  }
  try {
    const Json input = Json::parse(std::cin);
    for (const auto& check : plugin.checks) {
      for (const auto& finding : check.run(input.at("facts"))) {
        Json line{{"id", check.id}};
        line.update(finding.json());
        write(line);
      }
    }
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace vfio_doctor_plugin
