// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/data_table.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"known-resets", "Resets that a device does not survive", 10, run};

}  // namespace
extern const std::string_view reset_quirks_table;  // made by the build
namespace {

/// The kernel still offers the method: it does not know the device, or an old kernel does not.
Finding judge(const PciFunction& function, const DeviceRow& row) {
  const auto method = std::string(row.fields[1]);
  std::vector<std::string> others;
  for (const auto& name : *function.reset_methods)
    if (name != method) others.push_back(name);
  static const std::string path = "/sys/bus/pci/devices/{device}/reset_method";
  auto finding = check.finding(Status::warn, device_subject(function.address),
                               "This kernel resets it by " + method + ", which it is known not to survive (" +
                                   std::string(row.fields[2]) + ").");
  finding.evidence = {{function.sysfs_path + "/reset_method", join(*function.reset_methods, " ")},
                      {std::string(row.fields[3]), std::string(row.fields[0])}};
  finding.remedy = {
      remedy_for(function.address,
                 {others.empty() ? "Take the method away before a guest gets it; nothing else can reset the device then. A "
                                   "newer kernel may know the device."
                                 : "Take the method away before a guest gets it, after each boot. A newer kernel may know "
                                   "the device.",
                  {"echo '" + join(others, " ") + "' | sudo tee " + path},
                  {"echo default | sudo tee " + path},
                  "Without a reset the device keeps the state of one guest into the next."})};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  static const auto rows = device_rows(reset_quirks_table, 4, "reset_quirks.tsv");
  std::vector<Finding> findings;
  bool any_seen = false;
  for (const auto& function : host.all_functions()) {
    const auto* methods = function.reset_methods.get();
    if (!methods) continue;
    any_seen = true;
    if (function.boot_vga.is(true) && function.driver.has_value() && !is_held_by_vfio(function))
      continue;  // the host's own screen
    for (const auto* row : rows_about(rows, function))
      if (std::ranges::find(*methods, row->fields[1]) != methods->end()) findings.push_back(judge(function, *row));
  }
  if (findings.empty() && any_seen)
    findings.push_back(
        check.finding(Status::pass, host_subject, "The kernel offers no reset that a device here is known not to survive."));
  return findings;
}

}  // namespace

Check known_resets_check() { return check; }

}  // namespace vfio_doctor
