// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/data_table.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"amd-reset", "AMD graphics cards that no reset brings back", 20, run};

}  // namespace
extern const std::string_view amd_reset_table;  // made by the build
namespace {

bool has_method(const PciFunction& function, std::string_view method) {
  return function.reset_methods.has_value() && std::ranges::find(*function.reset_methods,
      method) != function.reset_methods->end();
}

Finding judge(const Host& host, const PciFunction& function, const DeviceRow& row) {
  auto finding = check.finding(Status::warn, device_subject(function.address),
                               "Of its series (" + std::string(row.fields[1]) + ") cards hang after a guest had them: a "
                                   "second start fails until the host was off.");
  finding.evidence = {{std::string(row.fields[2]), std::string(row.fields[0])}, {"/sys/module/vendor_reset",
      host.modules.is_loaded("vendor_reset") ? "loaded" : "not there"}};
  finding.remedy = {{"The module vendor-reset (not part of Linux) resets such cards. Load it before vfio-pci, and on Linux "
      "5.15 and later put its method first.",
                     {"echo device_specific | sudo tee /sys/bus/pci/devices/" + function.address.text() + "/reset_method"}, {},
                     "A module from outside marks the kernel as tainted, and a reset that fails can hang the host."}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  static const auto rows = device_rows(amd_reset_table, 3, "amd_reset.tsv");
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    const auto known = is_display(function) ? rows_about(rows, function) : std::vector<const DeviceRow*>();
    if (known.empty()) continue;
    any = true;
    const bool only_screen = function.boot_vga.is(true) && !function.driver.is("vfio-pci");
    if (has_method(function, "flr") || has_method(function, "device_specific") || only_screen) continue;
    findings.push_back(judge(host, function, *known.front()));
  }
  if (findings.empty() && any) findings.push_back(check.finding(Status::pass, host_subject, "The AMD card of a series that "
      "hangs after a guest has a reset of its own, or is the host's screen."));
  return findings;
}

}  // namespace

Check amd_reset_check() { return check; }

}  // namespace vfio_doctor
