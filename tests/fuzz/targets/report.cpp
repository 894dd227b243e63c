// SPDX-License-Identifier: GPL-2.0-or-later
//
// A report as JSON: what `diff` is given, and what the agent of a hostile guest answers. What is accepted can be rendered,
// and its JSON is read back the same.
#include "base/input_error.hpp"
#include "fuzz/target.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/json.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  Report report;
  try {
    report = parse_report_json(bytes, "fuzz");
  } catch (const InputError&) {
    return;
  }
  render_guest_text(report, {});
  render_text(report, {});
  const auto written = render_json(report);
  require(render_json(parse_report_json(written, "fuzz")) == written, "a report is read back as it was written");
}

}  // namespace vfio_doctor
