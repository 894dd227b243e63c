// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/groups.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"

namespace vfio_doctor {

int run_groups_command(const Options& options) {
  const Report report = examine(options);
  write_outputs(options, "text", [&](const std::string& format, const std::string& file) {
    if (format == "json") return render_groups_json(report);
    if (format == "svg") return render_groups_svg(report);
    return render_groups_text(report, text_style_for(options, file));
  });
  return 0;
}

}  // namespace vfio_doctor
