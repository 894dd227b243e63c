// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/json.hpp"

#include "reports/json_objects.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json finding_object(const Finding& finding) {
  Json evidence = Json::array();
  for (const Evidence& seen : finding.evidence)
    evidence.push_back(Json{{"source", seen.source}, {"value", seen.value}});
  Json remedies = Json::array();
  for (const Remedy& remedy : finding.remedy)
    remedies.push_back(Json{
        {"text", remedy.text}, {"commands", remedy.commands}, {"undo", remedy.undo}, {"risk", remedy.risk}});
  Json object{{"id", finding.id},
              {"status", to_text(finding.status)},
              {"subject", finding.subject},
              {"title", finding.title},
              {"summary", finding.summary},
              {"evidence", std::move(evidence)},
              {"remedy", std::move(remedies)}};
  if (finding.effect != Effect::none) object["effect"] = to_text(finding.effect);
  return object;
}

Json group_object(const GroupReport& group) {
  return Json{{"id", group.id}, {"type", or_null(group.type)}, {"members", group.members}};
}

}  // namespace

Json tool_object(const Report& report) {
  return Json{{"name", report.tool.name}, {"version", report.tool.version}};
}

Json source_object(const Report& report) {
  return Json{{"kind", report.source.kind}, {"name", report.source.name}};
}

Json device_object(const DeviceReport& device) {
  Json object{{"address", device.address},
              {"vendor_id", or_null(device.vendor_id)},
              {"device_id", or_null(device.device_id)},
              {"subsystem_vendor_id", or_null(device.subsystem_vendor_id)},
              {"subsystem_device_id", or_null(device.subsystem_device_id)},
              {"class", or_null(device.class_code)},
              {"revision", or_null(device.revision)},
              {"name", text_or_null(device.name)},
              {"class_name", text_or_null(device.class_name)},
              {"iommu_group", or_null(device.iommu_group)},
              {"driver", or_null(device.driver)},
              {"parent", or_null(device.parent)},
              {"verdict", to_text(device.verdict)},
              {"companions", device.companions},
              {"reasons", device.reasons}};
  if (device.is_bridge) object["is_bridge"] = true;
  return object;
}

std::string document_text(const Json& document) {
  return document.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

std::string render_json(const Report& report) {
  Json findings = Json::array(), devices = Json::array(), groups = Json::array();
  for (const Finding& finding : report.findings) findings.push_back(finding_object(finding));
  for (const DeviceReport& device : report.devices) devices.push_back(device_object(device));
  for (const GroupReport& group : report.groups) groups.push_back(group_object(group));
  const Json document{{"schema", "vfio-doctor/report/1"},
                      {"tool", tool_object(report)},
                      {"generated_at", report.generated_at},
                      {"source", source_object(report)},
                      {"host",
                       {{"kernel", or_null(report.host.kernel)},
                        {"cpu_vendor", or_null(report.host.cpu_vendor)},
                        {"distribution", or_null(report.host.distribution)},
                        {"iommu", report.host.iommu},
                        {"interrupt_remapping", report.host.interrupt_remapping}}},
                      {"verdict", to_text(report.verdict)},
                      {"selection", report.selection},
                      {"notes", report.notes},
                      {"findings", std::move(findings)},
                      {"devices", std::move(devices)},
                      {"groups", std::move(groups)}};
  return document_text(document);
}

}  // namespace vfio_doctor
