// SPDX-License-Identifier: GPL-2.0-or-later
// Every check of domains ships domains that it must judge: tests/checks/domain/ID/STATUS[-WHAT].xml on the machine
// tests/checks/domain/host.machine, where STATUS is the worst status that it must give.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "checks/domain/domain_check.hpp"
#include "checks/example_status.hpp"
#include "checks/expectations.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using testing::status_in_name;
using testing::worst_status;

std::vector<fs::path> domains_of(const DomainCheck& check) {
  std::vector<fs::path> found;
  const auto directory = fs::path(TESTS_DIR) / "checks/domain" / check.id;
  if (fs::exists(directory))
    for (const auto& entry : fs::directory_iterator(directory)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

struct Judged {
  std::vector<Finding> findings;
  std::string said;
};

Judged judged(const DomainCheck& check, const std::string& text, const Host& host, const Root& root, bool complete = true) {
  const auto domain = parse_domain_xml(text, "example.xml");
  const auto around = gather_surroundings(root, domain, complete);
  Judged result{run_domain_check(check, {host, domain, around}), {}};
  for (const auto& finding : result.findings)
    result.said += "\n  " + std::string(to_text(finding.status)) + ": " + finding.summary;
  return result;
}

TEST(DomainExamples, EachIsJudgedAsItsNameSays) {
  const auto root = testing::machine_file("checks/domain/host.machine");
  const auto host = gather_host(root);
  for (const auto& check : all_domain_checks()) {
    int good = 0, bad = 0;
    for (const auto& path : domains_of(check)) {
      SCOPED_TRACE(path.string());
      const auto status = status_in_name(path);
      const auto text = testing::read_test_file(path.string());
      const auto result = judged(check, text, host, root);
      testing::expect_findings(testing::expectations_in(text, path.string()), result.findings);
      EXPECT_EQ(worst_status(result.findings), status) << "the check said:" << result.said;
      good += status == "pass" || status == "unknown";
      bad += status == "fail" || status == "warn";
      for (const auto& finding : result.findings) {
        EXPECT_EQ(finding.id, check.id);
        EXPECT_EQ(finding.subject, "domain:example");
        if (finding.status == Status::fail || finding.status == Status::warn) {
          ASSERT_FALSE(finding.evidence.empty());
          EXPECT_TRUE(finding.evidence[0].value.starts_with("line ")) << finding.summary;
        }
      }
    }
    EXPECT_GT(good, 0) << check.id;
    EXPECT_GT(bad, 0) << check.id;
  }
}

TEST(DomainExamples, EveryPageHasItsSections) {
  for (const auto& check : all_domain_checks())
    for (const auto* section :
         {"## What it checks", "## Why it matters", "## What unknown means", "## Remedy and its risk", "## References"})
      EXPECT_NE(check.page.find(section), std::string_view::npos) << check.id << " lacks '" << section << "'";
}

/// A snapshot holds what the program read, and no ROM files: what is not in it may be there all the same.
TEST(DomainExamples, WhatWasNotRecordedIsUnknown) {
  const auto root = testing::machine_file("checks/domain/host.machine");
  const auto host = gather_host(root);
  for (const auto& [id, file] : {std::pair{"domain-rom", "fail-missing"}, std::pair{"domain-mediated", "fail-missing"},
                                 std::pair{"domain-assignment", "fail-iommufd"}, std::pair{"domain-usb", "fail-missing"}}) {
    const auto check = std::ranges::find(all_domain_checks(), std::string_view(id), &DomainCheck::id);
    const auto text = testing::read_test_file(std::string("checks/domain/") + id + "/" + file + ".xml");
    EXPECT_EQ(worst_status(judged(*check, text, host, root, false).findings), "unknown") << id;
  }
}

/// On a host about which nothing was recorded, or of which a snapshot was taken without this domain in mind.
TEST(DomainExamples, WhatIsUnknownSaysWhyAndWhere) {
  const auto root = testing::machine_file("checks/domain/host.machine");
  auto nodes = parse_machine_text(testing::read_test_file("checks/domain/host.machine"), "host.machine");
  std::erase_if(nodes, [](const auto& node) { return node.second.kind == RecordedNode::Kind::complete; });
  const MemoryRoot recorded(nodes), nothing(RecordedNodes{{"/recorded", {RecordedNode::Kind::directory, {}}}});
  std::size_t unknowns = 0;
  for (const auto* where :
       {static_cast<const Root*>(&root), static_cast<const Root*>(&recorded), static_cast<const Root*>(&nothing)}) {
    const auto host = gather_host(*where);
    for (const auto& check : all_domain_checks())
      for (const auto& path : domains_of(check))
        for (const bool complete : {true, false}) {
          SCOPED_TRACE(path.string());
          for (const auto& finding : judged(check, testing::read_test_file(path.string()), host, *where, complete).findings) {
            if (finding.status != Status::unknown) continue;
            ++unknowns;
            EXPECT_FALSE(finding.evidence.empty()) << finding.summary;
            for (const auto& one : finding.evidence) EXPECT_FALSE(one.source.empty() || one.value.empty()) << finding.summary;
          }
        }
  }
  EXPECT_GT(unknowns, 20u);
}

/// The guide writes the wireless card of IOMMU group 14 as slot 0x14 of bus 0, which is the USB controller.
TEST(DomainIntent, TheGuidesWirelessCard) {
  const auto root = testing::machine_file(std::string(TESTS_DIR) + "/../machine/samples/hm170.machine");
  const auto host = gather_host(root);
  const auto check = std::ranges::find(all_domain_checks(), std::string_view("domain-intent"), &DomainCheck::id);
  const std::string usb =
      "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x00' slot='0x14' "
      "function='0x0'/></source></hostdev>";
  const std::string thermal =
      "<hostdev mode='subsystem' type='pci' managed='yes'><source><address bus='0' slot='0x14' "
      "function='2'/></source></hostdev>";
  const auto wrong = judged(*check, "<domain><devices>" + usb + "</devices></domain>", host, root);
  EXPECT_NE(wrong.said.find("did you mean 0000:03:00.0"), std::string::npos) << wrong.said;
  EXPECT_NE(wrong.said.find("with a group of its own"), std::string::npos) << wrong.said;
  const auto named = judged(*check, "<domain><devices><!-- Wireless 8260 -->" + usb + "</devices></domain>", host, root);
  EXPECT_NE(named.said.find("did you mean 0000:03:00.0"), std::string::npos) << named.said;
  const auto both = judged(*check, "<domain><devices>" + usb + thermal + "</devices></domain>", host, root);
  EXPECT_EQ(worst_status(both.findings), "pass") << "the guide's second example means the controller";
}

}  // namespace
}  // namespace vfio_doctor
