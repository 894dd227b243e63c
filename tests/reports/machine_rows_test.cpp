// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/machine_rows.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/groups.hpp"
#include "reports/sample_reports.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor::testing {
namespace {

std::size_t functions_in(const MachineRows& machine) {
  std::size_t count = 0;
  for (const MachineRow& row : machine.rows) count += row.devices.size();
  return count;
}

TEST(MachineRows, FollowTheTree) {
  const Report report = ready_laptop();
  const MachineRows machine = machine_rows(report, 100, 100);
  ASSERT_EQ(machine.rows.size(), 14u);
  EXPECT_EQ(machine.rows[0].label, "PCI bus 0000:00");
  EXPECT_EQ(machine.left_out, 0u);
  for (const MachineRow& row : machine.rows)
    if (!row.devices.empty() && row.devices[0]->parent) {
      EXPECT_EQ(machine.rows[*row.parent].devices[0]->address, *row.devices[0]->parent);
      EXPECT_EQ(row.depth, 2u);
    }
}

TEST(MachineRows, LoseNothingInACircle) {
  Report report = ready_laptop();
  report.devices[4].parent = at("0000:00:1c.2");
  report.devices[5].parent = at("0000:00:1c.0");
  report.devices[6].parent = at("0000:00:1d.0");
  const MachineRows machine = machine_rows(report, 100, 100);
  EXPECT_EQ(functions_in(machine), report.devices.size());
}

TEST(MachineRows, SurviveADeepChain) {
  Report report = empty_report();
  for (unsigned i = 0; i < 20000; ++i) {
    DeviceReport bridge = device({std::to_string(100000 + i) + ":00:00.0", "8086:0000", "060400", "00", "", "", ""});
    if (i > 0) bridge.parent = report.devices.back().address;
    report.devices.push_back(bridge);
  }
  const MachineRows machine = machine_rows(report, 100000, 100);
  EXPECT_EQ(functions_in(machine), 20000u);
  EXPECT_EQ(machine.rows.back().depth, 20000u);
}

TEST(MachineRows, FoldWhatIsAlikeAndCountTheRest) {
  const Report report = large_host(4096);
  const MachineRows machine = machine_rows(report, 200, 240);
  EXPECT_LE(machine.rows.size(), 250u);
  EXPECT_EQ(functions_in(machine) + machine.left_out, 4096u);
  EXPECT_GT(machine.left_out, 0u);
}

TEST(MachineRows, KeepBranchesWithSomethingToSee) {
  Report report = large_host(4096);
  report.devices.back().verdict = DeviceVerdict::protected_by_host;
  const MachineRows machine = machine_rows(report, 200, 240);
  bool found = false;
  for (const MachineRow& row : machine.rows)
    for (const DeviceReport* each : row.devices) found = found || each == &report.devices.back();
  EXPECT_TRUE(found);
}

TEST(RenderGroupsJson, KeepsToTheSchema) {
  for (const NamedReport& each : golden_reports())
    EXPECT_EQ(schema_violations(nlohmann::json::parse(render_groups_json(each.report)), "docs/schema/groups-1.json"), "")
        << each.name;
}

}  // namespace
}  // namespace vfio_doctor::testing
