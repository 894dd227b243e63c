// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/text_problems.hpp"
#include "reports/paint.hpp"
#include "reports/sentences.hpp"

#include <algorithm>
#include <span>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t longest_evidence = 400;  // columns

class ProblemText {
 public:
  ProblemText(TextPage& page, Verbosity verbosity, const ProblemDetail& detail)
      : page_(page), verbosity_(verbosity), detail_(detail) {}

  /// `foremost`: what is to be done about it is told, however little room there is.
  void add(const CheckFindings& check, bool foremost) {
    foremost_ = foremost;
    const Finding& first = check.first();
    page_.blank_line();
    page_.labelled_line(status_word(first.status), paint_of(first.status), first.title + " [" + first.id + "]");
    const std::size_t full = std::min(check.same.size(), detail_.full);
    for (std::size_t i = 0; i < full; ++i) {
      sentence(check.same[i]);
      // One remedy for all is told once, behind the last of them.
      if (i + 1 == full || !same_remedy(check.same[i].first(), check.same[i + 1].first())) remedies(check.same[i].first());
    }
    others(check, full);
  }

 private:
  /// Where there is no room for what was seen, what could not be seen still says why.
  std::string with_reason(const Finding& finding) const {
    std::string words = finding_sentence(finding);
    if (detail_.evidence > 0 || finding.status != Status::unknown || finding.evidence.empty()) return words;
    const Evidence& seen = finding.evidence.front();
    constexpr std::size_t most = 120;
    const std::string reason = seen.source + ": " + seen.value;
    if (reason.size() > most || words.size() + reason.size() > detail_.sentence || reason.find('\n') != std::string::npos ||
        words.find(seen.source) != std::string::npos || words.find(seen.value) != std::string::npos || !words.ends_with('.'))
      return words;
    words.pop_back();
    return words + " (" + reason + ").";
  }

  void sentence(const SameFindings& same) {
    page_.paragraph(excerpt_of_all(with_reason(same.first()), detail_.sentence, verbosity_), 2);
    const std::size_t shown = std::min(same.first().evidence.size(), detail_.evidence);
    for (std::size_t i = 0; i < shown; ++i) evidence(same.first().evidence[i]);
    if (shown < same.first().evidence.size() && shown > 0)
      page_.line("... and " + counted(same.first().evidence.size() - shown, "more fact", "more facts"), 4);
    if (same.findings.size() > 1)
      page_.paragraph("The same for " + std::to_string(same.findings.size() - 1) +
                          " more: " + subject_list(same.findings, 1, detail_.subjects),
                      2, 2);
  }

  /// "Where it is ..." -> "where it is ..."; "IOMMU" stays as it is.
  static std::string inside_a_sentence(std::string words) {
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (words.size() > 1 && is_capital(words[0]) && !is_capital(words[1])) words[0] = static_cast<char>(words[0] - 'A' + 'a');
    return words;
  }

  /// What says something else is never "the same": each with its own sentence, as far as there is room.
  void others(const CheckFindings& check, std::size_t from) {
    const std::size_t shown =
        detail_.short_ == unlimited ? check.same.size() : std::min(check.same.size(), from + detail_.short_);
    for (std::size_t i = from; i < shown; ++i) {
      const SameFindings& same = check.same[i];
      page_.paragraph("Also " +
                          excerpt_of_all(inside_a_sentence(finding_sentence(same.first())), detail_.sentence, verbosity_) +
                          (same.findings.size() > 1 ? " The same for " + std::to_string(same.findings.size() - 1) +
                                                          " more: " + subject_list(same.findings, 1, detail_.subjects) + "."
                                                    : ""),
                      2, 2);
    }
    if (shown == check.same.size()) return;
    std::vector<const Finding*> left;
    for (std::size_t i = shown; i < check.same.size(); ++i)
      left.insert(left.end(), check.same[i].findings.begin(), check.same[i].findings.end());
    page_.paragraph("And " + counted(left.size(), "more, which says", "more, which say") +
                        " something else (--all tells what): " + subject_list(left, 0, detail_.subjects),
                    2, 2);
  }

  static bool same_remedy(const Finding& a, const Finding& b) {
    return std::equal(a.remedy.begin(), a.remedy.end(), b.remedy.begin(), b.remedy.end(), [](const Remedy& x, const Remedy& y) {
      return x.text == y.text && x.commands == y.commands && x.undo == y.undo && x.risk == y.risk;
    });
  }

  void evidence(const Evidence& seen) {
    const std::string value = excerpt_of_all(seen.value, longest_evidence, verbosity_);
    const auto lines = split_lines(value);
    const std::string source = seen.source.empty() ? "" : seen.source + ": ";
    if (lines.size() <= 1) {
      page_.paragraph(source + std::string(value), 4, 2);
      return;
    }
    page_.paragraph(source, 4, 2);
    const std::size_t shown = std::min(lines.size(), detail_.lines);
    for (std::size_t i = 0; i < shown; ++i) page_.paragraph(lines[i], 6, 2);
    if (shown < lines.size()) page_.line("... and " + counted(lines.size() - shown, "more line", "more lines"), 6);
  }

  void commands(const std::vector<std::string>& list) {
    for (const std::string& command : list)
      for (const std::string_view line : split_lines(command))
        page_.finished_line(page_.painted(printable(line), Paint::cyan), 6);
  }

  void remedies(const Finding& finding) {
    if (finding.remedy.empty()) return;
    if (!detail_.remedies && (finding.status != Status::fail || (detail_.checks <= 6 && !foremost_)))
      return page_.paragraph("What to do: --all tells, or vfio-doctor explain " + finding.id, 2, 2);
    for (const Remedy& remedy : finding.remedy) {
      page_.paragraph("What to do: " + remedy.text, 2, 2);
      commands(remedy.commands);
      if (!remedy.undo.empty()) page_.line("To undo it:", 2);
      commands(remedy.undo);
      if (!remedy.risk.empty()) page_.paragraph("Risk: " + remedy.risk, 2, 2);
    }
  }

  TextPage& page_;
  bool foremost_ = false;
  const Verbosity verbosity_;
  const ProblemDetail& detail_;
};

}  // namespace

void problem_list(TextPage& page, const std::vector<CheckFindings>& problems, Verbosity verbosity,
                  const ProblemDetail& detail) {
  ProblemText text(page, verbosity, detail);
  const std::size_t shown = std::min(problems.size(), detail.checks);
  for (std::size_t i = 0; i < shown; ++i) text.add(problems[i], i == 0);
  if (shown == problems.size()) return;
  std::vector<std::string> ids;
  for (std::size_t i = shown; i < problems.size() && ids.size() < 12; ++i)
    ids.push_back(status_word(problems[i].first().status) + " " + problems[i].first().id);
  page.blank_line();
  page.paragraph("And " + counted(finding_count(std::span(problems).subspan(shown)), "more problem", "more problems") +
                     " (--all tells them): " + join(ids, ", ") + (shown + ids.size() < problems.size() ? ", ..." : ""),
                 0, 2);
}

}  // namespace vfio_doctor
