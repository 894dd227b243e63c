// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/examine.hpp"
#include "runner/output.hpp"

namespace vfio_doctor {

int run_groups_command(const Options& options) {
  const Report report = examine(options);
  write_outputs(options, "text", [&](const std::string&, const std::string& file) {
    return render_text(report, text_style_for(options, file));
  });
  return 0;
}

}  // namespace vfio_doctor
