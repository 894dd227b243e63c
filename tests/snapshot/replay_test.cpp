// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every recorded machine, kept as a snapshot and replayed, gives the same report to the byte; redacted, it gives the same
// judgement.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <tuple>

#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "machines.hpp"
#include "reports/json.hpp"
#include "runner/commands/examine.hpp"
#include "snapshot/archive.hpp"
#include "snapshot/redaction.hpp"
#include "snapshot/snapshot.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> recorded_machines() {
  std::vector<std::string> files;
  const fs::path tests = TESTS_DIR;
  for (const auto& directory : {tests / "../machine/samples", tests / "checks/examples", tests / "hosts"}) {
    if (!fs::exists(directory)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
      if (entry.path().extension() == ".machine") files.push_back(entry.path().lexically_normal().string());
  }
  std::ranges::sort(files);
  return files;
}

Report report_on(const RecordedNodes& nodes) {
  return examine_plainly({"snapshot", "test", std::make_unique<MemoryRoot>(nodes)}, Wake::no);
}

using Judgement = std::vector<std::tuple<std::string, std::string, std::string>>;

Judgement judgement_of(const Report& report) {
  Judgement all = {{"", "host", std::string(to_text(report.verdict))}};
  for (const auto& finding : report.findings) all.emplace_back(finding.subject, finding.id, to_text(finding.status));
  for (const auto& device : report.devices) all.emplace_back(device.address.text(), "device", to_text(device.verdict));
  std::ranges::sort(all);
  return all;
}

TEST(Replay, GivesTheSameReportToTheByte) {
  ::setenv("SOURCE_DATE_EPOCH", "1", 1);
  const auto files = recorded_machines();
  ASSERT_GT(files.size(), 50u);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const auto recorded = parse_machine_text(testing::read_test_file(file), file);
    const auto kept = take_snapshot(MemoryRoot(recorded), Wake::no);
    const auto report = render_json(report_on(recorded));
    EXPECT_EQ(report, render_json(report_on(read_snapshot(write_archive(kept, {}), "archive"))));
    EXPECT_EQ(report, render_json(report_on(read_snapshot(write_machine_text(kept), "text"))));
  }
}

TEST(Replay, OfARedactedSnapshotGivesTheSameJudgement) {
  for (const auto& file : recorded_machines()) {
    SCOPED_TRACE(file);
    const auto recorded = parse_machine_text(testing::read_test_file(file), file);
    const MemoryRoot root(recorded);
    const auto kept = take_snapshot(root, Wake::no);
    const auto redacted = redact(kept, find_private_names(root)).nodes;
    EXPECT_EQ(judgement_of(report_on(kept)), judgement_of(report_on(redacted)));
    EXPECT_EQ(kept.size(), redacted.size());
  }
}

}  // namespace
}  // namespace vfio_doctor
