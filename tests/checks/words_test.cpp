// SPDX-License-Identifier: GPL-2.0-or-later
// The words of checks on their example machines, pinned: tests/checks/words/GROUP.txt. Made with UPDATE_GOLDEN=1; read the
// differences before you commit them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "checks/check.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> groups = {"binding", "room", "reset", "graphics", "sriov", "memory", "access",
    "trust", "log"};

std::string words_of(const Check& check) {
  std::vector<fs::path> machines;
  for (const auto& entry
      : fs::directory_iterator(fs::path(TESTS_DIR) / "checks/examples" / check.id)) machines.push_back(entry.path());
  std::ranges::sort(machines);
  std::string words;
  for (const auto& path : machines) {
    words += std::string(check.id) + "/" + path.stem().string() + "\n";
    for (const auto& finding : run_check(check, gather_host(testing::machine_file(path.string())))) {
      words += "  " + std::string(to_text(finding.status)) + (finding.quiet ? " (quiet) " : " ") + finding.subject + ": " +
          finding.summary + "\n";
      for (const auto& seen : finding.evidence) words += "    " + seen.source + ": " + seen.value + "\n";
      for (const auto& remedy : finding.remedy) {
        words += "    > " + remedy.text + "\n";
        for (const auto& command : remedy.commands) words += "      " + command + "\n";
      }
    }
  }
  return words;
}

TEST(Words, AreTheOnesThatWereRead) {
  for (const auto group : groups) {
    std::string words;
    for (const auto& check : all_checks())
      if (check.group == group) words += words_of(check);
    const auto path = fs::path(TESTS_DIR) / "checks/words" / (std::string(group) + ".txt");
    if (std::getenv("UPDATE_GOLDEN")) std::ofstream(path, std::ios::binary) << words;
    EXPECT_EQ(testing::read_test_file(path.string()), words) << group;
  }
}

TEST(Words, WhatCannotBeSeenIsToldOnceAndQuietly) {
  // A host of which nothing was asked: every rule of these groups answers with one quiet unknown, or has nothing to say.
  const auto host = gather_host(MemoryRoot(parse_machine_text("recorded by 0 (format 2)\n", "empty")));
  for (const auto& check : all_checks()) {
    if (std::ranges::find(groups, check.group) == groups.end()) continue;
    const auto findings = run_check(check, host);
    ASSERT_EQ(findings.size(), 1u) << check.id;
    EXPECT_NE(findings[0].status, Status::pass) << check.id << ": " << findings[0].summary;
    EXPECT_TRUE(findings[0].quiet || findings[0].status == Status::not_applicable) << check.id << ": " << findings[0].summary;
  }
}

}  // namespace
}  // namespace vfio_doctor
