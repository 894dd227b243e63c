// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <map>

#include "base/text.hpp"
#include "reports/markup.hpp"
#include "reports/triage/triage_report.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view style = R"(
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff; }
pre { background: #f4f4f4; padding: .7rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.cause { border-left: .4rem solid #888; padding: .1rem 1rem; margin: 1.5rem 0; }
.certain { border-color: #b00020; } .likely { border-color: #b36b00; } .possible { border-color: #2a6fb0; }
.paste span { color: #666; display: inline-block; width: 4rem; user-select: none; }
mark { background: #ffe38a; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616; } pre { background: #222; } mark { background: #6b5500; color: #fff; } }
)";

using Marks = std::map<std::pair<std::uint32_t, std::uint32_t>, const Cause*>;

std::string list(const std::string& title, const std::vector<std::string>& items) {
  if (items.empty()) return {};
  std::string text = "<p>" + title + "</p>\n<pre>";
  for (const auto& item : items) text += markup_text(item) + "\n";
  return text + "</pre>\n";
}

std::string cause_section(const Triage& triage, const Cause& cause, std::size_t number) {
  const std::string confidence(to_text(cause.confidence));
  std::string text = "<section class=\"cause " + confidence + "\" id=\"cause-" + std::to_string(number) + "\">\n<h2>" +
                     markup_text(cause.title) + "</h2>\n<p><strong>" + confidence + "</strong>: " + markup_text(cause.summary) +
                     "</p>\n<ul>\n";
  for (const auto& line : cause.evidence)
    text += "<li><a href=\"#l" + std::to_string(line.file) + "-" + std::to_string(line.line) + "\">" +
            markup_text(triage.files.at(line.file)) + ":" + std::to_string(line.line) + "</a> <code>" + markup_text(line.text) +
            "</code></li>\n";
  text += "</ul>\n";
  for (const auto& out : cause.ruled_out) text += "<p>Not it: " + markup_text(out) + "</p>\n";
  for (const auto& remedy : cause.remedy) {
    text += list("To do: " + markup_text(remedy.text),
                 remedy.commands.empty() ? std::vector<std::string>{"(no command)"} : remedy.commands);
    text += list("Undo:", remedy.undo);
    if (!remedy.risk.empty()) text += "<p>Risk: " + markup_text(remedy.risk) + "</p>\n";
  }
  return text + "</section>\n";
}

/// Every line once, whichever piece of it was matched.
std::string paste_section(const Triage& triage, const Marks& marks) {
  std::string text = "<h2>What was pasted</h2>\n";
  std::uint32_t file = UINT32_MAX;
  for (const auto& line : triage.text) {
    if (line.file != file)
      text += (file == UINT32_MAX ? "" : "</pre>\n") +
              ("<h3>" + markup_text(triage.files.at(line.file)) + "</h3>\n<pre class=\"paste\">");
    file = line.file;
    const bool is_marked = marks.contains({line.file, line.line});
    const auto number = std::to_string(line.line);
    text += "<span>" + number + "</span>";
    text += is_marked ? "<mark id=\"l" + std::to_string(line.file) + "-" + number + "\">" + markup_text(line.text) + "</mark>\n"
                      : markup_text(line.text) + "\n";
  }
  if (file != UINT32_MAX) text += "</pre>\n";
  if (!triage.is_text_whole) text += "<p>The rest of the paste is too long to be shown.</p>\n";
  return text;
}

}  // namespace

std::string render_triage_html(const Triage& triage) {
  Marks marks;
  for (const auto& cause : triage.causes)
    for (const auto& line : cause.evidence) marks.emplace(std::pair{line.file, line.line}, &cause);
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, "
      "initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<title>vfio-doctor triage</title>\n<style>" +
      std::string(style) + "</style>\n</head>\n<body>\n<h1>" + markup_text(triage_sentence(triage)) + "</h1>\n";
  std::size_t number = 0;
  for (const auto& cause : triage.causes) page += cause_section(triage, cause, ++number);
  if (triage.causes.empty() && !triage.unexplained.empty()) {
    std::vector<std::string> lines;
    for (const auto& line : triage.unexplained) lines.push_back(line.text);
    page += list("Speaks of a failure and is not known here:", lines);
  }
  if (!triage.harmless.empty()) {
    page += "<h2>Looks bad and is harmless</h2>\n<ul>\n";
    for (const auto& line : triage.harmless)
      page += "<li><code>" + markup_text(line.at.text) + "</code>: " + markup_text(line.why) + "</li>\n";
    page += "</ul>\n";
  }
  page += list("Paste next the output of:", triage.ask);
  return page + paste_section(triage, marks) + "</body>\n</html>\n";
}

}  // namespace vfio_doctor
