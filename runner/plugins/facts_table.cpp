// SPDX-License-Identifier: GPL-2.0-or-later
// The schema of the facts, read out for people.
#include "base/text.hpp"
#include "runner/plugins/plugin_facts.hpp"

namespace vfio_doctor {
namespace {

using Schema = nlohmann::ordered_json;

std::string type_words(const Schema& schema);

std::string words_of_each(const Schema& list, std::string (*words)(const Schema&)) {
  std::vector<std::string> each;
  for (const auto& one : list) each.push_back(words(one));
  return join(each, " | ");
}

std::string type_words(const Schema& schema) {
  if (schema.contains("$ref")) return schema["$ref"] == "#/$defs/address" ? "PCI address" : "unreadable";
  if (schema.contains("anyOf")) return words_of_each(schema["anyOf"], type_words);
  if (schema.contains("enum")) return words_of_each(schema["enum"], [](const Schema& word) { return word.dump(); });
  const auto type = schema["type"].get<std::string>();
  if (type == "array") return "list of " + type_words(schema["items"]);
  if (type == "object")
    return schema.contains("properties") ? "object" : "object of " + type_words(schema["additionalProperties"]) + " by name";
  if (type == "string") return schema.contains("pattern") ? "hexadecimal" : "text";
  return type;
}

/// The members of what `schema` describes, each below `path`.
void append_members(std::string& text, const std::string& path, const Schema& schema) {
  if (schema.contains("anyOf"))
    for (const auto& one : schema["anyOf"]) append_members(text, path, one);
  if (schema.contains("items")) append_members(text, path + "[]", schema["items"]);
  if (!schema.contains("properties")) return;
  for (const auto& [name, member] : schema["properties"].items()) {
    const auto place = path + "." + name;
    text += place + ": " + type_words(member) + "\n    " + member["description"].get<std::string>() + "\n";
    append_members(text, place, member);
  }
}

}  // namespace

std::string facts_as_text() {
  std::string text = "What plugins get, by group. null: the machine does not have it. unreadable: {\"unreadable\": \"why\"}.\n";
  const auto schema = facts_schema();
  for (const auto& [name, group] : schema["properties"]["facts"]["properties"].items()) {
    text += "\n" + name + ": " + group["description"].get<std::string>() + "\n";
    append_members(text, name, group);
  }
  return text;
}

}  // namespace vfio_doctor
