// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/prometheus.hpp"

#include <array>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// The inside of a quoted label value: the format knows these three escapes alone (prometheus/docs, exposition_formats).
std::string label_value(std::string_view text) {
  std::string result;
  for (const char byte : printable(text)) {
    if (byte == '\\' || byte == '"') result += '\\';
    result += byte;
  }
  return result;
}

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Metrics one after the other; the samples of one must stand together.
class Metrics {
 public:
  void begin(std::string_view name, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " gauge\n";
  }

  void sample(const Labels& labels, std::string_view value) {
    std::string line = name_;
    char separator = '{';
    for (const auto& [label, content] : labels) {
      line += separator + std::string(label) + "=\"" + label_value(content) + '"';
      separator = ',';
    }
    if (separator == ',') line += '}';
    // A sample that stands there twice makes the whole scrape fail.
    if (seen_.insert(line).second) text_ += line + " " + std::string(value) + "\n";
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_, name_;
  std::set<std::string> seen_;
};

std::string_view truth_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready:
      return "1";
    case Verdict::not_ready:
      return "0";
    case Verdict::undetermined:
      break;
  }
  return "NaN";
}

void write_verdicts(const Report& report, Metrics& metrics) {
  metrics.begin("vfio_doctor_host_ready", "Whether PCI devices can be given to virtual machines: 1 yes, 0 no, NaN not known.");
  metrics.sample({}, truth_of(report.verdict));
  metrics
      .begin("vfio_doctor_next_boot_ready",
             "Whether that will be so after the next boot, as far as the boot entry that starts next tells: 1 yes, 0 no, NaN "
             "not known.");
  metrics.sample({}, report.next_boot ? truth_of(report.next_boot->verdict) : "NaN");
}

/// What passed or does not apply is no news on any host, and what protects a device is no failure: its verdict says it.
bool is_told(const Finding& finding) {
  return finding.status != Status::pass && finding.status != Status::not_applicable && finding.effect != Effect::protects;
}

void write_findings(const Report& report, Metrics& metrics) {
  metrics.begin("vfio_doctor_finding_status", "What a check found that is wrong, or could not see.");
  for (const Finding& finding : report.findings)
    if (is_told(finding))
      metrics.sample({{"check", finding.id}, {"subject", finding.subject}, {"status", to_text(finding.status)}}, "1");
  metrics.begin("vfio_doctor_finding_accepted", "A finding that somebody takes responsibility for.");
  for (const Acceptance& accepted : report.accepted)
    metrics.sample({{"check", accepted.id}, {"subject", accepted.subject}}, "1");
}

std::string id_of(const DeviceReport& device) {
  if (!device.id.vendor.has_value() || !device.id.device.has_value()) return "";
  return hex_text(device.id.vendor.value(), 4) + ":" + hex_text(device.id.device.value(), 4);
}

void write_devices(const Report& report, Metrics& metrics) {
  using enum DeviceVerdict;
  metrics.begin("vfio_doctor_devices", "How many PCI functions have this verdict.");
  for (const auto verdict : std::array{assignable, with_companions, protected_by_host, blocked, unsuitable, undetermined}) {
    std::size_t count = 0;
    for (const DeviceReport& device : report.devices) count += device.verdict == verdict ? 1 : 0;
    metrics.sample({{"verdict", to_text(verdict)}}, std::to_string(count));
  }
  metrics.begin("vfio_doctor_device_info", "A PCI function that could be assigned by its kind, and the verdict about it.");
  for (const DeviceReport& device : report.devices) {
    if (device.verdict == unsuitable) continue;
    const auto& code = device.id.class_code;
    metrics.sample({{"address", device.address.text()},
                    {"id", id_of(device)},
                    {"class", code.has_value() ? hex_text(code.value(), 6) : ""},
                    {"group", device.iommu_group ? std::to_string(*device.iommu_group) : ""},
                    {"verdict", to_text(device.verdict)}},
                   "1");
  }
}

void write_host(const Report& report, Metrics& metrics) {
  const auto& interfaces = report.host.machine.interfaces;
  metrics.begin("vfio_doctor_info", "The version of vfio-doctor, and what it saw of the IOMMU and of the ways into VFIO.");
  metrics.sample({{"version", report.tool.version},
                  {"iommu", report.host.iommu},
                  {"interrupt_remapping", report.host.interrupt_remapping},
                  {"interface", interfaces ? join(*interfaces, ",") : "unknown"}},
                 "1");
  const auto time = seconds_of_time(report.generated_at);
  metrics.begin("vfio_doctor_report_time_seconds", "When the host was looked at, in seconds since 1970.");
  metrics.sample({}, time ? std::to_string(*time) : "NaN");
}

}  // namespace

std::string render_prometheus(const Report& report) {
  Metrics metrics;
  write_verdicts(report, metrics);
  write_findings(report, metrics);
  write_devices(report, metrics);
  write_host(report, metrics);
  return metrics.take();
}

}  // namespace vfio_doctor
