// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/plugins/plugin_facts.hpp"

#include <algorithm>

#include "runner/plugins/facts_of_host.hpp"

namespace vfio_doctor {
namespace {

const Members<Host>& groups() {
  static const Members<Host> list =
      {pci_facts(),          iommu_facts(),    kernel_facts(),  cpu_facts(),
       distribution_facts(), firmware_facts(), vfio_facts(),    boot_facts(),
       storage_facts(),      network_facts(),  console_facts(), process_facts(),
       memory_facts(),       module_facts(),   image_facts(),   room_facts(),
       sharing_facts(),      access_facts(),   trust_facts(),   withheld(&Host::privileged, "stands beside the groups")};
  return list;
}

FactJson groups_schema(Coverage& coverage) {
  auto schema = object_schema(groups(), coverage);
  schema["required"] = FactJson::array();  // a plugin gets those it asks for
  return schema;
}

FactJson definitions() {
  return {{"unreadable",
           {{"type", "object"},
            {"required", FactJson::array({"unreadable"})},
            {"properties", {{"unreadable", {{"description", "Why."}, {"type", "string"}}}}}}},
          {"address", {{"type", "string"}, {"pattern", "^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$"}}}};
}

}  // namespace

std::span<const std::string_view> fact_group_names() {
  static const auto names = [] {
    std::vector<std::string_view> list;
    for (const auto& group : groups())
      if (!group.name.empty()) list.push_back(group.name);
    return list;
  }();
  return names;
}

std::string fact_group_json(const Host& host, std::string_view group) {
  const auto found = std::ranges::find(groups(), group, &Member<Host>::name);
  return found->value(host).dump(-1, ' ', true, FactJson::error_handler_t::replace);
}

nlohmann::ordered_json facts_schema() {
  Coverage coverage;
  auto facts = FactJson{{"description", "The groups that the plugin asked for, and no others."}};
  facts.update(groups_schema(coverage));
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"$id", "urn:vfio-doctor:schema:facts-1"},
          {"title", "Facts for vfio-doctor plugins, version 1"},
          {"description",
           "What a plugin gets on standard input when it is run: one line of ASCII JSON. Every observed fact is a value, null "
           "(the machine does not have it) or an object with \"unreadable\" (why it could not be read). New members may appear "
           "in later releases; readers skip what they do not know."},
          {"type", "object"},
          {"required", FactJson::array({"schema", "protocol", "checks", "privileged", "facts"})},
          {"properties",
           {{"schema", {{"const", "vfio-doctor/facts/1"}}},
            {"protocol", {{"const", 1}}},
            {"checks",
             {{"description", "Ids of the checks to run: what the plugin described, without what the user skips."},
              {"type", "array"},
              {"items", {{"type", "string"}}}}},
            {"privileged", {{"description", "False: something was refused that root may read."}, {"type", "boolean"}}},
            {"facts", std::move(facts)}}},
          {"$defs", definitions()}};
}

std::vector<std::string> undescribed_facts() {
  Coverage coverage;
  coverage.enter<Host>();
  groups_schema(coverage);
  return coverage.gaps();
}

}  // namespace vfio_doctor
