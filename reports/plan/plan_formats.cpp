// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <span>

#include "reports/plan/plan_report.hpp"

namespace vfio_doctor {

std::span<const PlanFormat> plan_formats() {
  static constexpr auto formats = std::to_array<PlanFormat>({{"text", render_plan_text, false},
                                                             {"json", render_plan_json, false},
                                                             {"xml", render_plan_xml, false},
                                                             {"qm", render_plan_qm, false},
                                                             {"qemu", render_plan_qemu, false},
                                                             {"shell", render_plan_shell, true},
                                                             {"ansible", render_plan_ansible, true}});
  return formats;
}

std::vector<std::string> names_of_plan_formats() {
  std::vector<std::string> names;
  for (const auto& format : plan_formats()) names.emplace_back(format.name);
  return names;
}

}  // namespace vfio_doctor
