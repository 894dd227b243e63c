// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iostream>
#include <string>

#include "base/input_error.hpp"
#include "reports/formats.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"
#include "runner/commands/report_digest.hpp"

namespace vfio_doctor {
namespace {

/// What the host needs for itself is no warning sign, except about a device that was asked for.
bool is_warning(const Finding& finding, bool selected) {
  return finding.status == Status::warn && (selected || finding.effect != Effect::protects);
}

int exit_code_for(const Report& report, FailOn fail_on) {
  if (fail_on == FailOn::never) return 0;
  const int code = exit_code(report.verdict);
  const bool selected = !report.selection.empty();
  if (fail_on == FailOn::warn && code == 0 && std::ranges::any_of(report.findings, [&, selected](const Finding& finding) {
        return is_warning(finding, selected) && !acceptance_of(report, finding);
      }))
    return 1;
  return code;
}

/// The patch goes to standard output; the exit code is about the domain as it was.
int run_fix(const CheckOptions& options) {
  if (options.examine.selection.domain.empty()) throw InputError("--fix wants a --domain: it corrects the domain's XML");
  if (!options.output.formats.empty() || !options.output.outputs.empty())
    throw InputError("--fix prints a patch and no report: leave out --format and --output");
  std::string patch;
  const Report report = examine(options.examine, options.output, &patch);
  std::cout << patch;
  if (patch.empty()) std::cerr << "vfio-doctor: nothing in this domain has one right correction\n";
  return exit_code_for(report, options.fail_on);
}

}  // namespace

int run_check_command(const CheckOptions& options) {
  if (options.fix) return run_fix(options);
  const Report report = examine(options.examine, options.output);
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    return format == "json" ? render_json_with_digest(report)
                            : render_as(report_formats(), format, report, text_style_for(options.output, file));
  });
  return exit_code_for(report, options.fail_on);
}

}  // namespace vfio_doctor
