// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "reports/guest/guest_report.hpp"
#include "reports/printable.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

Paint paint_of(Status status) {
  switch (status) {
    case Status::pass: return Paint::green;
    case Status::warn: return Paint::yellow;
    case Status::fail:
    case Status::error: return Paint::red;
    case Status::unknown: return Paint::magenta;
    case Status::not_applicable: break;
  }
  return Paint::dim;
}

Paint paint_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready: return Paint::green;
    case Verdict::not_ready: return Paint::red;
    case Verdict::undetermined: break;
  }
  return Paint::magenta;
}

std::string verdict_line(const GuestJudgement& judgement, Verdict verdict) {
  const auto total = judgement.devices.size();
  const auto failing = std::count_if(judgement.devices.begin(), judgement.devices.end(),
                                     [](const DeviceLadder& ladder) { return ladder.failed().has_value(); });
  const std::string of_all = " of " + std::to_string(total) + (total == 1 ? " expected device" : " expected devices");
  switch (verdict) {
    case Verdict::ready:
      return total == 1 ? "Ready: the expected device is here and works."
                        : "Ready: all " + std::to_string(total) + " expected devices are here and work.";
    case Verdict::not_ready:
      return "Not ready: " + std::to_string(failing) + of_all + (failing == 1 ? " fails." : " fail.");
    case Verdict::undetermined: break;
  }
  return "Undetermined: nothing fails, but not all of it could be seen.";
}

std::string device_line(const DeviceLadder& ladder) {
  std::string line = ladder.expected->label;
  if (ladder.expected->host_address) line += " (host " + ladder.expected->host_address->text() + ")";
  const auto failed = ladder.failed();
  const auto proven = ladder.proven();
  line += ": ";
  if (proven) line += "proven up to " + std::string(to_text(*proven));
  if (failed) line += (proven ? ", fails at " : "fails at ") + std::string(to_text(*failed));
  if (!proven && !failed) line += "nothing is proven";
  return line;
}

class GuestText {
 public:
  GuestText(const GuestJudgement& judgement, const Report& report, const TextStyle& style)
      : judgement_(judgement), report_(report), verbose_(style.verbosity == Verbosity::verbose), page_(style) {}

  std::string take() {
    page_.painted_line(verdict_line(judgement_, report_.verdict), paint_of(report_.verdict));
    page_.paragraph("Seen from " + report_.source.kind + " " + report_.source.name +
                    (report_.host.kernel ? ", kernel " + *report_.host.kernel : "") + ".");
    for (const auto& ladder : judgement_.devices) device(ladder);
    unexpected();
    for (const auto& note : report_.notes) {
      page_.blank_line();
      page_.paragraph("Note: " + note);
    }
    return page_.take();
  }

 private:
  void device(const DeviceLadder& ladder) {
    page_.blank_line();
    page_.painted_line(device_line(ladder), Paint::bold);
    const auto failed = ladder.failed();
    for (const auto rung : all_rungs) {
      if (failed && rung > *failed) break;
      this->rung(rung, ladder.at(rung));
    }
    if (!failed) return;
    for (const auto& finding : report_.findings)
      if (is_failure_of(finding, ladder))
        for (const auto& remedy : finding.remedy) show(remedy);
  }

  bool is_failure_of(const Finding& finding, const DeviceLadder& ladder) const {
    const auto& first = report_.findings[static_cast<std::size_t>(&ladder - judgement_.devices.data()) * rung_count];
    return &finding >= &first && &finding < &first + rung_count && finding.status == Status::fail;
  }

  void rung(Rung rung, const RungResult& result) {
    static constexpr std::size_t rung_width = 11, status_width = 8;
    auto status = std::string(to_text(result.status));
    if (result.status == Status::not_applicable) status = "-";
    const auto indent = 2 + rung_width + status_width;
    const auto lines = wrap(printable(result.summary), page_.columns() - indent, page_.columns() - indent);
    for (std::size_t i = 0; i < lines.size(); ++i)
      page_.finished_line(i == 0 ? padded(std::string(to_text(rung)), rung_width) +
                                       page_.painted(padded(status, status_width), paint_of(result.status)) + lines[i]
                                 : std::string(rung_width + status_width, ' ') + lines[i],
                          2);
    if (result.status == Status::pass && !verbose_) return;
    for (const auto& evidence : result.evidence) page_.paragraph(evidence.source + ": " + evidence.value, indent, 2);
  }

  void show(const Remedy& remedy) {
    page_.paragraph("What to do: " + remedy.text, 2, 2);
    for (const auto& command : remedy.commands) page_.line(command, 6);
    if (!remedy.risk.empty()) page_.paragraph("Risk: " + remedy.risk, 4, 2);
  }

  void unexpected() {
    const auto& finding = report_.findings.back();
    if (finding.status != Status::warn) return;
    page_.blank_line();
    page_.paragraph(finding.summary);
  }

  const GuestJudgement& judgement_;
  const Report& report_;
  bool verbose_;
  TextPage page_;
};

}  // namespace

std::string render_guest_text(const GuestJudgement& judgement, const Report& report, const TextStyle& style) {
  return GuestText(judgement, report, style).take();
}

}  // namespace vfio_doctor
