// SPDX-License-Identifier: GPL-2.0-or-later
//
// Anything pasted: taken apart, judged and reported in every format.
#include <algorithm>

#include "checks/signatures/triage.hpp"
#include "fuzz/target.hpp"
#include "reports/triage/triage_report.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  TriageReader reader;
  reader.begin_file("fuzz");
  // In two pieces: where a read ends must not matter.
  const auto middle = bytes.size() / 2;
  reader.feed(std::string_view(bytes).substr(0, middle));
  reader.feed(std::string_view(bytes).substr(middle));
  reader.end_file();
  const auto triage = reader.judge();
  const auto whole = triage_text(bytes, "fuzz");
  require(triage.causes.size() == whole.causes.size(), "the same causes however the bytes arrive");
  const auto lines = static_cast<std::size_t>(std::ranges::count(bytes, '\n')) + 1;
  for (const auto& cause : triage.causes)
    for (const auto& line : cause.evidence) require(line.line >= 1 && line.line <= lines, "evidence lies in the paste");
  for (const auto& document : triage.documents)
    require(document.from <= document.to && document.to <= lines, "documents lie in the paste");
  const auto html = render_triage_html(triage);
  require(html.find("<script") == std::string::npos, "nothing pasted becomes markup");
  render_triage_json(triage);
  render_triage_markdown(triage);
  render_triage_text(triage, {});
}

}  // namespace vfio_doctor
