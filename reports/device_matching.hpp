// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace vfio_doctor {

struct DeviceMatching {
  std::vector<std::pair<const DeviceReport*, const DeviceReport*>> same;  ///< in the order of the later report
  std::vector<const DeviceReport*> gone, added;
  struct Ambiguous {
    std::vector<const DeviceReport*> before, after;  ///< identical; at least two on one side
  };
  std::vector<Ambiguous> twins;
  std::map<std::string, std::string> moved_to;  ///< address before -> address after, of those in `same`
};

/// See compare_reports(). The reports must outlive the result.
DeviceMatching match_devices(const Report& before, const Report& after);

}  // namespace vfio_doctor
