// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/bounded_json.hpp"
#include "base/input_error.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "machine/pci_address.hpp"
#include "reports/bounds.hpp"
#include "reports/json.hpp"
#include "reports/mask_report.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_shown = 60;

std::string shown(const std::string& text) {
  const std::string safe = printable(text);
  const std::string start(first_columns(safe, longest_shown));
  return "\"" + start + (start.size() < safe.size() ? "..." : "") + "\"";
}

constexpr const char* not_told = "the report does not say";

/// A value and where it stands: "report.json: devices[3].address".
class Value {
 public:
  Value(const Json& json, std::string place) : json_(json), place_(std::move(place)) {}

  [[noreturn]] void fail(const std::string& what) const { throw InputError(place_ + (is_document() ? "" : ": ") + what); }

  void expect_object() const {
    if (!json_.is_object()) fail("must be an object");
  }
  Value member(const char* name) const {
    expect_object();
    const auto found = json_.find(name);
    if (found == json_.end()) fail(std::string("\"") + name + "\" is missing");
    return {*found, below(name)};
  }
  /// An absent member reads as null: the schema asks only for the members of its first version.
  Value optional_member(const char* name) const {
    static const Json null;
    expect_object();
    const auto found = json_.find(name);
    return {found == json_.end() ? null : *found, below(name)};
  }
  bool is_null() const { return json_.is_null(); }

  std::string text() const {
    if (!json_.is_string()) fail("must be a string");
    return json_.get<std::string>();
  }
  std::optional<std::string> text_or_nothing() const {
    if (is_null()) return std::nullopt;
    return text();
  }
  unsigned number() const {
    if (!json_.is_number_unsigned() || json_.get<std::uint64_t>() > std::numeric_limits<unsigned>::max())
      fail("must be a whole number from 0 to 4294967295");
    return json_.get<unsigned>();
  }
  bool truth() const {
    if (!json_.is_boolean()) fail("must be true or false");
    return json_.get<bool>();
  }
  PciAddress address() const {
    const std::string written = text();
    const auto parsed = PciAddress::parse(written);
    if (!parsed) fail("must be a PCI address such as 0000:03:00.0, not " + shown(written));
    return *parsed;
  }
  template <class Number>
  Observed<Number> hexadecimal(std::size_t digits) const {
    const auto written = text_or_nothing();
    if (!written) return Observed<Number>::unreadable(not_told);
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (written->size() != digits || !std::all_of(written->begin(), written->end(), is_digit))
      fail("must be " + std::to_string(digits) + " lower-case hexadecimal digits, not " + shown(*written));
    return static_cast<Number>(*parse_unsigned(*written, 16));
  }
  /// The one of `choices` whose to_text() is this text.
  template <typename Enum, std::size_t count>
  Enum one_of(const std::array<Enum, count>& choices) const {
    const std::string written = text();
    std::string allowed;
    for (const Enum choice : choices) {
      if (to_text(choice) == written) return choice;
      allowed += (allowed.empty() ? "" : ", ") + std::string(to_text(choice));
    }
    fail("must be one of " + allowed + ", not " + shown(written));
  }
  /// What `read` makes of each item; null reads as no items.
  template <typename Read>
  auto list(Read read) const {
    std::vector<decltype(read(*this))> items;
    if (is_null()) return items;
    if (!json_.is_array()) fail("must be an array");
    items.reserve(json_.size());
    for (std::size_t i = 0; i < json_.size(); ++i)
      items.push_back(read(Value(json_[i], place_ + "[" + std::to_string(i) + "]")));
    return items;
  }
  std::vector<std::string> texts() const {
    return list([](const Value& item) { return item.text(); });
  }
  std::vector<PciAddress> addresses() const {
    return list([](const Value& item) { return item.address(); });
  }

 private:
  /// The document's own place is "report.json: ".
  bool is_document() const { return place_.ends_with(": "); }
  std::string below(const char* name) const { return place_ + (is_document() ? "" : ".") + name; }

  const Json& json_;
  std::string place_;
};

/// A list that has to be there, if only empty.
Value required_list(const Value& parent, const char* name) {
  const Value value = parent.member(name);
  if (value.is_null()) value.fail("must be an array");
  return value;
}

constexpr std::array statuses{Status::pass, Status::warn, Status::fail, Status::unknown, Status::not_applicable, Status::error};
constexpr std::array effects{Effect::none, Effect::blocked, Effect::protects, Effect::unsuitable};
constexpr std::array verdicts{Verdict::ready, Verdict::not_ready, Verdict::undetermined};
constexpr std::array arguments_next{ArgumentsNext::kept, ArgumentsNext::lost, ArgumentsNext::unknown};
constexpr std::array device_verdicts{DeviceVerdict::assignable,        DeviceVerdict::with_companions,
                                     DeviceVerdict::protected_by_host, DeviceVerdict::blocked,
                                     DeviceVerdict::unsuitable,        DeviceVerdict::undetermined};

Evidence read_evidence(const Value& value) { return {value.member("source").text(), value.member("value").text()}; }

Remedy read_remedy(const Value& value) {
  return {value.member("text").text(), required_list(value, "commands").texts(), required_list(value, "undo").texts(),
          value.member("risk").text()};
}

Finding read_finding(const Value& value) {
  Finding finding;
  finding.id = value.member("id").text();
  finding.status = value.member("status").one_of(statuses);
  finding.subject = value.member("subject").text();
  finding.title = value.member("title").text();
  finding.summary = value.member("summary").text();
  finding.detail = value.optional_member("detail").text_or_nothing().value_or("");
  finding.evidence = required_list(value, "evidence").list(read_evidence);
  finding.remedy = required_list(value, "remedy").list(read_remedy);
  if (const Value effect = value.optional_member("effect"); !effect.is_null()) finding.effect = effect.one_of(effects);
  if (const Value quiet = value.optional_member("quiet"); !quiet.is_null()) finding.quiet = quiet.truth();
  return finding;
}

DeviceReport read_device(const Value& value) {
  DeviceReport device;
  device.address = value.member("address").address();
  device.id.vendor = value.member("vendor_id").hexadecimal<std::uint16_t>(4);
  device.id.device = value.member("device_id").hexadecimal<std::uint16_t>(4);
  device.id.subsystem_vendor = value.member("subsystem_vendor_id").hexadecimal<std::uint16_t>(4);
  device.id.subsystem_device = value.member("subsystem_device_id").hexadecimal<std::uint16_t>(4);
  device.id.class_code = value.member("class").hexadecimal<std::uint32_t>(6);
  device.id.revision = value.member("revision").hexadecimal<std::uint8_t>(2);
  device.name = value.member("name").text_or_nothing().value_or("");
  device.class_name = value.optional_member("class_name").text_or_nothing().value_or("");
  if (const Value group = value.member("iommu_group"); !group.is_null()) device.iommu_group = group.number();
  device.driver = value.member("driver").text_or_nothing();
  if (const Value parent = value.optional_member("parent"); !parent.is_null()) device.parent = parent.address();
  if (const Value bridge = value.optional_member("is_bridge"); !bridge.is_null()) device.is_bridge = bridge.truth();
  device.verdict = value.member("verdict").one_of(device_verdicts);
  device.companions = required_list(value, "companions").addresses();
  if (const Value total = value.optional_member("companions_total"); !total.is_null()) device.companions_total = total.number();
  for (std::string& reason : required_list(value, "reasons").texts()) device.reasons.emplace_back(std::move(reason));
  return device;
}

GroupReport read_group(const Value& value) {
  GroupReport group{value.member("id").number(), value.member("type").text_or_nothing(), {}, {}};
  for (auto& member : required_list(value, "members").texts())
    if (const auto address = PciAddress::parse(member); address && address->text() == member)
      group.members.push_back(*address);
    else
      group.other_members.push_back(std::move(member));
  return group;
}

std::string on_off_or_unknown(const Value& value) {
  std::string written = value.text();
  if (written != "on" && written != "off" && written != "unknown")
    value.fail("must be one of on, off, unknown, not " + shown(written));
  return written;
}

Observed<std::string> known_text(const Value& parent, const char* name) {
  const auto text = parent.optional_member(name).text_or_nothing();
  return text ? Observed<std::string>(*text) : Observed<std::string>::unreadable(not_told);
}

MachineSummary read_machine(const Value& host) {
  MachineSummary machine;
  auto& hardware = machine.hardware;
  hardware.board = known_text(host, "board");
  if (const Value firmware = host.optional_member("firmware"); !firmware.is_null()) {
    hardware.firmware_vendor = known_text(firmware, "vendor");
    hardware.firmware_version = known_text(firmware, "version");
    hardware.firmware_date = known_text(firmware, "date");
  }
  machine.cpu_model = known_text(host, "cpu_model");
  hardware.microcode = known_text(host, "microcode");
  if (const Value interfaces = host.optional_member("interfaces"); !interfaces.is_null())
    machine.interfaces = interfaces.texts();
  if (const Value versions = host.optional_member("versions"); !versions.is_null()) {
    hardware.qemu = known_text(versions, "qemu");
    hardware.libvirt = known_text(versions, "libvirt");
    hardware.ovmf = known_text(versions, "ovmf");
  }
  machine.host = {known_text(host, "name"), known_text(host, "id"), known_text(host, "boot_id")};
  return machine;
}

Report::HostSummary read_host(const Value& value) {
  return {value.member("kernel").text_or_nothing(),
          value.member("cpu_vendor").text_or_nothing(),
          value.member("distribution").text_or_nothing(),
          on_off_or_unknown(value.member("iommu")),
          on_off_or_unknown(value.member("interrupt_remapping")),
          read_machine(value)};
}

Acceptance read_acceptance(const Value& value) {
  return {value.member("id").text(), value.member("subject").text(), value.member("reason").text(),
          value.member("source").text()};
}

NextBoot read_next_boot(const Value& value) {
  NextBoot next;
  next.verdict = value.member("verdict").one_of(verdicts);
  next.arguments = value.member("arguments").one_of(arguments_next);
  next.entry = value.optional_member("entry").text_or_nothing();
  if (const Value other = value.optional_member("other_kernel"); !other.is_null()) next.other_kernel = other.truth();
  next.lost = value.optional_member("lost").texts();
  next.gained = value.optional_member("gained").texts();
  next.reason = value.member("reason").text();
  return next;
}

Report read_report(const Value& value) {
  Report report;
  report.tool = {value.member("tool").member("name").text(), value.member("tool").member("version").text()};
  report.generated_at = value.member("generated_at").text();
  report.source = {value.member("source").member("kind").text(), value.member("source").member("name").text()};
  report.host = read_host(value.member("host"));
  report.verdict = value.member("verdict").one_of(verdicts);
  if (const Value next = value.optional_member("next_boot"); !next.is_null()) report.next_boot = read_next_boot(next);
  report.selection = value.optional_member("selection").addresses();
  report.notes = value.optional_member("notes").texts();
  report.accepted = value.optional_member("accepted").list(read_acceptance);
  report.findings = required_list(value, "findings").list(read_finding);
  report.devices = required_list(value, "devices").list(read_device);
  report.groups = required_list(value, "groups").list(read_group);
  return report;
}

/// An address or a group that stands there twice would make every later look-up a matter of luck.
void expect_no_twins(const Report& report, const std::string& place) {
  std::set<PciAddress> addresses;
  for (const DeviceReport& device : report.devices)
    if (!addresses.insert(device.address).second)
      throw InputError(place + "devices: " + device.address.text() + " is listed twice");
  std::set<unsigned> groups;
  for (const GroupReport& group : report.groups)
    if (!groups.insert(group.id).second)
      throw InputError(place + "groups: group " + std::to_string(group.id) + " is listed twice");
}

Json parse(const std::string& text, const std::string& name) {
  if (text.size() > longest_report_json)
    throw InputError(name + ": longer than " + std::to_string(longest_report_json >> 20) + " MiB, which no report is");
  try {
    return parse_bounded_json(text);
  } catch (const JsonError& problem) {
    throw InputError(name + (problem.line() == 0 ? "" : ":" + std::to_string(problem.line())) + ": " + problem.what());
  }
}

}  // namespace

Report parse_report_json(const std::string& text, const std::string& name) {
  const std::string shown_name = printable(name);
  const Json document = parse(text, shown_name);
  const std::string place = shown_name + ": ";
  if (!document.is_object() || !document.contains("schema"))
    throw InputError(place + "not a vfio-doctor report: it has no \"schema\"");
  const Value root(document, place);
  if (const std::string schema = root.member("schema").text(); schema != "vfio-doctor/report/1")
    throw InputError(place + "schema must be \"vfio-doctor/report/1\", not " + shown(schema));
  Report report = read_report(root);
  expect_no_twins(report, place);
  mask_secrets(report);  // others may have written it
  bound_report(report);
  return report;
}

}  // namespace vfio_doctor
