// SPDX-License-Identifier: GPL-2.0-or-later
// The form of the file: node-feature-discovery, source/local/local.go (parseFeatureFile(): "# +DIRECTIVE" lines, "name=value" lines)
// and pkg/apis/nfd/validate/validate.go, Label(); what a name and a value may hold: Kubernetes' apimachinery,
// pkg/util/validation/validation.go, IsQualifiedName() and IsValidLabelValue().
#include "reports/nfd.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "base/ascii.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view prefix = "feature.node.kubernetes.io/vfio.";
constexpr std::size_t longest_value = 63;
constexpr std::size_t most_ids = 400, most_failing = 64;  // two lines of at most 70 bytes for each id: the file keeps its bound
constexpr std::int64_t expires_after = 3 * 24 * 60 * 60;  // seconds

/// As Kubernetes takes it: what is not allowed becomes '-', and both ends are letters or digits.
std::string label_value(std::string_view text) {
  std::string value;
  for (const char byte : text.substr(0, longest_value))
    value += is_alphanumeric(byte) || byte == '.' || byte == '_' || byte == '-' ? byte : '-';
  while (!value.empty() && !is_alphanumeric(value.back())) value.pop_back();
  const auto first = std::ranges::find_if(value, is_alphanumeric);
  return {first, value.end()};
}

std::string line(std::string_view name, std::string_view value) {
  return std::string(prefix) + std::string(name) + "=" + std::string(value) + "\n";
}

std::string_view truth_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready:
      return "true";
    case Verdict::not_ready:
      return "false";
    case Verdict::undetermined:
      break;
  }
  return "undetermined";
}

/// "group", "cdev", "both" or another way that the kernel has.
std::string interface_of(const Report& report) {
  const auto& interfaces = report.host.machine.interfaces;
  if (!interfaces) return "unknown";
  const auto has = [&](std::string_view name) { return std::ranges::find(*interfaces, name) != interfaces->end(); };
  if (has("group") && has("cdev")) return "both";
  for (const std::string_view name : {"group", "cdev"})
    if (has(name)) return std::string(name);
  return interfaces->empty() ? "none" : label_value(interfaces->front());
}

/// How many functions of one vendor and device can be given.
struct Given {
  unsigned alone = 0, with_companions = 0;
};

std::string device_lines(const Report& report) {
  std::map<std::string, Given> given;
  for (const DeviceReport& device : report.devices) {
    if (!device.id.vendor.has_value() || !device.id.device.has_value()) continue;
    const auto id = hex_text(device.id.vendor.value(), 4) + "-" + hex_text(device.id.device.value(), 4);
    if (device.verdict == DeviceVerdict::assignable) ++given[id].alone;
    if (device.verdict == DeviceVerdict::with_companions) ++given[id].with_companions;
  }
  std::string text;
  std::size_t told = 0;
  for (const auto& [id, count] : given) {
    if (told++ == most_ids) {
      text += "# " + std::to_string(given.size() - most_ids) + " more kinds of devices are left out\n";
      break;
    }
    if (count.alone > 0) text += line(id + ".assignable", std::to_string(count.alone));
    if (count.with_companions > 0) text += line(id + ".with-companions", std::to_string(count.with_companions));
  }
  return text;
}

/// For NodeFeatureRules, not for labels: a list is no label value.
std::string failing_line(const Report& report) {
  std::set<std::string> ids;
  for (const Finding& finding : report.findings)
    if (finding.status == Status::fail && finding.effect != Effect::protects && !acceptance_of(report, finding))
      if (const auto id = label_value(finding.id); !id.empty() && ids.size() < most_failing) ids.insert(id);
  if (ids.empty()) return "";
  return "# +no-label\n" + line("failing", join({ids.begin(), ids.end()}, ","));
}

}  // namespace

std::string render_nfd(const Report& report) {
  std::string text = "# vfio-doctor " + label_value(report.tool.version) + "\n";
  if (const auto time = seconds_of_time(report.generated_at))
    text += "# +expiry-time=" + time_text(*time + expires_after) + "\n";
  text += line("ready", truth_of(report.verdict));
  text += line("next-boot-ready", report.next_boot ? truth_of(report.next_boot->verdict) : "undetermined");
  text += line("iommu", label_value(report.host.iommu));
  text += line("interrupt-remapping", label_value(report.host.interrupt_remapping));
  text += line("interface", interface_of(report));
  return text + failing_line(report) + device_lines(report);
}

}  // namespace vfio_doctor
