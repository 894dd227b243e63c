// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/input_error.hpp"
#include "base/text.hpp"
#include "reports/bug_report.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"

namespace vfio_doctor {

int run_bug_report_command(const BugReportOptions& options) {
  if (options.project.empty()) throw InputError("bug-report: --for one of " + join(bug_report_projects(), ", ") + " is needed");
  const auto known = render_bug_report({}, options.project);
  if (!known) throw InputError("bug-report: --for '" + options.project + "' is none of " + join(bug_report_projects(), ", "));
  const auto text = render_bug_report(examine(options.examine, options.output), options.project);
  write_output(options.output.outputs.empty() ? "" : options.output.outputs.front(), *text);
  return 0;
}

}  // namespace vfio_doctor
