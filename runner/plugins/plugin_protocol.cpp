// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/plugins/plugin_protocol.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

#include "base/bounded_json.hpp"
#include "base/text.hpp"
#include "checks/check.hpp"
#include "runner/plugins/plugin_facts.hpp"
#include "runner/plugins/plugin_words.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;

constexpr std::size_t short_text = 200, sentence = 2000, long_text = 16'384, longest_page = 65'536;
constexpr std::size_t most_checks = 100, most_pieces = 100;

/// Not `const std::string& name`: a compiler could not tell that what it returns does not refer to that text.
const Json& member(const Json& object, std::string_view name) {
  static const Json none;
  const auto found = object.find(std::string(name));
  return found == object.end() ? none : *found;
}

enum class Need { required, optional };

std::string text(const Json& object, const std::string& name, std::size_t most, Need need, const std::string& where = "") {
  const auto& value = member(object, name);
  if (value.is_null() && need == Need::optional) return {};
  if (value.is_null()) throw ProtocolError(where + "\"" + name + "\" is missing");
  if (!value.is_string()) throw ProtocolError(where + "\"" + name + "\" is not text");
  auto content = value.get<std::string>();
  if (content.empty() && need == Need::required) throw ProtocolError(where + "\"" + name + "\" is empty");
  if (content.size() > most) throw ProtocolError(where + "\"" + name + "\" is longer than " + std::to_string(most) + " bytes");
  return content;
}

/// An optional list; `read` gets each item and its place, "checks[0].".
template <class Read>
void each(const Json& object, const std::string& name, std::size_t most, const std::string& where, Read read) {
  const auto& list = member(object, name);
  if (list.is_null()) return;
  if (!list.is_array()) throw ProtocolError(where + "\"" + name + "\" is not a list");
  if (list.size() > most) throw ProtocolError(where + "\"" + name + "\" has more than " + std::to_string(most) + " items");
  for (std::size_t i = 0; i < list.size(); ++i) read(list[i], where + name + "[" + std::to_string(i) + "].");
}

std::vector<std::string> texts(const Json& object, const std::string& name, const std::string& where) {
  std::vector<std::string> list;
  each(object, name, most_pieces, where, [&](const Json& item, const std::string& at) {
    if (!item.is_string() || item.get_ref<const std::string&>().size() > sentence)
      throw ProtocolError(at.substr(0, at.size() - 1) + " is not a short text");
    list.push_back(item.get<std::string>());
  });
  return list;
}

Json parse_object(std::string_view source) {
  Json document;
  try {
    document = parse_bounded_json(source);
  } catch (const JsonError& problem) {
    throw ProtocolError("it is not JSON" + problem.why());
  }
  if (!document.is_object()) throw ProtocolError("it is not a JSON object");
  return document;
}

bool is_kebab_case(std::string_view id) {
  const auto parts = split(id, '-');
  return !id.empty() && id.size() <= 64 && id[0] >= 'a' && id[0] <= 'z' &&
         std::ranges::all_of(parts, [](std::string_view part) {
           return !part.empty() &&
                  std::ranges::all_of(part, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
         });
}

void require_protocol(const Json& document) {
  const auto& protocol = member(document, "protocol");
  if (!protocol.is_number_integer()) throw ProtocolError("\"protocol\" is missing or not a whole number");
  if (protocol != plugin_protocol)
    throw ProtocolError("it speaks protocol " + protocol.dump() + ", this vfio-doctor speaks protocol " +
                        std::to_string(plugin_protocol));
}

PluginCheck parse_check(const Json& object, const std::string& where) {
  if (!object.is_object()) throw ProtocolError(where.substr(0, where.size() - 1) + " is not an object");
  PluginCheck check;
  check.id = text(object, "id", 64, Need::required, where);
  if (!is_kebab_case(check.id))
    throw ProtocolError(where + "\"id\" is not lower-case words joined by '-', like \"acme-dock-firmware\"");
  check.title = text(object, "title", short_text, Need::required, where);
  check.group = text(object, "group", 64, Need::optional, where);
  if (check.group.empty()) check.group = "plugins";
  if (check.group != "plugins" && std::ranges::find(check_groups(), check.group) == check_groups().end()) {
    std::string known;
    for (const auto name : check_groups()) known += std::string(name) + ", ";
    throw ProtocolError(where + "\"group\" is none of " + known + "plugins");
  }
  check.page = text(object, "page", longest_page, Need::optional, where);
  check.facts = texts(object, "facts", where);
  for (const auto& name : check.facts)
    if (std::ranges::find(fact_group_names(), name) == fact_group_names().end())
      throw ProtocolError(where + "facts: there are no facts called \"" + name.substr(0, short_text) + "\"");
  return check;
}

Status parse_status(const std::string& word) {
  for (const auto status : {Status::pass, Status::warn, Status::fail, Status::unknown, Status::not_applicable, Status::error})
    if (word == to_text(status)) return status;
  throw ProtocolError("\"status\" is none of pass, warn, fail, unknown, not-applicable, error");
}

Effect parse_effect(const std::string& word) {
  for (const auto effect : {Effect::none, Effect::blocked, Effect::protects})
    if (word.empty() || word == to_text(effect)) return effect;
  throw ProtocolError("\"effect\" is neither \"blocked\" nor \"protected\"");
}

Remedy parse_remedy(const Json& object, const std::string& where) {
  if (!object.is_object()) throw ProtocolError(where.substr(0, where.size() - 1) + " is not an object");
  return {text(object, "text", sentence, Need::required, where), texts(object, "commands", where), texts(object, "undo", where),
          text(object, "risk", sentence, Need::optional, where)};
}

}  // namespace

PluginDescription parse_plugin_description(const std::string& output) {
  const auto document = parse_object(output);
  require_protocol(document);  // first: another version may look different in every other way
  PluginDescription description;
  description.name = text(document, "name", 64, Need::required);
  description.version = text(document, "version", 64, Need::required);
  std::set<std::string> ids;
  each(document, "checks", most_checks, "", [&](const Json& item, const std::string& where) {
    description.checks.push_back(parse_check(item, where));
    if (!ids.insert(description.checks.back().id).second) throw ProtocolError(where + "\"id\" is there twice");
  });
  if (description.checks.empty()) throw ProtocolError("\"checks\" is missing or empty");
  return description;
}

Finding parse_plugin_finding(std::string_view line, const std::vector<PluginCheck>& checks) {
  const auto object = parse_object(line);
  Finding finding;
  finding.id = text(object, "id", 64, Need::required);
  const auto check = std::ranges::find(checks, finding.id, &PluginCheck::id);
  if (check == checks.end()) throw ProtocolError("\"id\" is not one that it described");
  finding.status = parse_status(text(object, "status", 64, Need::required));
  finding.subject = text(object, "subject", short_text, Need::optional);
  if (finding.subject.empty()) finding.subject = host_subject;
  finding.title = check->title;
  finding.summary = text(object, "summary", sentence, Need::required);
  finding.effect = parse_effect(text(object, "effect", 64, Need::optional));
  each(object, "evidence", most_pieces, "", [&](const Json& item, const std::string& where) {
    if (!item.is_object()) throw ProtocolError(where.substr(0, where.size() - 1) + " is not an object");
    finding.evidence.push_back(
        {text(item, "source", short_text, Need::required, where), text(item, "value", long_text, Need::optional, where)});
  });
  each(object, "remedy", most_pieces, "",
       [&](const Json& item, const std::string& where) { finding.remedy.push_back(parse_remedy(item, where)); });
  mark_names(finding);
  return finding;
}

}  // namespace vfio_doctor
