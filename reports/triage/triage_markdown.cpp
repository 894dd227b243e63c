// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "reports/markdown.hpp"
#include "reports/triage/triage_report.hpp"

namespace vfio_doctor {
namespace {

std::string commands_block(const std::vector<std::string>& commands) {
  return commands.empty() ? std::string() : markdown_block(join(commands, "\n"), "sh") + "\n";
}

std::string cause_text(const Triage& triage, const Cause& cause) {
  std::string text = "### " + markdown_text(cause.title) + "\n\n**" + std::string(to_text(cause.confidence)) +
                     "**: " + markdown_text(cause.summary) + "\n\n";
  std::vector<std::string> lines;
  for (const auto& line : cause.evidence)
    lines.push_back(triage.files.at(line.file) + ":" + std::to_string(line.line) + ": " + line.text);
  if (!lines.empty()) text += "What shows it:\n\n" + markdown_block(join(lines, "\n"), "") + "\n";
  for (const auto& out : cause.ruled_out) text += "- Not it: " + markdown_text(out) + "\n";
  if (!cause.ruled_out.empty()) text += "\n";
  for (const auto& remedy : cause.remedy) {
    text += "To do: " + markdown_text(remedy.text) + "\n\n" + commands_block(remedy.commands);
    if (!remedy.undo.empty()) text += "Undo:\n\n" + commands_block(remedy.undo);
    if (!remedy.risk.empty()) text += "Risk: " + markdown_text(remedy.risk) + "\n\n";
  }
  return text;
}

}  // namespace

std::string render_triage_markdown(const Triage& triage) {
  std::string text = markdown_text(triage_sentence(triage)) + "\n\n";
  std::size_t shown = 0;
  for (const auto& cause : triage.causes) {
    auto one = cause_text(triage, cause);
    if (text.size() + one.size() > longest_markdown - 8000) break;
    text += one;
    ++shown;
  }
  if (shown < triage.causes.size()) text += std::to_string(triage.causes.size() - shown) + " more causes are not shown.\n\n";
  if (triage.causes.empty() && !triage.unexplained.empty()) {
    std::vector<std::string> lines;
    for (const auto& line : triage.unexplained) lines.push_back(line.text);
    text += "Speaks of a failure and is not known here:\n\n" + markdown_block(join(lines, "\n"), "") + "\n";
  }
  if (!triage.harmless.empty()) {
    std::vector<std::string> lines;
    for (const auto& line : triage.harmless)
      if (lines.size() < 6) lines.push_back(line.at.text + "\n    " + line.why);
    text += "Looks bad and is harmless:\n\n" + markdown_block(join(lines, "\n"), "") + "\n";
  }
  if (!triage.ask.empty()) text += "Please paste the output of:\n\n" + commands_block(triage.ask);
  return text;
}

}  // namespace vfio_doctor
