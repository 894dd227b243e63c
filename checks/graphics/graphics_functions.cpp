// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/kernel_rules.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"graphics-functions", "Virtual functions of Intel graphics", 50, run};

std::vector<Finding> run(const Host& host) {
  const auto asked = given_parameter(host, "i915", "max_vfs");
  if (!asked || !asked->value) return {};
  const auto graphics = std::ranges::find_if(host.all_functions(), [](const PciFunction& function) {
    return is_display(function) && function.id.vendor.is(0x8086) && function.driver.has_value();
  });
  if (graphics == host.all_functions().end()) return {};
  auto finding = check.finding(Status::pass, device_subject(graphics->address),
                               "The module i915 that is loaded knows "
                               "max_vfs.");
  finding.evidence = {asked->evidence, {graphics->sysfs_path + "/driver", *graphics->driver}};
  const auto parameter = host.modules.parameters.find("i915.max_vfs");
  if (graphics->driver.is("xe")) {
    finding.status = Status::warn;
    finding.summary = "i915 is told to make virtual functions, but the driver xe has the graphics.";
    finding.remedy = {{"Keep xe from it (" + with_module_refused(host, "xe") +
                           ") where the module i915 from outside the kernel is to have it; or "
                           "use xe's own virtual functions (xe.max_vfs).",
                       {},
                       {},
                       {}}};
  } else if (graphics->driver.is("i915") && (parameter == host.modules.parameters.end() || parameter->second.is_absent())) {
    finding.status = Status::warn;
    finding.summary =
        "i915 is told to make virtual functions (max_vfs), but the one that is loaded has no such parameter: it "
        "is the kernel's own, not the module from outside.";
    finding.evidence.push_back({"/sys/module/i915/parameters/max_vfs", "not there"});
    finding.remedy = {
        {"Build the module for this kernel (DKMS) and the initial RAM disk anew. This tells which one is "
         "loaded.",
         {"modinfo i915 | head -3", "dkms status"},
         {},
         {}}};
  }
  return {finding};
}

}  // namespace

Check graphics_functions_check() { return check; }

}  // namespace vfio_doctor
