// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.hpp"

namespace vfio_doctor {

/// Makes reports out of bytes: short inputs become many devices and long texts, because a piece of the input is repeated as
/// often as its first byte says. The same bytes make the same report.
class ReportOfBytes {
 public:
  explicit ReportOfBytes(std::string_view bytes) : bytes_(bytes) {}

  Report report() {
    Report report;
    report.tool = {"vfio-doctor", text()};
    report.generated_at = text();
    report.source = {one_of<std::string>({"live", "root", "snapshot", "sample", "evidence", "guest"}), text()};
    report.host.kernel = perhaps();
    report.host.cpu_vendor = perhaps();
    report.host.distribution = perhaps();
    report.host.machine.hardware.board = observed();
    report.host.machine.hardware.firmware_version = observed();
    report.host.machine.host.name = observed();
    report.verdict = one_of<Verdict>({Verdict::ready, Verdict::not_ready, Verdict::undetermined});
    for (auto count = below(4); count > 0; --count) report.notes.push_back(text());
    devices(report);
    for (auto count = below(24); count > 0; --count) report.findings.push_back(finding(report));
    for (auto count = below(3); count > 0 && !report.findings.empty(); --count) {
      const Finding& about = report.findings[below(report.findings.size())];
      report.accepted.push_back({about.id, about.subject, text(), text()});
    }
    if (below(4) == 0 && !report.devices.empty()) report.selection = {report.devices[below(report.devices.size())].address};
    return report;
  }

 private:
  std::size_t byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return first;
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : byte() % limit; }
  template <class T>
  T one_of(std::vector<T> choices) {
    return choices[below(choices.size())];
  }

  /// One text in sixteen is long.
  std::string text() {
    const std::size_t size = below(24);
    const std::string piece(bytes_.substr(0, size));
    bytes_.remove_prefix(piece.size());
    if (below(16) != 0) return piece;
    std::string repeated;
    for (std::size_t times = byte() * 8; times > 0; --times) repeated += piece;
    return repeated;
  }
  Observed<std::string> observed() {
    const auto text = perhaps();
    return text ? Observed<std::string>(*text) : Observed<std::string>::absent();
  }
  std::optional<std::string> perhaps() { return below(2) == 0 ? std::nullopt : std::optional(text()); }

  static PciAddress address(std::size_t number) {
    return {0, static_cast<std::uint8_t>(number / 256), static_cast<std::uint8_t>(number / 8 % 32),
            static_cast<std::uint8_t>(number % 8)};
  }

  void devices(Report& report) {
    const std::size_t kinds = below(8), groups = 1 + below(8);
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      DeviceReport model;
      model.name = text();
      model.class_name = text();
      model.id.class_code =
          one_of<std::uint32_t>({0x030000, 0x020000, 0x010802, 0x0c0330, 0x040300, 0x060400, 0x060000, 0x088000, 0xff0000});
      model.id.vendor = std::uint16_t{0x8086};
      model.id.device = one_of<std::uint16_t>({0x0b25, 0x1572, 0x24f3});
      model.driver = perhaps();
      model.is_bridge = model.id.class_code.is(0x060400);
      model.verdict =
          one_of<DeviceVerdict>({DeviceVerdict::assignable, DeviceVerdict::with_companions, DeviceVerdict::protected_by_host,
                                 DeviceVerdict::blocked, DeviceVerdict::unsuitable, DeviceVerdict::undetermined});
      for (auto count = below(4); count > 0; --count) model.reasons.push_back(text());
      for (auto count = below(12); count > 0; --count) {
        model.address = address(report.devices.size());
        if (below(3) != 0) model.iommu_group = static_cast<unsigned>(below(groups));
        if (below(3) == 0 && !report.devices.empty()) model.parent = report.devices[below(report.devices.size())].address;
        report.devices.push_back(model);
      }
    }
    for (unsigned group = 0; group < groups; ++group) {
      GroupReport one{group, perhaps(), {}, {}};
      for (const DeviceReport& device : report.devices)
        if (device.iommu_group == group) one.members.push_back(device.address);
      for (DeviceReport& device : report.devices)
        if (device.iommu_group == group)
          for (const PciAddress& member : one.members)
            if (member != device.address) device.companions.push_back(member);
      if (below(4) == 0) one.other_members.push_back(text());
      report.groups.push_back(one);
    }
  }

  Finding finding(const Report& report) {
    Finding finding;
    finding.id = one_of<std::string>({"iommu-active", "vfio-ids", "verdict", text()});
    finding.status =
        one_of<Status>({Status::pass, Status::warn, Status::fail, Status::unknown, Status::not_applicable, Status::error});
    finding.effect = one_of<Effect>({Effect::none, Effect::blocked, Effect::protects, Effect::unsuitable});
    finding.subject = one_of<std::string>({"host", "group:1", text()});
    if (below(2) == 0 && !report.devices.empty()) finding.subject = report.devices[below(report.devices.size())].address.text();
    finding.title = text();
    finding.summary = text();
    for (auto count = below(4); count > 0; --count) finding.evidence.push_back({text(), text()});
    for (auto count = below(3); count > 0; --count) finding.remedy.push_back({text(), {text()}, {text()}, text()});
    return finding;
  }

  std::string_view bytes_;
};

}  // namespace vfio_doctor
