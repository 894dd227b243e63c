// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two reports out of one input, compared: the halves differ where the bytes do. Nothing of the one is different from itself.
#include <nlohmann/json.hpp>

#include "fuzz/report_of_bytes.hpp"
#include "fuzz/target.hpp"
#include "reports/bounds.hpp"
#include "reports/comparison.hpp"
#include "reports/diff.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  Report before = ReportOfBytes(bytes).report(),
         after = ReportOfBytes(std::string_view(bytes).substr(bytes.size() / 3)).report();
  bound_report(before);
  bound_report(after);
  const auto comparison = compare_reports(before, after);
  render_diff_text(comparison, {});
  require(nlohmann::json::accept(render_diff_json(comparison)), "a comparison is JSON");
  require(compare_reports(before, before).direction == Direction::neutral, "a report is not worse than itself");
}

}  // namespace vfio_doctor
