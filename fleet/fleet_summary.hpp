// SPDX-License-Identifier: GPL-2.0-or-later
// What many reports come to; renderers write it down and judge nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/text.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

/// How many hosts, and the first few of them by name.
struct SomeHosts {
  std::size_t count = 0;
  std::vector<std::string> examples;
};

struct VerdictCounts {
  std::size_t ready = 0, not_ready = 0, undetermined = 0;
};

/// Hosts that are not ready, or undetermined, for the same checks.
struct FleetCause {
  std::string signature;  ///< ids of the checks, sorted: "command-line-drift, iommu-active"
  Verdict verdict = Verdict::undetermined;
  SomeHosts hosts;
  std::vector<std::string> boards;  ///< the first few board models among them
  std::size_t boards_total = 0;
};

/// Hosts that differ from nearly all others of their board model.
struct FleetOutlier {
  std::string board, what, usual, value;  ///< "Acme S1", "interrupt remapping", "on", "off"; "unknown" where it is not known
  std::size_t board_hosts = 0, usual_hosts = 0;
  SomeHosts hosts;  ///< that have `value`
};

/// Devices of one vendor and device that can be given, on all hosts together.
struct FleetDevice {
  std::string id, name;  ///< "8086:24f3"
  std::size_t alone = 0, with_companions = 0, hosts = 0;
};

/// Hosts that are ready now and will not be, or may not be, after the next boot, for the same arguments.
struct FleetNextBoot {
  Verdict verdict = Verdict::undetermined;
  std::vector<std::string> lost;  ///< kernel arguments
  std::string reason;             ///< of the first of them
  SomeHosts hosts;
};

/// A report that was not counted.
struct SkippedReport {
  std::string place, why;
};

/// What a run before said of a host, and what this one says.
struct HostChange {
  std::string host;
  Verdict before = Verdict::undetermined, after = Verdict::undetermined;
  std::string cause;  ///< now
};

struct FleetChanges {
  std::string since;  ///< when that run was
  std::size_t worse_total = 0, better_total = 0;
  std::vector<HostChange> worse, better;
  SomeHosts fresh, gone;
  SomeHosts next_boot_worse;  ///< would be ready after the next boot then, and would not now
};

/// One host, as the next run wants to know it.
struct HostState {
  std::string host, id;  ///< the id may be empty
  Verdict verdict = Verdict::undetermined, next_boot = Verdict::undetermined;
};

struct FleetSummary {
  std::size_t hosts = 0;
  VerdictCounts verdicts, next_boots;
  std::size_t unnamed = 0;     ///< reports that do not say which host they are about: counted as a host each
  std::size_t superseded = 0;  ///< older reports about a host that a newer one is about
  std::size_t skipped_total = 0, outliers_total = 0, devices_total = 0, causes_total = 0;
  std::vector<SkippedReport> skipped;
  std::vector<FleetCause> causes;        ///< most hosts first
  std::vector<FleetOutlier> outliers;    ///< by board
  std::vector<FleetDevice> devices;      ///< most first
  std::vector<FleetNextBoot> next_boot;  ///< certain ones first
  std::optional<FleetChanges> changes;
  std::vector<HostState> states;  ///< by name
};

std::string render_fleet_text(const FleetSummary& fleet, const TextStyle& style);
std::string render_fleet_json(const FleetSummary& fleet);  ///< docs/schema/fleet-1.json
std::string render_fleet_markdown(const FleetSummary& fleet);
std::string render_fleet_html(const FleetSummary& fleet);

}  // namespace vfio_doctor
