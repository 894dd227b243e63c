// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/json.hpp"

#include "base/text.hpp"
#include "reports/json_objects.hpp"

namespace vfio_doctor {
namespace {

void write_evidence(JsonWriter& json, const Evidence& seen) {
  json.open_object();
  json.member("source", seen.source);
  json.member("value", seen.value);
  json.close_object();
}

void write_finding(JsonWriter& json, const Finding& finding, const Acceptance* accepted) {
  json.open_object();
  json.member("id", finding.id);
  json.member("status", to_text(finding.status));
  json.member("subject", finding.subject);
  json.member("title", finding.title);
  json.member("summary", finding.summary);
  if (!finding.detail.empty()) json.member("detail", finding.detail);
  json.name("evidence");
  json.open_array();
  for (const Evidence& seen : finding.evidence) write_evidence(json, seen);
  json.close_array();
  json.name("remedy");
  json.open_array();
  for (const Remedy& remedy : finding.remedy) write_remedy(json, remedy);
  json.close_array();
  if (finding.effect != Effect::none) json.member("effect", to_text(finding.effect));
  if (finding.quiet) json.member("quiet", true);
  if (accepted) json.member("accepted", accepted->reason);
  json.close_object();
}

void write_group(JsonWriter& json, const GroupReport& group) {
  json.open_object();
  json.member("id", group.id);
  json.member("type", group.type);
  json.member("members", group.member_names());
  json.close_object();
}

std::vector<std::string> texts_of(const std::vector<PciAddress>& addresses) {
  std::vector<std::string> texts;
  for (const PciAddress& address : addresses) texts.push_back(address.text());
  return texts;
}

/// Lower-case hexadecimal without a prefix; null where it was not observed.
template <class Number>
void write_hex(JsonWriter& json, std::string_view name, const Observed<Number>& number, std::size_t digits) {
  json.member(name, number.has_value() ? std::optional(hex_text(number.value(), digits)) : std::nullopt);
}

void write_known(JsonWriter& json, std::string_view name, const Observed<std::string>& fact) {
  json.member(name, fact.has_value() ? std::optional(fact.value()) : std::nullopt);
}

void write_machine(JsonWriter& json, const MachineSummary& machine) {
  const auto& [hardware, cpu_model, host, interfaces] = machine;
  write_known(json, "board", machine.board());
  json.name("firmware");
  json.open_object();
  write_known(json, "vendor", hardware.firmware_vendor);
  write_known(json, "version", hardware.firmware_version);
  write_known(json, "date", hardware.firmware_date);
  json.close_object();
  write_known(json, "cpu_model", cpu_model);
  write_known(json, "microcode", hardware.microcode);
  json.member("interfaces", interfaces);
  json.name("versions");
  json.open_object();
  write_known(json, "qemu", hardware.qemu);
  write_known(json, "libvirt", hardware.libvirt);
  write_known(json, "ovmf", hardware.ovmf);
  json.close_object();
  // Only where the user asked for it: a report may be shown to strangers.
  if (host.name.has_value()) json.member("name", host.name.value());
  if (host.id.has_value()) json.member("id", host.id.value());
  if (host.boot_id.has_value()) json.member("boot_id", host.boot_id.value());
}

void write_host(JsonWriter& json, const Report::HostSummary& host) {
  json.name("host");
  json.open_object();
  json.member("kernel", host.kernel);
  json.member("cpu_vendor", host.cpu_vendor);
  json.member("distribution", host.distribution);
  json.member("iommu", host.iommu);
  json.member("interrupt_remapping", host.interrupt_remapping);
  write_machine(json, host.machine);
  json.close_object();
}

void write_next_boot(JsonWriter& json, const NextBoot& next) {
  json.name("next_boot");
  json.open_object();
  json.member("verdict", to_text(next.verdict));
  json.member("arguments", to_text(next.arguments));
  json.member("entry", next.entry);
  json.member("other_kernel", next.other_kernel);
  json.member("lost", next.lost);
  json.member("gained", next.gained);
  json.member("reason", next.reason);
  json.close_object();
}

}  // namespace

void write_tool(JsonWriter& json, std::string_view name, std::string_view version) {
  json.name("tool");
  json.open_object();
  json.member("name", name);
  json.member("version", version);
  json.close_object();
}

void write_acceptance(JsonWriter& json, const Acceptance& accepted) {
  json.open_object();
  json.member("id", accepted.id);
  json.member("subject", accepted.subject);
  json.member("reason", accepted.reason);
  json.member("source", accepted.source);
  json.close_object();
}

void write_remedy(JsonWriter& json, const Remedy& remedy) {
  json.open_object();
  json.member("text", remedy.text);
  json.member("commands", remedy.commands);
  json.member("undo", remedy.undo);
  json.member("risk", remedy.risk);
  json.close_object();
}

void write_document_start(JsonWriter& json, std::string_view schema, const Report& report) {
  json.member("schema", schema);
  write_tool(json, report.tool.name, report.tool.version);
  json.member("generated_at", report.generated_at);
  json.name("source");
  json.open_object();
  json.member("kind", report.source.kind);
  json.member("name", report.source.name);
  json.close_object();
}

void write_device(JsonWriter& json, const DeviceReport& device) {
  json.open_object();
  json.member("address", device.address.text());
  write_hex(json, "vendor_id", device.id.vendor, 4);
  write_hex(json, "device_id", device.id.device, 4);
  write_hex(json, "subsystem_vendor_id", device.id.subsystem_vendor, 4);
  write_hex(json, "subsystem_device_id", device.id.subsystem_device, 4);
  write_hex(json, "class", device.id.class_code, 6);
  write_hex(json, "revision", device.id.revision, 2);
  json.member("name", text_or_nothing(device.name));
  json.member("class_name", text_or_nothing(device.class_name));
  json.member("iommu_group", device.iommu_group);
  json.member("driver", device.driver);
  json.member("parent", device.parent ? std::optional(device.parent->text()) : std::nullopt);
  json.member("verdict", to_text(device.verdict));
  json.member("companions", texts_of(device.companions));
  if (device.companions_total > device.companions.size())
    json.member("companions_total", static_cast<unsigned>(device.companions_total));
  json.name("reasons");
  json.open_array();
  for (const Sentence& reason : device.reasons) json.value(reason.text);
  json.close_array();
  if (device.is_bridge) json.member("is_bridge", true);
  json.close_object();
}

namespace {

std::string write_report(JsonWriter json, const Report& report) {
  json.expect(1024 * report.findings.size() + 640 * report.devices.size() + 128 * report.groups.size());
  json.open_object();
  write_document_start(json, "vfio-doctor/report/1", report);
  write_host(json, report.host);
  json.member("verdict", to_text(report.verdict));
  if (report.next_boot) write_next_boot(json, *report.next_boot);
  json.member("selection", texts_of(report.selection));
  json.member("notes", report.notes);
  if (!report.accepted.empty()) write_list(json, "accepted", report.accepted, write_acceptance);
  json.name("findings");
  json.open_array();
  for (const Finding& finding : report.findings) write_finding(json, finding, acceptance_of(report, finding));
  json.close_array();
  write_list(json, "devices", report.devices, write_device);
  write_list(json, "groups", report.groups, write_group);
  json.close_object();
  return json.take();
}

}  // namespace

std::string render_json(const Report& report) { return write_report(JsonWriter(), report); }

std::string render_json_and_form(const Report& report, JsonForm& form) { return write_report(JsonWriter(&form), report); }

}  // namespace vfio_doctor
