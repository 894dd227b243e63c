// SPDX-License-Identifier: GPL-2.0-or-later
// Writes one of the reports built by hand to standard output: for the browser tests and for looking at it.
#include <iostream>
#include <string>

#include "reports/all_formats.hpp"

using namespace vfio_doctor;

namespace {

Report report_of(const std::string& name) {
  if (name == "large-host") return testing::large_host(4096);
  for (const auto& each : testing::golden_reports())
    if (each.name == name) return each.report;
  throw std::runtime_error("no such report: " + name);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: render_sample REPORT FORMAT\n";
    return 2;
  }
  try {
    const Report report = report_of(arguments[1]);
    for (const auto& format : testing::all_formats())
      if (format.name == arguments[2]) {
        std::cout << format.render(report);
        return 0;
      }
    std::cerr << "no such format: " << arguments[2] << '\n';
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
  }
  return 2;
}
