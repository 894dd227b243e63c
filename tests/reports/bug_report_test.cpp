// SPDX-License-Identifier: GPL-2.0-or-later
// Each project's own headings in its own order, filled from one report. Where the headings come from: reports/bug_report.cpp.
#include "reports/bug_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "reports/sample_reports.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Lines = std::vector<std::string>;

/// A laptop that says all of itself that a form asks for.
Report known_machine() {
  Report report = ready_laptop();
  MachineIdentity& hardware = report.host.machine.hardware;
  hardware.board = std::string("Acme B550");
  hardware.firmware_vendor = std::string("Acme");
  hardware.firmware_version = std::string("F7");
  hardware.firmware_date = std::string("2025-04-01");
  hardware.microcode = std::string("0xa1");
  hardware.qemu = std::string("9.1.2");
  hardware.libvirt = std::string("10.9.0");
  hardware.ovmf = std::string("2025.02");
  report.host.machine.cpu_model = std::string("Acme CPU 9");
  return report;
}

/// What the project's form asks, in its order.
const std::map<std::string, Lines>& forms() {
  static const std::map<std::string, Lines>
      all{{"libvirt",
           {"## Software environment", " - Operating system: Fedora Linux 39", " - Architecture: x86_64",
            " - kernel version: 6\\.5.6-300.fc39", " - libvirt version: 10\\.9.0", " - Hypervisor and version: QEMU 9\\.1.2",
            "## Description of problem", "## Steps to reproduce", "## Additional information", "/label ~bug"}},
          {"qemu",
           {"## Host environment", " - Operating system: Fedora Linux 39", " - OS/kernel version: 6\\.5.6-300.fc39",
            " - Architecture: x86_64", " - QEMU flavor:", " - QEMU version: 9\\.1.2",
            " - QEMU command line:", "## Emulated/Virtualized environment",
            " - Operating system:", " - OS/kernel version:", " - Architecture:", "## Description of problem",
            "## Steps to reproduce", "## Additional information", "/label ~\"kind::Bug\""}},
          {"virt-manager",
           {"**Describe the bug**", "**To Reproduce**", "**Expected behavior**", "**Screenshots**",
            "**System (please complete the following information):**", " - Distribution: Fedora Linux 39",
            " - virt-manager version:", " - libvirt version: 10\\.9.0", "**Additional context**"}},
          {"proxmox",
           {"## Host", " - Kernel: 6\\.5.6-300.fc39", " - QEMU (pve-qemu-kvm): 9\\.1.2", "## Devices and their IOMMU groups"}},
          {"nixos",
           {"### Nixpkgs version", "### Describe the bug", "### Steps to reproduce", "### Expected behaviour",
            "### Screenshots", "### Relevant log output", "### Additional context", "### System metadata",
            "### Notify maintainers"}},
          {"kernel",
           {"[1.] One line summary of the problem:", "[4.1.] Kernel version (from /proc/version):\n6\\.5.6-300.fc39",
            "[8.2.] Processor information:\nAcme CPU 9, microcode 0xa1", "[8.5.] PCI information:", "[X.] Other notes:"}}};
  return all;
}

TEST(BugReport, HasTheHeadingsOfEachProjectInTheirOrder) {
  for (const std::string& project : bug_report_projects()) {
    ASSERT_TRUE(forms().contains(project)) << project << " has no test";
    const std::string text = "\n" + *render_bug_report(known_machine(), project);
    std::size_t at = 0;
    for (const std::string& line : forms().at(project)) {
      const std::size_t found = text.find("\n" + line, at);
      ASSERT_NE(found, text.npos) << project << ": " << line << "\n" << text;
      at = found + 1;
    }
  }
}

TEST(BugReport, TheReportStandsUnderOneHeading) {
  for (const std::string& project : bug_report_projects()) {
    const std::string text = *render_bug_report(known_machine(), project);
    const std::string verdict = "Ready: this host can give PCI devices to virtual machines.";
    EXPECT_NE(text.find(verdict), text.npos) << project;
    EXPECT_THAT(text, HasSubstr("Acme B550")) << project;
  }
}

TEST(BugReport, WhatIsNotKnownIsLeftToThePerson) {
  for (const std::string& project : bug_report_projects()) {
    const std::string text = *render_bug_report(empty_report(), project);
    EXPECT_THAT(text, AllOf(HasSubstr("(please fill in)"), Not(HasSubstr("unknown version")))) << project;
  }
  EXPECT_THAT(*render_bug_report(empty_report(), "qemu"), HasSubstr(" - QEMU version: (please fill in)\n"));
}

/// The lines that a forge reads as text: those outside of blocks of code, whose fences are as long as what they hold needs.
Lines lines_of_text(const std::string& report) {
  Lines lines;
  std::string fence;
  for (const std::string_view line : split_lines(report)) {
    const auto ticks = std::min(line.find_first_not_of('`'), line.size());
    if (!fence.empty()) {
      if (line == fence) fence.clear();
    } else if (ticks >= 3) {
      fence = line.substr(0, ticks);
    } else {
      lines.emplace_back(line);
    }
  }
  EXPECT_EQ(fence, "") << "a block is never closed";
  return lines;
}

TEST(BugReport, HostileNamesFormatNothingAndActOnNothing) {
  Report report = hostile_names();
  report.host.kernel = "6.1\n/close\n## Other heading";
  report.host.machine.hardware.qemu = std::string("9\n/label ~security @everyone");
  report.devices.front().name = "x\n```\n/close\n# Heading";
  for (const std::string& project : bug_report_projects()) {
    const std::string text = *render_bug_report(report, project);
    for (const std::string& line : lines_of_text(text)) {
      EXPECT_THAT(line, Not(HasSubstr("<script>"))) << project;
      EXPECT_THAT(line, Not(HasSubstr("@everyone"))) << project;
    }
    for (const std::string_view line : split_lines(text)) {  // a name makes no lines of its own, not even in a block
      EXPECT_FALSE(line.starts_with("/close") || line.starts_with("/label ~security")) << project << ": " << line;
      EXPECT_FALSE(line == "## Other heading" || line == "# Heading") << project << ": " << line;
    }
    EXPECT_EQ(text.find('\x1b'), text.npos) << project;
  }
}

TEST(BugReport, NamesTheHostOnlyWhereItWasAskedFor) {
  Report report = known_machine();
  for (const std::string& project : bug_report_projects())
    EXPECT_THAT(*render_bug_report(report, project), Not(HasSubstr("node-7")));
  report.host.machine.host.name = std::string("node-7");
  EXPECT_THAT(*render_bug_report(report, "libvirt"), HasSubstr("node-7"));
}

TEST(BugReport, OfAnUnknownProjectIsNone) { EXPECT_EQ(render_bug_report(empty_report(), "windows"), std::nullopt); }

}  // namespace
}  // namespace vfio_doctor::testing
