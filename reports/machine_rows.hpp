// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace vfio_doctor {

/// One row of the picture of the machine: a root bus, a function, or several functions that are alike.
struct MachineRow {
  std::size_t depth = 0;
  std::optional<std::size_t> parent;         ///< index of the row above it in the tree
  std::string label;                         ///< of a row without devices: "PCI bus 0000:00"
  std::vector<const DeviceReport*> devices;  ///< more than one: alike
};

struct MachineRows {
  std::vector<MachineRow> rows;  ///< in the order of the tree
  std::size_t left_out = 0;      ///< functions for which there is no row
};

/// Above `fold_above` functions, neighbours without children below one bridge share a row when they are
/// alike, and there are at most `most_rows` rows. A bridge that is its own ancestor, as only a forged report
/// has, is shown as a root.
MachineRows machine_rows(const Report& report, std::size_t fold_above, std::size_t most_rows);

}  // namespace vfio_doctor
