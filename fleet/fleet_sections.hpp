// SPDX-License-Identifier: GPL-2.0-or-later
// What a fleet's summary says, in the order in which every format for people says it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fleet/fleet_summary.hpp"

namespace vfio_doctor {

struct FleetSection {
  std::string title;
  std::vector<std::string> head;               ///< of the columns
  std::vector<std::vector<std::string>> rows;  ///< as many cells each; what others wrote is in them as it is
  std::string more;                            ///< "12 more are in the JSON"; empty where all is there
};

/// "10000 hosts: 9400 ready, 500 not ready, 100 undetermined."
std::string fleet_sentence(const FleetSummary& fleet);

/// What a reader must know of the count: skipped reports, unnamed hosts, older reports.
std::vector<std::string> fleet_remarks(const FleetSummary& fleet);

/// Those that say something; of each at most `most_rows`.
std::vector<FleetSection> fleet_sections(const FleetSummary& fleet, std::size_t most_rows);

}  // namespace vfio_doctor
