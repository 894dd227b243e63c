// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/markdown.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "reports/device_stories.hpp"
#include "reports/outline.hpp"
#include "reports/sentences.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

// Code points of one text, and how many of each kind one problem shows.
constexpr std::size_t longest_line = 400, longest_block = 1500;
constexpr std::size_t shown_findings = 2, shown_others = 12, shown_evidence = 6, shown_reasons = 4, shown_subjects = 8,
                      shown_companions = 8;
constexpr std::size_t most_rows = 150, fold_rows_from = 4;
// Bytes kept free for what comes after: devices and checks have to fit too, and the last lines.
constexpr std::size_t kept_for_devices = 25000, kept_for_checks = 8000, kept_for_the_end = 4000;

std::string line(std::string_view text) { return markdown_text(excerpt(text, longest_line, Verbosity::normal)); }
std::string code(std::string_view text) { return markdown_code(excerpt(text, longest_line, Verbosity::normal)); }
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
    text += counted(finding.evidence.size() - shown_evidence, "more fact is", "more facts are") + " not shown.\n";
  return folded("What was seen", text);
}

std::string problem_heading(const CheckFindings& problem) {
  return "#### " + status_word(problem.first().status) + ": " + line(problem.first().title) + " (" + code(problem.first().id) +
         ")\n\n";
}

std::string same_for(const SameFindings& same) {
  if (same.findings.size() == 1) return {};
  return " The same for " + std::to_string(same.findings.size() - 1) +
         " more: " + line(subject_list(same.findings, 1, shown_subjects)) + ".";
}

/// Those that say something else than the first ones: each with its sentence, as far as there is room.
std::string others_of(const CheckFindings& check, std::size_t from, std::size_t most) {
  std::string text;
  const std::size_t shown = std::min(check.same.size(), from + most);
  for (std::size_t i = from; i < shown; ++i)
    text += "- " + line(finding_sentence(check.same[i].first())) + same_for(check.same[i]) + "\n";
  std::vector<const Finding*> left;
  for (std::size_t i = shown; i < check.same.size(); ++i)
    left.insert(left.end(), check.same[i].findings.begin(), check.same[i].findings.end());
  if (!left.empty())
    text += "- " + counted(left.size(), "more, which says", "more, which say") +
            " something else: " + line(subject_list(left, 0, shown_subjects)) + "\n";
  return text.empty() ? text : text + "\n";
}

std::string problem_text(const CheckFindings& problem) {
  std::string text = problem_heading(problem);
  const std::size_t shown = std::min(problem.same.size(), shown_findings);
  for (std::size_t i = 0; i < shown; ++i) {
    const Finding& finding = problem.same[i].first();
    text += line(finding_sentence(finding)) + same_for(problem.same[i]) + "\n\n";
    for (const Remedy& remedy : finding.remedy) text += remedy_text(remedy);
    if (!finding.evidence.empty()) text += evidence_text(finding);
  }
  return text + others_of(problem, shown, shown_others);
}

std::string short_problem_text(const CheckFindings& problem) {
  return problem_heading(problem) + line(finding_sentence(problem.first())) + same_for(problem.same.front()) + "\n\n" +
         others_of(problem, 1, 3);
}

std::string check_line(const CheckFindings& check) {
  std::string text =
      "- " + code(check.first().id) + ": " + line(finding_sentence(check.first())) + same_for(check.same.front()) + "\n";
  const std::size_t shown = std::min<std::size_t>(check.same.size(), 6);
  for (std::size_t i = 1; i < shown; ++i)
    text += "  - " + line(finding_sentence(check.same[i].first())) + same_for(check.same[i]) + "\n";
  if (shown < check.same.size())
    text += "  - " + counted(check.same.size() - shown, "other sentence is", "other sentences are") + " in the JSON report\n";
  return text;
}

std::string names_of(std::vector<std::string> addresses, std::size_t more) {
  if (addresses.size() > shown_companions) {
    more += addresses.size() - shown_companions;
    addresses.resize(shown_companions);
  }
  return line(join(addresses, ", ")) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

std::string device_row(const DeviceReport& device, const std::string& more) {
  std::vector<std::string> notes;
  if (!more.empty()) notes.push_back(more);
  const std::string ids = device.id.has_ids() ? " " + code(ids_text(device.id)) : "";
  return "| " + code(device.address.text()) + " | " + (device.iommu_group ? std::to_string(*device.iommu_group) : "none") +
         " | " + std::string(to_text(device.verdict)) + " | " + line(device.name.empty() ? "name not known" : device.name) +
         ids + " | " + (device.driver ? code(*device.driver) : "none") + " | " + join(notes, "; ") + " |\n";
}

/// A group's companions and reasons stand at its first row alone.
std::string story_rows(const DeviceStory& story, NumberedReasons& numbers) {
  std::vector<std::string> notes;
  if (!story.others.empty() || story.unnamed_companions > 0)
    notes.push_back("shares its group with " + names_of(story.others, story.unnamed_companions));
  if (!story.alike.empty()) {
    std::vector<std::string> addresses;
    for (const DeviceReport* each : story.alike) addresses.push_back(each->address.text());
    notes.push_back("alike, each in its own group: " + names_of(addresses, 0));
  }
  const std::size_t shown = std::min(story.reasons.size(), shown_reasons);
  for (std::size_t i = 0; i < shown; ++i) {
    const std::size_t number = numbers.number_of(story.reasons[i].text);
    const std::string mark = number > 0 ? "(" + std::to_string(number) + ")" : "";
    notes.push_back(number > 0 && !numbers.is_first(story.reasons[i].text)
                        ? "see " + mark
                        : mark + (mark.empty() ? "" : " ") + line(story.reasons[i].text));
  }
  if (shown < story.reasons.size()) notes.push_back(std::to_string(story.reasons.size() - shown) + " more");
  std::string rows = device_row(story.first(), join(notes, "; "));
  for (std::size_t i = 1; i < std::min(story.members.size(), shown_companions); ++i)
    rows += device_row(*story.members[i], "with " + story.first().address.text());
  if (story.members.size() > shown_companions)
    rows += "| ... | | | " + std::to_string(story.members.size() - shown_companions) + " more of this group | | |\n";
  return rows;
}

class MarkdownReport {
 public:
  explicit MarkdownReport(const Report& report) : report_(report), outline_(outline(report)) {}

  std::string take() {
    heading();
    problems();
    accepted();
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
    for (const std::string& sentence :
         {device_count_sentence(report_), problem_count_sentence(outline_), host_sentence(report_), machine_sentence(report_)})
      if (!sentence.empty()) text_ += line(sentence) + "\n\n";
  }

  void problems() {
    const std::size_t kept = report_.devices.empty() ? kept_for_checks : kept_for_devices;
    for (const CheckFindings& problem : outline_.problems)
      if (!fits(problem_text(problem), kept) && !fits(short_problem_text(problem), kept)) ++problems_left_out_;
    if (!outline_.elsewhere.empty())
      text_ += counted(outline_.elsewhere.size(), "problem", "problems") +
               " of other devices than those asked about: see the JSON report.\n\n";
  }

  void accepted() {
    for (const CheckFindings& check : outline_.accepted)
      for (const Finding* finding : check.findings) {
        const Acceptance& how = *acceptance_of(report_, *finding);
        fits("Accepted risk (" + status_word(*finding) + " " + code(finding->id) + "): " + line(finding_sentence(*finding)) +
                 " Reason (" + line(how.source) + "): " + line(how.reason) + "\n\n",
             kept_for_checks);
      }
  }

  void devices() {
    if (outline_.devices.empty()) return;
    text_ += "<details>\n<summary>" + counted(outline_.devices.size(), "device", "devices") + "</summary>\n\n";
    for (const Sentence& reason : outline_.common_reasons) fits("All of them: " + line(reason.text) + "\n\n", kept_for_checks);
    text_ += "| Address | Group | Verdict | Device | Driver | Notes |\n|---|---|---|---|---|---|\n";
    // Where there is no room for all, the gravest rows stay.
    for (std::size_t most = most_rows; !fits(device_rows(most), kept_for_checks) && most > 0;) most /= 2;
    if (!outline_.folded.empty()) fits("\nNot listed: " + folded_words(outline_) + ".\n", kept_for_checks);
    text_ += "\n</details>\n\n";
  }

  std::string device_rows(std::size_t most) {
    std::vector<const DeviceReport*> left_out;
    const auto stories =
        gravest_stories(device_stories(outline_.devices, outline_.common_reasons, fold_rows_from), most, left_out);
    devices_left_out_ = left_out.size();
    NumberedReasons numbers(stories);
    std::string rows;
    for (const DeviceStory& story : stories) rows += story_rows(story, numbers);
    return rows;
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
      text_ += "**Left out to keep this short: " + join(left_out, ", ") + ".** Attach the JSON report to show all.\n\n";
    fits("Read from " + line(report_.source.kind + " " + report_.source.name) + " at " + line(report_.generated_at) + " by " +
             line(report_.tool.name + " " + report_.tool.version) + ".\n",
         0);
  }

  const Report& report_;
  const Outline outline_;
  std::string text_;
  std::size_t problems_left_out_ = 0, devices_left_out_ = 0, checks_left_out_ = 0;
};

}  // namespace

std::string render_markdown(const Report& report) { return MarkdownReport(report).take(); }

}  // namespace vfio_doctor
