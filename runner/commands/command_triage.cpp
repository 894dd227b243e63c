// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "checks/signatures/triage.hpp"
#include "reports/triage/mask_triage.hpp"
#include "reports/triage/triage_report.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/output.hpp"
#include "runner/commands/pasted_checks.hpp"
#include "snapshot/text_redactor.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t largest_paste = std::size_t{1} << 30;

/// Piece by piece: a paste may be larger than the memory this may take.
void read_paste(const std::string& file, std::size_t& left, TriageReader& reader) {
  reader.begin_file(file);
  read_input_pieces(file, [&](std::string_view piece) {
    if (piece.size() > left) throw InputError((file == "-" ? "standard input" : file) + ": more than 1 GiB was pasted");
    left -= piece.size();
    reader.feed(piece);
  });
  reader.end_file();
}

/// What is shown of the paste, without addresses, serial numbers, names of homes and hosts.
void redact_triage(Triage& triage) {
  Pseudonyms pseudonyms;
  const TextRedactor redactor(pseudonyms);
  const auto redact_text = [&redactor](std::string& text) { text = redactor.redact(text); };
  for (auto& cause : triage.causes) {
    redact_text(cause.title);
    redact_text(cause.summary);
    for (auto& line : cause.evidence) redact_text(line.text);
  }
  for (auto& line : triage.harmless) redact_text(line.at.text);
  for (auto& line : triage.unexplained) redact_text(line.text);
  for (auto& line : triage.text) redact_text(line.text);
  for (auto& file : triage.files) redact_text(file);
}

int exit_code_of(const Triage& triage) {
  if (triage.causes.empty()) return triage.shows_no_problem() ? 0 : 3;
  return triage.causes.front().confidence >= Confidence::likely ? 1 : 3;
}

}  // namespace

int run_triage_command(const TriageOptions& options) {
  auto files = options.pasted;
  if (files.empty()) files = {"-"};
  if (std::ranges::count(files, "-") > 1) throw InputError("triage: '-' can be read only once");
  keep_from_harm(options.output);
  TriageReader reader;
  auto left = largest_paste;
  for (const auto& file : files) read_paste(file, left, reader);
  auto triage = reader.judge();
  add_failing_checks(triage);
  mask_secrets(triage);
  if (options.redact) redact_triage(triage);
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    return format == "json"       ? render_triage_json(triage)
           : format == "html"     ? render_triage_html(triage)
           : format == "markdown" ? render_triage_markdown(triage)
                                  : render_triage_text(triage, text_style_for(options.output, file));
  });
  return exit_code_of(triage);
}

}  // namespace vfio_doctor
