// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace vfio_doctor {

/// Whether a change is one for the worse. Verdicts get worse from ready over undetermined to not ready, and from
/// assignable over with-companions to everything that cannot be given. What became undetermined is no worse yet.
enum class Direction { neutral, better, worse, undetermined };

/// One value that changed; nothing where it was not observed.
struct ValueChange {
  std::string what;  ///< "verdict", "driver", "kernel"
  std::optional<std::string> before, after;
  Direction direction = Direction::neutral;
};

/// One device in both reports, or in one.
struct DeviceChange {
  std::optional<std::string> before, after;  ///< addresses; nothing where the device is not there
  std::string name;
  std::vector<ValueChange> values;  ///< verdict, driver, IOMMU group's companions
  Direction direction = Direction::neutral;
};

/// Identical devices of which nobody can say which is which.
struct Twins {
  std::string name;
  std::vector<std::string> before, after;  ///< addresses
  Direction direction = Direction::neutral;
};

struct FindingChange {
  std::string id, subject, title;       ///< the subject as the later report names it
  std::optional<Status> before, after;  ///< the worst of its findings; nothing where there was none
  std::string summary;                  ///< of the later report, or of the earlier where it is gone
};

struct GroupChange {
  std::optional<unsigned> before, after;
  std::vector<std::string> joined, left;  ///< members as the later report names them; `left` may be gone altogether
  std::optional<ValueChange> type;
};

/// What is different between two reports about a machine, or about two machines.
struct Comparison {
  Report::Source before, after;
  std::string tool_version;
  std::vector<ValueChange> host;
  std::vector<FindingChange> findings;
  std::vector<DeviceChange> devices;
  std::vector<Twins> twins;
  std::vector<GroupChange> groups;
  std::size_t same_devices = 0;       ///< devices of which nothing changed
  std::size_t renumbered_groups = 0;  ///< groups that only have another number; that means nothing
  Direction direction = Direction::neutral;

  bool is_empty() const { return host.empty() && findings.empty() && devices.empty() && twins.empty() && groups.empty(); }
};

/// Devices are matched by what they are (ids, class, revision), then by their place (slots and functions of the
/// bridges above them, which stay when bus numbers move), then by address; a single one left on both sides is the
/// same one, moved.
Comparison compare_reports(const Report& before, const Report& after);

}  // namespace vfio_doctor
