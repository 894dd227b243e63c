// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/printable.hpp"
#include "reports/text_layout.hpp"
#include "reports/triage/triage_report.hpp"

namespace vfio_doctor {
namespace {

Paint paint_of(Confidence confidence) {
  return confidence == Confidence::certain ? Paint::red : confidence == Confidence::likely ? Paint::yellow : Paint::cyan;
}

/// Of one file its name will do without the way to it.
std::string place_of(const Triage& triage, const PastedLine& line) {
  const auto& file = triage.files.at(line.file);
  const auto name = triage.files.size() == 1 ? file.substr(file.rfind('/') + 1) : file;
  return name + ":" + std::to_string(line.line);
}

/// What it is about stands once behind all lines of one kind.
void add_harmless(TextPage& page, const Triage& triage) {
  page.blank_line();
  page.line("Looks bad and is harmless:");
  std::vector<std::string> told;
  for (const auto& first : triage.harmless) {
    if (std::ranges::find(told, first.why) != told.end()) continue;
    told.push_back(first.why);
    for (const auto& line : triage.harmless)
      if (line.why == first.why) page.line(place_of(triage, line.at) + ": " + line.at.text, 2);
    page.paragraph(first.why, 4);
  }
}

void add_remedy(TextPage& page, const Remedy& remedy) {
  page.paragraph("To do: " + remedy.text, 2, 2);
  for (const auto& command : remedy.commands) page.line(command, 6);
  if (!remedy.undo.empty()) page.line("Undo:", 4);
  for (const auto& command : remedy.undo) page.line(command, 6);
  if (!remedy.risk.empty()) page.paragraph("Risk: " + remedy.risk, 4, 2);
}

void add_cause(TextPage& page, const Triage& triage, const Cause& cause) {
  page.blank_line();
  page.labelled_line(to_text(cause.confidence), paint_of(cause.confidence), cause.title);
  page.paragraph(cause.summary, 2);
  if (cause.place != "host") page.line("Where: " + cause.place + ", not the host's settings", 2);
  for (const auto& line : cause.evidence) page.line(place_of(triage, line) + ": " + line.text, 4);
  for (const auto& text : cause.ruled_out) page.paragraph("Not it: " + text, 2, 2);
  for (const auto& remedy : cause.remedy) add_remedy(page, remedy);
  if (cause.confidence != Confidence::certain && triage.causes.size() > 1)  // of one cause it stands at the end
    for (const auto& command : cause.ask) page.line("Would decide: " + command, 2);
  page.line("More: vfio-doctor explain " + cause.id, 2);
}

}  // namespace

std::string triage_sentence(const Triage& triage) {
  if (!triage.causes.empty()) {
    const auto& best = triage.causes.front();
    return best.confidence == Confidence::certain  ? "The cause is clear."
           : best.confidence == Confidence::likely ? "This is the likely cause."
                                                   : "The paste does not decide; this is possible.";
  }
  if (triage.shows_no_problem()) return "Nothing in what was pasted shows a problem.";
  return triage.unexplained.empty() ? "Nothing in what was pasted is known here."
                                    : "It speaks of a failure that is not known here.";
}

std::string render_triage_text(const Triage& triage, const TextStyle& style) {
  TextPage page(style);
  page.painted_line(triage_sentence(triage), Paint::bold);
  for (const auto& cause : triage.causes) add_cause(page, triage, cause);
  if (triage.causes.empty() && !triage.unexplained.empty()) {
    page.blank_line();
    page.line("Speaks of a failure and is not known here:");
    for (const auto& line : triage.unexplained) page.line(place_of(triage, line) + ": " + line.text, 2);
  }
  if (!triage.harmless.empty()) add_harmless(page, triage);
  if (!triage.ask.empty()) {
    page.blank_line();
    page.line("Paste next the output of:");
    for (const auto& command : triage.ask) page.line(command, 2);
  }
  if (style.verbosity == Verbosity::verbose) {
    page.blank_line();
    page.line("What was pasted:");
    for (const auto& document : triage.documents)
      page.line(triage.files.at(document.file) + ":" + std::to_string(document.from) + "-" + std::to_string(document.to) + " " +
                    std::string(to_text(document.kind)) + ", " + std::string(to_text(document.machine)) + ": " + document.why,
                2);
  }
  return page.take();
}

}  // namespace vfio_doctor
