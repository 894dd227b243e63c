// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <utility>

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

}  // namespace

int run_check_command(const CheckOptions& options) {
  const Report report = examine(options.examine, options.output);
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    auto bytes = render_as(report_formats(), format, report, text_style_for(options.output, file));
    return format == "json" ? with_digest(std::move(bytes)) : bytes;
  });
  return exit_code_for(report, options.fail_on);
}

}  // namespace vfio_doctor
