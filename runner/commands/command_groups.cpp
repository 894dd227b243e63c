// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/formats.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"

namespace vfio_doctor {

int run_groups_command(const Options& options) {
  const Report report = examine(options);
  write_outputs(options, "text", [&](const std::string& format, const std::string& file) {
    return render_as(group_formats(), format, report, text_style_for(options, file));
  });
  return 0;
}

}  // namespace vfio_doctor
