// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/text.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "reports/outline.hpp"
#include "reports/text_layout.hpp"
#include "reports/text_table.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t longest_evidence = 400;  // columns
constexpr std::size_t shown_findings = 3;      // of one check with one status
constexpr std::size_t shown_subjects = 12;

Paint paint_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready:
      return Paint::green;
    case Verdict::not_ready:
      return Paint::red;
    case Verdict::undetermined:
      break;
  }
  return Paint::magenta;
}

Paint paint_of(Status status) {
  switch (status) {
    case Status::pass:
      return Paint::green;
    case Status::warn:
      return Paint::yellow;
    case Status::fail:
    case Status::error:
      return Paint::red;
    case Status::unknown:
      return Paint::magenta;
    case Status::not_applicable:
      break;
  }
  return Paint::dim;
}

std::string label_of(Status status);

/// What protects a device is no failure of the host.
std::string label_of(const Finding& finding) {
  return finding.effect == Effect::protects ? "PROTECTED" : label_of(finding.status);
}

std::string label_of(Status status) {
  switch (status) {
    case Status::pass:
      return "PASS";
    case Status::warn:
      return "WARN";
    case Status::fail:
      return "FAIL";
    case Status::unknown:
      return "UNKNOWN";
    case Status::not_applicable:
      return "N/A";
    case Status::error:
      break;
  }
  return "ERROR";
}

class TextReport {
 public:
  TextReport(const Report& report, const TextStyle& style)
      : report_(report), style_(style), outline_(outline(report)), page_(style) {}

  std::string take() {
    summary();
    problems();
    passed();
    device_table(page_, outline_, style_);
    notes();
    return page_.take();
  }

 private:
  bool is_verbose() const { return style_.verbosity == Verbosity::verbose; }

  void summary() {
    for (const std::string& line :
         wrap(printable(verdict_sentence(report_)), page_.columns(), page_.columns()))
      page_.finished_line(page_.painted(line, paint_of(report_.verdict)));
    page_.paragraph(device_count_sentence(report_));
    page_.paragraph(host_sentence(report_));
    if (report_.source.kind != "live")
      page_.paragraph("Read from " + report_.source.kind + " " + report_.source.name + ".");
  }

  void problems() {
    if (!outline_.problems.empty()) {
      page_.blank_line();
      page_.painted_line("Problems", Paint::bold);
      for (const CheckFindings& each : outline_.problems) problem(each);
      page_.blank_line();
      page_.paragraph("Why a check matters: vfio-doctor explain " + outline_.problems.front().first().id);
    }
    if (outline_.elsewhere.empty()) return;
    page_.blank_line();
    page_.paragraph("Other devices have problems too" +
                    std::string(is_verbose() ? ":" : " (-v shows them)."));
    if (!is_verbose()) return;
    for (const CheckFindings& each : outline_.elsewhere) problem(each);
  }

  void problem(const CheckFindings& problem) {
    const Finding& first = problem.first();
    page_.blank_line();
    page_.labelled_line(label_of(first.status), paint_of(first.status), first.title + " [" + first.id + "]");
    const std::size_t count = problem.findings.size();
    const std::size_t shown = is_verbose() ? count : std::min(count, shown_findings);
    for (std::size_t i = 0; i < shown; ++i) {
      const Finding& each = *problem.findings[i];
      page_.paragraph(finding_sentence(each), 2);
      for (const Evidence& seen : each.evidence) evidence(seen);
      // One remedy for all is told once, behind the last of them.
      if (i + 1 == shown || !same_remedy(each, *problem.findings[i + 1])) remedies(each);
    }
    if (shown < count) page_.paragraph(rest_of(problem, shown), 2);
  }

  static bool same_remedy(const Finding& a, const Finding& b) {
    return std::equal(a.remedy.begin(), a.remedy.end(), b.remedy.begin(), b.remedy.end(),
                      [](const Remedy& x, const Remedy& y) {
                        return x.text == y.text && x.commands == y.commands && x.undo == y.undo &&
                               x.risk == y.risk;
                      });
  }

  std::string rest_of(const CheckFindings& problem, std::size_t shown) const {
    const std::size_t left = problem.findings.size() - shown;
    std::vector<std::string> subjects;
    for (std::size_t i = shown; i < problem.findings.size() && subjects.size() < shown_subjects; ++i)
      subjects.push_back(subject_words(problem.findings[i]->subject));
    return "The same for " + std::to_string(left) + " more (-v shows them): " + join(subjects, ", ") +
           (subjects.size() < left ? ", ..." : ".");
  }

  void evidence(const Evidence& seen) {
    const std::string value = excerpt(seen.value, longest_evidence, style_.verbosity);
    const auto lines = split_lines(value);
    const std::string source = seen.source.empty() ? "" : seen.source + ": ";
    if (lines.size() <= 1) {
      page_.paragraph(source + std::string(value), 4, 2);
      return;
    }
    page_.paragraph(source, 4, 2);
    for (const std::string_view line : lines) page_.paragraph(line, 6, 2);
  }

  void commands(const std::vector<std::string>& list) {
    for (const std::string& command : list)
      for (const std::string_view line : split_lines(command))
        page_.finished_line(page_.painted(printable(line), Paint::cyan), 6);
  }

  void remedies(const Finding& finding) {
    for (const Remedy& remedy : finding.remedy) {
      page_.paragraph("What to do: " + remedy.text, 2, 2);
      commands(remedy.commands);
      if (!remedy.undo.empty()) page_.line("To undo it:", 2);
      commands(remedy.undo);
      if (!remedy.risk.empty()) page_.paragraph("Risk: " + remedy.risk, 2, 2);
    }
  }

  void passed() {
    page_.blank_line();
    const auto lists = other_checks(outline_);
    const bool any = std::any_of(lists.begin(), lists.end(), [](const auto* list) { return !list->empty(); });
    page_.paragraph(check_count_sentence(outline_) + (any && !is_verbose() ? " (-v shows them)." : "."));
    if (!is_verbose()) return;
    for (const auto* list : lists)
      for (const CheckFindings& check : *list)
        for (const Finding* finding : check.findings)
          page_.paragraph(label_of(*finding) + " " + finding->id + ": " + finding_sentence(*finding), 2, 5);
  }

  void notes() {
    if (report_.notes.empty()) return;
    page_.blank_line();
    for (const std::string& note : report_.notes) page_.paragraph("Note: " + note, 0, 6);
  }

  const Report& report_;
  const TextStyle style_;
  const Outline outline_;
  TextPage page_;
};

}  // namespace

std::string render_text(const Report& report, const TextStyle& style) {
  return TextReport(report, style).take();
}

}  // namespace vfio_doctor
