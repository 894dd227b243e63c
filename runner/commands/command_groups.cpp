// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/formats.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"

namespace vfio_doctor {

int run_groups_command(const GroupsOptions& options) {
  const Report report = examine(options.examine, options.output);
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    return render_as(group_formats(), format, report, text_style_for(options.output, file));
  });
  return 0;
}

}  // namespace vfio_doctor
