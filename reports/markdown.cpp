// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/markdown.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "reports/outline.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

// Code points of one text, and how many of each kind one problem shows.
constexpr std::size_t longest_line = 400, longest_block = 1500;
constexpr std::size_t shown_findings = 2, shown_evidence = 6, shown_reasons = 4, shown_subjects = 8;
// Bytes kept free for what comes after: devices and checks have to fit too, and the last lines.
constexpr std::size_t kept_for_devices = 25000, kept_for_checks = 8000, kept_for_the_end = 4000;

std::string line(std::string_view text) {
  return markdown_text(excerpt(text, longest_line, Verbosity::normal));
}
std::string code(std::string_view text) {
  return markdown_code(excerpt(text, longest_line, Verbosity::normal));
}
std::string block(const std::string& text, std::string_view language) {
  return markdown_block(excerpt(text, longest_block, Verbosity::normal), language);
}

std::string folded(const std::string& summary, const std::string& content) {
  return "<details>\n<summary>" + summary + "</summary>\n\n" + content + "\n</details>\n\n";
}

std::string remedy_text(const Remedy& remedy) {
  std::string text = "What to do: " + line(remedy.text) + "\n\n";
  if (!remedy.commands.empty()) text += block(join(remedy.commands, "\n"), "sh") + "\n";
  if (!remedy.undo.empty()) text += "To undo it:\n\n" + block(join(remedy.undo, "\n"), "sh") + "\n";
  if (!remedy.risk.empty()) text += "Risk: " + line(remedy.risk) + "\n\n";
  return text;
}

std::string evidence_text(const Finding& finding) {
  std::string text;
  for (std::size_t i = 0; i < std::min(finding.evidence.size(), shown_evidence); ++i)
    text += code(finding.evidence[i].source) + "\n\n" + block(finding.evidence[i].value, "text") + "\n";
  if (finding.evidence.size() > shown_evidence)
    text +=
        counted(finding.evidence.size() - shown_evidence, "more fact is", "more facts are") + " not shown.\n";
  return folded("What was seen", text);
}

std::string problem_heading(const CheckFindings& problem) {
  return "#### " + status_word(problem.first().status) + ": " + line(problem.first().title) + " (" +
         code(problem.first().id) + ")\n\n";
}

std::string rest_of(const CheckFindings& problem, std::size_t shown) {
  const std::size_t left = problem.findings.size() - shown;
  std::vector<std::string> subjects;
  for (std::size_t i = shown; i < problem.findings.size() && subjects.size() < shown_subjects; ++i)
    subjects.push_back(line(subject_words(problem.findings[i]->subject)));
  return "The same for " + std::to_string(left) + " more: " + join(subjects, ", ") +
         (subjects.size() < left ? ", ...\n\n" : ".\n\n");
}

std::string problem_text(const CheckFindings& problem) {
  std::string text = problem_heading(problem);
  const std::size_t shown = std::min(problem.findings.size(), shown_findings);
  for (std::size_t i = 0; i < shown; ++i) {
    const Finding& finding = *problem.findings[i];
    text += line(finding_sentence(finding)) + "\n\n";
    for (const Remedy& remedy : finding.remedy) text += remedy_text(remedy);
    if (!finding.evidence.empty()) text += evidence_text(finding);
  }
  return shown < problem.findings.size() ? text + rest_of(problem, shown) : text;
}

std::string short_problem_text(const CheckFindings& problem) {
  return problem_heading(problem) + line(finding_sentence(problem.first())) + "\n\n";
}

std::string check_line(const CheckFindings& check) {
  const std::size_t more = check.findings.size() - 1;
  return "- " + code(check.first().id) + ": " + line(finding_sentence(check.first())) +
         (more > 0 ? " The same for " + std::to_string(more) + " more." : "") + "\n";
}

std::string device_row(const DeviceReport& device, const std::vector<std::string>& common) {
  std::vector<std::string> notes;
  if (!device.companions.empty())
    notes.push_back("shares its group with " + line(join(device.companions, ", ")));
  const auto reasons = own_reasons(device, common);
  for (std::size_t i = 0; i < std::min(reasons.size(), shown_reasons); ++i) notes.push_back(line(reasons[i]));
  const std::string ids =
      device.vendor_id && device.device_id ? " " + code(*device.vendor_id + ":" + *device.device_id) : "";
  return "| " + code(device.address) + " | " +
         (device.iommu_group ? std::to_string(*device.iommu_group) : "none") + " | " +
         std::string(to_text(device.verdict)) + " | " +
         line(device.name.empty() ? "name not known" : device.name) + ids + " | " +
         (device.driver ? code(*device.driver) : "none") + " | " + join(notes, "; ") + " |\n";
}

class MarkdownReport {
 public:
  explicit MarkdownReport(const Report& report) : report_(report), outline_(outline(report)) {}

  std::string take() {
    heading();
    problems();
    devices();
    checks();
    end();
    return text_;
  }

 private:
  /// Adds `piece` when `kept` bytes stay free behind it.
  bool fits(const std::string& piece, std::size_t kept) {
    if (text_.size() + piece.size() + kept >= longest_markdown) return false;
    text_ += piece;
    return true;
  }

  void heading() {
    text_ = "### " + line(verdict_sentence(report_)) + "\n\n";
    for (const std::string& sentence : {device_count_sentence(report_), host_sentence(report_)})
      if (!sentence.empty()) text_ += line(sentence) + "\n\n";
  }

  void problems() {
    const std::size_t kept = report_.devices.empty() ? kept_for_checks : kept_for_devices;
    for (const CheckFindings& problem : outline_.problems)
      if (!fits(problem_text(problem), kept) && !fits(short_problem_text(problem), kept))
        ++problems_left_out_;
    if (!outline_.elsewhere.empty())
      text_ += counted(outline_.elsewhere.size(), "problem", "problems") +
               " of other devices than those asked about: see the JSON report.\n\n";
  }

  void devices() {
    if (outline_.devices.empty()) return;
    text_ +=
        "<details>\n<summary>" + counted(outline_.devices.size(), "device", "devices") + "</summary>\n\n";
    for (const std::string& reason : outline_.common_reasons)
      fits("All of them: " + line(reason) + "\n\n", kept_for_checks);
    text_ += "| Address | Group | Verdict | Device | Driver | Notes |\n|---|---|---|---|---|---|\n";
    for (std::size_t i = 0; i < outline_.devices.size(); ++i)
      if (!fits(device_row(*outline_.devices[i], outline_.common_reasons), kept_for_checks)) {
        devices_left_out_ = outline_.devices.size() - i;
        break;
      }
    text_ += "\n</details>\n\n";
  }

  void checks() {
    const auto lists = other_checks(outline_);
    if (std::all_of(lists.begin(), lists.end(), [](const auto* list) { return list->empty(); })) return;
    text_ += "<details>\n<summary>" + check_count_sentence(outline_) + "</summary>\n\n";
    for (const auto* list : lists)
      for (const CheckFindings& check : *list)
        if (!fits(check_line(check), kept_for_the_end)) ++checks_left_out_;
    text_ += "\n</details>\n\n";
  }

  void end() {
    for (const std::string& note : report_.notes) fits("Note: " + line(note) + "\n\n", 1000);
    std::vector<std::string> left_out;
    if (problems_left_out_ > 0) left_out.push_back(counted(problems_left_out_, "problem", "problems"));
    if (devices_left_out_ > 0) left_out.push_back(counted(devices_left_out_, "device", "devices"));
    if (checks_left_out_ > 0) left_out.push_back(counted(checks_left_out_, "other check", "other checks"));
    if (!left_out.empty())
      text_ += "**Left out to keep this short: " + join(left_out, ", ") +
               ".** Attach the JSON report to show all.\n\n";
    fits("Read from " + line(report_.source.kind + " " + report_.source.name) + " at " +
             line(report_.generated_at) + " by " + line(report_.tool.name + " " + report_.tool.version) +
             ".\n",
         0);
  }

  const Report& report_;
  const Outline outline_;
  std::string text_;
  std::size_t problems_left_out_ = 0, devices_left_out_ = 0, checks_left_out_ = 0;
};

}  // namespace

std::string render_markdown(const Report& report) {
  return MarkdownReport(report).take();
}

}  // namespace vfio_doctor
