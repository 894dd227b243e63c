// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stream of reports, and what an earlier run wrote: both come from other machines. What is said of them can be rendered, and the JSON
// is read back.
#include "fleet/fleet.hpp"
#include "base/input_error.hpp"
#include "fleet/documents.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  PreviousFleet previous;
  try {
    previous = read_previous_fleet(bytes, "fuzz");
  } catch (const InputError&) {
  }
  Fleet fleet;
  std::size_t taken = 0;
  Documents documents(1 << 20, [&](std::string_view text, std::size_t line, const std::string& why) {
    ++taken;
    if (why.empty())
      fleet.add(text, "fuzz:" + std::to_string(line));
    else
      fleet.skip("fuzz:" + std::to_string(line), why);
  });
  for (std::size_t at = 0; at < bytes.size(); at += 61) documents.feed(std::string_view(bytes).substr(at, 61));
  documents.finish();
  const auto summary = fleet.summary(&previous);
  require(summary.hosts + summary.superseded + summary.skipped_total == taken, "every report is counted once");
  render_fleet_text(summary, {});
  render_fleet_markdown(summary);
  render_fleet_html(summary);
  require(read_previous_fleet(render_fleet_json(summary), "fuzz").states.size() == summary.states.size(),
          "states are read back");
}

}  // namespace vfio_doctor
