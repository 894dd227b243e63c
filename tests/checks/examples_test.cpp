// SPDX-License-Identifier: GPL-2.0-or-later
// Every check ships machines it must judge: tests/checks/examples/ID/STATUS[-WHAT].machine, where STATUS is the worst
// status the check must give on that machine. Each needs at least one that passes and one that fails or warns. A line
// `expect STATUS SUBJECT "WORDS"` in it pins one finding.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "checks/check.hpp"
#include "checks/example_status.hpp"
#include "checks/expectations.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using testing::status_in_name;
using testing::worst_status;

struct Example {
  const Check* check;
  std::string path;    // below tests/
  std::string status;  // from the file name
};

std::vector<fs::path> machines_of(const Check& check) {
  std::vector<fs::path> found;
  const auto directory = fs::path(TESTS_DIR) / "checks/examples" / check.id;
  if (fs::exists(directory))
    for (const auto& entry : fs::directory_iterator(directory))
      if (entry.path().extension() == ".machine") found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

TEST(Examples, EveryCheckHasAPassingAndAFailingMachine) {
  for (const auto& check : all_checks()) {
    int passing = 0, failing = 0;
    for (const auto& path : machines_of(check)) {
      const auto status = status_in_name(path);
      passing += status == "pass";
      failing += status == "fail" || status == "warn";
    }
    EXPECT_GT(passing, 0) << check.id << ": no tests/checks/examples/" << check.id << "/pass*.machine";
    EXPECT_GT(failing, 0) << check.id << ": no tests/checks/examples/" << check.id << "/fail*.machine or warn*.machine";
  }
}

TEST(Examples, EveryMachineIsJudgedAsItsNameSays) {
  for (const auto& check : all_checks()) {
    for (const auto& path : machines_of(check)) {
      SCOPED_TRACE(path.string());
      const auto text = testing::read_test_file(path.string());
      const auto host = gather_host(MemoryRoot(parse_machine_text(text, path.string())));
      const auto findings = run_check(check, host);
      testing::expect_findings(testing::expectations_in(text, path.string()), findings);
      std::string said;
      for (const auto& finding : findings)
        said += "\n  " + std::string(to_text(finding.status)) + " " + finding.subject + ": " + finding.summary;
      EXPECT_EQ(worst_status(findings), status_in_name(path)) << "the check said:" << said;
      for (const auto& finding : findings) {
        EXPECT_EQ(finding.id, check.id);
        EXPECT_FALSE(finding.summary.empty());
        if (finding.status == Status::fail) {
          EXPECT_FALSE(finding.evidence.empty()) << "a fail shows its evidence";
        }
      }
    }
  }
}

TEST(Examples, OfEachCheckOneSaysWhatMustBeFound) {
  for (const auto& check : all_checks()) {
    std::string lines;
    bool any = false;
    for (const auto& path : machines_of(check)) {
      const auto text = testing::read_test_file(path.string());
      any |= !testing::expectations_in(text, path.string()).empty();
      for (const auto& finding : run_check(check, gather_host(MemoryRoot(parse_machine_text(text, path.string())))))
        if (testing::is_worth_a_line(finding))
          lines += "\n" + path.filename().string() + ": " + testing::expectation_of(finding);
    }
    EXPECT_TRUE(any) << check.id << ": if what it says now is right, put it into the machine:" << lines;
  }
}

TEST(Examples, AnExpectationThatIsNotMetOrHalfWrittenIsNoticed) {
  const Finding seen{"some-check", Status::warn, "0000:03:00.0", "Title", "It says \"no\" to guests.", {}, {}, Effect::none};
  const auto met = [&seen](const char* line) { return testing::expectations_in(line, "test").at(0).is_met_by(seen); };
  EXPECT_TRUE(met("expect warn 0000:03:00.0 \"says \"no\" to\""));
  EXPECT_TRUE(met("  <!-- expect warn 0000:03:00.0 \"It says\" -->"));
  EXPECT_FALSE(met("expect fail 0000:03:00.0 \"It says\""));
  EXPECT_FALSE(met("expect warn 0000:03:00.1 \"It says\""));
  EXPECT_FALSE(met("expect warn 0000:03:00.0 \"It says yes\""));
  for (const auto* half :
       {"expect warn", "expect warn host", "expect warn host It says", "expect warn host \"It says", "expect warn host \"\""})
    EXPECT_THROW(testing::expectations_in(half, "test"), std::runtime_error) << half;
  EXPECT_NONFATAL_FAILURE(testing::expect_findings(testing::expectations_in("expect fail host \"other\"", "test"), {}),
                          "not found");
  EXPECT_NONFATAL_FAILURE(testing::expect_findings(testing::expectations_in("expect warn 0000:03:00.0 \"It\"", "test"),
                                                   {seen,
                                                    {"some-check", Status::fail, "host", "", "Worse.", {}, {}, Effect::none}}),
                          "not expected");
}

/// How a machine can hide what it knows: each brings every `unknown` of some checks to light.
struct Hiding {
  const char* name;
  RecordedNodes (*hide)(RecordedNodes nodes);
};

RecordedNodes as_it_is(RecordedNodes nodes) { return nodes; }

/// A recording by a program that asked for no more than what the example names.
RecordedNodes not_asked(RecordedNodes nodes) {
  std::erase_if(nodes, [](const auto& node) { return node.second.kind == RecordedNode::Kind::complete; });
  return nodes;
}

/// Links and names of files stay visible, as they do to a user who is not root.
RecordedNodes refused(RecordedNodes nodes) {
  for (auto& [path, node] : nodes)
    if (node.kind == RecordedNode::Kind::file) node = {RecordedNode::Kind::unreadable, "Permission denied"};
  return nodes;
}

RecordedNodes refused_links(RecordedNodes nodes) {
  for (auto& [path, node] : nodes)
    if (node.kind == RecordedNode::Kind::link && !path.starts_with("/sys/bus/pci/devices/"))
      node = {RecordedNode::Kind::unreadable, "Permission denied"};
  return nodes;
}

void expect_reason(const Finding& finding) {
  const auto said = std::string(to_text(finding.status)) + " " + finding.id + " " + finding.subject + ": " + finding.summary;
  EXPECT_FALSE(finding.evidence.empty()) << "it does not say why, and where: " << said;
  for (const auto& one : finding.evidence) EXPECT_FALSE(one.source.empty() || one.value.empty()) << said;
}

TEST(Examples, WhatIsUnknownSaysWhyAndWhere) {
  const std::vector<Hiding> hidings = {{"as it is", as_it_is},
                                       {"not asked", not_asked},
                                       {"files refused", refused},
                                       {"links refused", refused_links}};
  std::size_t unknowns = 0;
  for (const auto& owner : all_checks())
    for (const auto& path : machines_of(owner))
      for (const auto& hiding : hidings) {
        SCOPED_TRACE(path.string() + ", " + hiding.name);
        const auto nodes = parse_machine_text(testing::read_test_file(path.string()), path.string());
        const auto host = gather_host(MemoryRoot(hiding.hide(nodes)));
        for (const auto& check : all_checks())
          for (const auto& finding : run_check(check, host)) {
            if (finding.status != Status::unknown) continue;
            ++unknowns;
            expect_reason(finding);
          }
      }
  EXPECT_GT(unknowns, 1000u);
}

TEST(Examples, EveryPageHasItsSections) {
  for (const auto& check : all_checks())
    for (const auto* section :
         {"## What it checks", "## Why it matters", "## What unknown means", "## Remedy and its risk", "## References"})
      EXPECT_NE(check.page.find(section), std::string_view::npos) << check.id << " lacks '" << section << "'";
}

}  // namespace
}  // namespace vfio_doctor
