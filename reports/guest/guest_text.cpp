// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/printable.hpp"
#include "base/short_name.hpp"
#include "checks/guest/guest_cycle.hpp"
#include "checks/guest/guest_released.hpp"
#include "checks/guest/ladder.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/paint.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

/// The findings about one expected device: its rungs, lowest first, and what its host says, where it was asked.
struct DeviceFindings {
  ExpectedName name;
  std::vector<const Finding*> rungs;
  const Finding* released = nullptr;

  static bool fails(const Finding* finding) { return finding->status == Status::fail || finding->status == Status::error; }

  const Finding* failed() const {
    const auto found = std::ranges::find_if(rungs, fails);
    return found == rungs.end() ? nullptr : *found;
  }
  const Finding* proven() const {
    const Finding* highest = nullptr;
    for (const auto* rung : rungs) {
      if (fails(rung)) break;
      if (rung->status == Status::pass || rung->status == Status::warn) highest = rung;
    }
    return highest;
  }
  bool is_wrong() const { return failed() || (released && fails(released)); }
  /// FUNCTION passes. Without that a device may be all that was asked for (the manifest expects no driver), but nothing has
  /// shown that it works; with a warning, the kernel tells of trouble.
  bool works() const {
    return !rungs.empty() && rungs.back()->id == rung_id(Rung::function) && rungs.back()->status == Status::pass;
  }
};

ExpectedName name_of(const Finding& finding) { return finding.expected ? *finding.expected : ExpectedName(); }

std::string rung_word(const Finding& finding) {
  const auto rung = std::ranges::find(all_rungs, finding.id, rung_id);
  return rung == all_rungs.end() ? finding.id : std::string(to_text(*rung));
}

std::vector<DeviceFindings> by_device(const Report& report) {
  std::vector<DeviceFindings> devices;
  for (const auto& finding : report.findings) {
    if (finding.id == rung_id(Rung::present)) devices.push_back({name_of(finding), {}, nullptr});
    if (!devices.empty() && std::ranges::find(all_rungs, finding.id, rung_id) != all_rungs.end())
      devices.back().rungs.push_back(&finding);
    if (finding.id == released_finding_id)
      for (auto& device : devices)
        if (device.name == name_of(finding)) device.released = &finding;
  }
  return devices;
}

std::string ready_line(const std::vector<DeviceFindings>& devices) {
  const auto working = static_cast<std::size_t>(std::ranges::count_if(devices, &DeviceFindings::works));
  if (devices.size() == 1)
    return working == 1 ? "Ready: the expected device is here and works."
                        : "Ready: the expected device is here. Whether it works is told below.";
  const auto start = "Ready: all " + std::to_string(devices.size()) + " expected devices are here";
  return working == devices.size() ? start + " and work."
                                   : start + ", and " + std::to_string(working) + " of them " +
                                         (working == 1 ? "works" : "work") + ". What is shown of the others is told below.";
}

std::string verdict_line(const std::vector<DeviceFindings>& devices, Verdict verdict) {
  const auto wrong = std::ranges::count_if(devices, &DeviceFindings::is_wrong);
  const std::string total = std::to_string(devices.size());
  switch (verdict) {
    case Verdict::ready:
      return ready_line(devices);
    case Verdict::not_ready:
      if (wrong == 0) return "Not ready: the guest or its devices did not come through what they were taken through.";
      return devices.size() == 1 ? "Not ready: the expected device fails."
                                 : "Not ready: " + std::to_string(wrong) + " of " + total + " expected devices " +
                                       (wrong == 1 ? "fails." : "fail.");
    case Verdict::undetermined:
      break;
  }
  return "Undetermined: nothing fails, but not all of it could be seen.";
}

/// "Wireless 8260 (host 0000:03:00.0): proven up to DRIVER, fails at FUNCTION", printable. A long name gives way.
std::string device_line(const DeviceFindings& device, std::size_t width) {
  const auto* failed = device.failed();
  const auto* proven = device.proven();
  std::string rest = ": ";
  if (proven) rest += "proven up to " + rung_word(*proven);
  if (failed) rest += (proven ? ", fails at " : "fails at ") + rung_word(*failed);
  if (!proven && !failed) rest += "nothing is proven";
  if (device.name.host_address) rest.insert(0, " (host " + device.name.host_address->text() + ")");
  constexpr std::size_t least = 20;
  const auto left = width > rest.size() + least ? width - rest.size() : least;
  return short_name(printable(device.name.label), left) + rest;
}

/// The device's name and what is proven of it stand above; a summary need not say them again.
const std::string& short_summary(const Finding& finding) { return finding.detail.empty() ? finding.summary : finding.detail; }

class GuestText {
 public:
  GuestText(const Report& report, const TextStyle& style)
      : report_(report), devices_(by_device(report)), verbose_(style.verbosity == Verbosity::verbose), page_(style) {}

  std::string take() {
    page_.painted_line(verdict_line(devices_, report_.verdict), paint_of(report_.verdict));
    page_.paragraph("Seen from " + report_.source.kind + " " + report_.source.name +
                    (report_.host.kernel ? ", kernel " + *report_.host.kernel : "") + ".");
    for (const auto& device : devices_) show(device);
    cycles();
    unexpected();
    for (const auto& note : report_.notes) {
      page_.blank_line();
      page_.paragraph("Note: " + note);
    }
    return page_.take();
  }

 private:
  void show(const DeviceFindings& device) {
    page_.blank_line();
    page_.finished_line(page_.painted(device_line(device, page_.columns()), Paint::bold));
    for (const auto* rung : device.rungs) {
      step(rung_word(*rung), *rung);
      if (rung->status != Status::fail) continue;
      for (const auto& remedy : rung->remedy) show(remedy);
      break;
    }
    if (!device.released) return;
    step("HOST", *device.released);
    for (const auto& remedy : device.released->remedy) show(remedy);
  }

  void step(const std::string& word, const Finding& finding) {
    static constexpr std::size_t rung_width = 11, status_width = 8, indent = 2 + rung_width + status_width;
    const auto status = finding.status == Status::not_applicable ? "-" : std::string(to_text(finding.status));
    const auto lines = wrap(printable(short_summary(finding)), page_.columns() - indent, page_.columns() - indent);
    for (std::size_t i = 0; i < lines.size(); ++i)
      page_.finished_line(i == 0 ? padded(word, rung_width) +
                                       page_.painted(padded(status, status_width), paint_of(finding.status)) + lines[i]
                                 : std::string(rung_width + status_width, ' ') + lines[i],
                          2);
    if (finding.status == Status::pass && !verbose_) return;
    // The first is what the manifest calls it.
    for (std::size_t i = finding.expected ? 1 : 0; i < finding.evidence.size(); ++i)
      page_.paragraph(finding.evidence[i].source + ": " + finding.evidence[i].value, indent, 2);
  }

  void show(const Remedy& remedy) {
    page_.paragraph("What to do: " + remedy.text, 2, 2);
    for (const auto& command : remedy.commands) page_.line(command, 6);
    if (!remedy.risk.empty()) page_.paragraph("Risk: " + remedy.risk, 4, 2);
  }

  /// What the guest was taken through, in its order.
  void cycles() {
    bool is_first = true;
    for (const auto& finding : report_.findings) {
      if (finding.id != cycle_finding_id) continue;
      if (is_first) {
        page_.blank_line();
        page_.finished_line(page_.painted("Taken through restarts", Paint::bold));
      }
      is_first = false;
      step("CYCLE", finding);
      for (const auto& remedy : finding.remedy) show(remedy);
    }
  }

  void unexpected() {
    for (const auto& finding : report_.findings) {
      if (finding.id != unexpected_finding_id || finding.status == Status::pass) continue;
      page_.blank_line();
      page_.paragraph(finding.summary);
    }
  }

  const Report& report_;
  std::vector<DeviceFindings> devices_;
  bool verbose_;
  TextPage page_;
};

}  // namespace

std::string render_guest_text(const Report& report, const TextStyle& style) { return GuestText(report, style).take(); }

}  // namespace vfio_doctor
