// SPDX-License-Identifier: GPL-2.0-or-later
// What --fix prints: the right text, as a patch that patch(1) takes, and nothing where there is nothing certain.
#include "runner/commands/domain_patch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/process/subprocess.hpp"
#include "facts/domain/surroundings.hpp"
#include "machines.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

struct Fixed {
  std::string text, patch;
  std::size_t fixes = 0;
};

Fixed fixed(const std::string& text, const Root& root) {
  const auto host = gather_host(root);
  const auto domain = parse_domain_xml(text, "d.xml");
  const auto around = gather_surroundings(root, domain, true);
  const auto fixes = certain_fixes({host, domain, around});
  return {with_fixes(text, fixes), domain_patch(text, "d.xml", fixes), fixes.size()};
}

Fixed fixed_at_example(const std::string& text) { return fixed(text, testing::machine_file("checks/domain/host.machine")); }

std::string domain(const std::string& devices, const std::string& head = "") {
  return "<domain type='kvm'>\n<name>d</name>\n" + head + "<os><type machine='q35'>hvm</type></os>\n<devices>\n" + devices +
         "\n</devices>\n</domain>\n";
}

TEST(DomainPatch, TheSlotThatWasTheNumberOfAGroup) {
  const auto root = testing::machine_file(std::string(TESTS_DIR) + "/../machine/samples/hm170.machine");
  const auto result =
      fixed(domain("<hostdev mode='subsystem' type='pci' managed='yes'>\n  <source>\n"
                   "    <address domain='0x0000' bus='0x00' slot='0x14' function='0x0'/>\n  </source>\n</hostdev>"),
            root);
  EXPECT_THAT(result.patch, HasSubstr("\n-    <address domain='0x0000' bus='0x00' slot='0x14' function='0x0'/>\n"
                                      "+    <address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>\n"));
  EXPECT_THAT(result.patch, HasSubstr("# line 5: 0000:00:14.0 is another device"));
  EXPECT_THAT(result.patch, HasSubstr("--- d.xml\n+++ d.xml\n@@ -4,7 +4,7 @@\n"));
}

TEST(DomainPatch, EachKindOfFix) {
  const auto hostdev = [](const std::string& tag, const std::string& address, const std::string& inner) {
    return "<hostdev " + tag + "><source><address " + address + "/></source>" + inner + "</hostdev>";
  };
  const std::string wifi = "domain='0' bus='0x52' slot='0' function='0'";
  for (const auto& [before, after] : std::vector<
           std::pair<std::string,
                     std::string>>{{hostdev("type='pci'", wifi, ""), "<hostdev type='pci' managed='yes'>"},
                                   {hostdev("type='pci'  managed = \"no\"", wifi, ""), "<hostdev type='pci'  managed='yes'>"},
                                   {hostdev("type='pci' managed='yes'", wifi, "<driver name='kvm'/>"), "<driver name='vfio'/>"},
                                   {hostdev("type='pci' managed='yes' mode='capabilities'", wifi, ""),
                                    "<hostdev type='pci' managed='yes' mode='subsystem'>"},
                                   {"<hostdev type='pci' managed='yes'><source startupPolicy='optional'><address " + wifi +
                                        "/></source></hostdev>",
                                    "<source><address"},
                                   {hostdev("type='pci' managed='yes'", wifi, "") + "<iommu model='intel'/>",
                                    "<iommu model='intel'><driver caching_mode='on'/></iommu>"},
                                   {hostdev("type='pci' managed='yes'", wifi, "") +
                                        "<iommu model='intel'><driver eim='on' caching_mode='off'/></iommu>",
                                    "<driver eim='on' caching_mode='on' intremap='on'/>"},
                                   {hostdev("type='pci' managed='yes'", "bus='0x41'",
                                            "<address type='pci' bus='0' slot='9' function='0' multifunction='off'/>") +
                                        hostdev("type='pci' managed='yes'", "bus='0x41' function='1'",
                                                "<address type='pci' bus='0' slot='9' function='1'/>"),
                                    "slot='9' function='0' multifunction='on'/>"},
                                   {"<disk type='nvme'><source type='pci' namespace='1'><address bus='0x71'/></source></disk>",
                                    "<source type='pci' namespace='1' managed='yes'>"}}) {
    const auto result = fixed_at_example(domain(before));
    EXPECT_THAT(result.text, HasSubstr(after)) << before;
    EXPECT_THAT(fixed_at_example(result.text).patch, "") << "the second time there is nothing left to do";
  }
  const auto split = fixed_at_example(domain(hostdev("type='pci' managed='yes'", wifi, "") +
                                                 "<iommu model='intel'><driver intremap='on' caching_mode='on'/></iommu>",
                                             "<features><acpi/></features>\n"));
  EXPECT_THAT(split.text, HasSubstr("<features><ioapic driver='qemu'/><acpi/></features>"));
}

TEST(DomainPatch, WhatIsRightStaysAsItIs) {
  for (const auto* const devices :
       {"", "<hostdev type='pci' managed='yes'><source><address bus='0x52'/></source></hostdev>",
        "<hostdev type='pci' managed='no'><source><address bus='0x41'/></source></hostdev>",  // on vfio-pci already
        "<hostdev type='pci'><source><address bus='0x09'/></source></hostdev>"})  // not there: nobody knows what is meant
    EXPECT_THAT(fixed_at_example(domain(devices)).patch, "") << devices;
}

/// A '>' in a value, a quote in the other kind of quotes, the same words in another attribute.
TEST(DomainPatch, FindsItsAttributeAmongTricks) {
  const auto tricky = domain(
      "<hostdev a='managed=\"no\" >' type='pci' xmanaged='no' managed='no'><source><address bus='0x52'/></source></hostdev>");
  EXPECT_THAT(fixed_at_example(tricky).text,
              HasSubstr("<hostdev a='managed=\"no\" >' type='pci' xmanaged='no' managed='yes'>"));
}

/// Offsets in a text that was converted first mean nothing: then nothing is fixed.
TEST(DomainPatch, OtherEncodingsAreLeftAlone) {
  const auto plain = domain("<hostdev type='pci'><source><address bus='0x52'/></source></hostdev>");
  std::string wide = "\xff\xfe";
  for (const char c : plain) wide += std::string{c, '\0'};
  EXPECT_EQ(fixed_at_example(wide).text, wide);
  EXPECT_THAT(fixed_at_example("\xef\xbb\xbf" + plain).text, HasSubstr("type='pci' managed='yes'>"))
      << "a mark in front is no hindrance";
}

/// Every example of every check: a patch that patch(1) applies, and a text with as many lines that is still read.
TEST(DomainPatch, PatchTakesThem) {
  std::size_t patches = 0;
  for (const auto& entry : fs::recursive_directory_iterator(std::string(TESTS_DIR) + "/checks/domain")) {
    if (entry.path().extension() != ".xml") continue;
    SCOPED_TRACE(entry.path().string());
    auto text = testing::read_test_file(entry.path().string());
    if (patches % 2 == 1) text.pop_back();  // without a line end at the end
    const auto result = fixed_at_example(text);
    EXPECT_EQ(std::ranges::count(result.text, '\n'), std::ranges::count(text, '\n'));
    EXPECT_NO_THROW(parse_domain_xml(result.text, "fixed"));
    if (result.patch.empty()) continue;
    ++patches;
    testing::TemporaryDirectory directory;
    const auto file = directory.path() / "d.xml";
    std::ofstream(file) << text;
    ProcessRequest request;
    request.program = "patch";
    request.arguments = {"-p0", "-s", "--fuzz=0", file.string()};
    request.input = result.patch;
    const auto applied = run_process(request);
    if (applied.end == ProcessResult::End::not_started) GTEST_SKIP() << "patch is not installed";
    EXPECT_EQ(applied.exit_code, 0) << applied.output << applied.errors << result.patch;
    EXPECT_EQ(testing::read_test_file(file.string()), result.text);
  }
  EXPECT_GT(patches, 5u);
}

TEST(DomainPatch, OnTheCommandLine) {
  testing::TemporaryDirectory directory;
  const auto file = (directory.path() / "d.xml").string();
  std::ofstream(file) << domain("<hostdev type='pci'><source><address bus='3'/></source></hostdev>");
  const auto run = [&](std::vector<std::string> arguments) {
    ProcessRequest request;
    request.program = PROGRAM;
    request.arguments = {"--sample", "hm170", "check"};
    request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
    return run_process(request);
  };
  const auto before = testing::read_test_file(file);
  const auto result = run({"--domain", file, "--fix"});
  EXPECT_EQ(result.exit_code, 1) << "the domain as it is does not start";
  EXPECT_THAT(result.output, HasSubstr("managed='yes'"));
  EXPECT_EQ(testing::read_test_file(file), before);
  EXPECT_EQ(run({"--fix"}).exit_code, 2);
  EXPECT_EQ(run({"--domain", file, "--fix", "--json"}).exit_code, 2);
}

}  // namespace
}  // namespace vfio_doctor
