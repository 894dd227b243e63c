// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of node-feature-discovery's local source (source/local/local.go, pkg/apis/nfd/validate/validate.go) and of Kubernetes'
// names and label values (apimachinery pkg/util/validation/validation.go), tried on what is written for it.
#include "reports/nfd.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <regex>
#include <set>

#include "base/text.hpp"
#include "reports/sample_reports.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// The first line that nfd-worker or nfd-master would refuse; empty where there is none.
std::string refused_line(const std::string& file) {
  static const std::regex directive("# \\+(no-label|no-feature|expiry-time=\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ)");
  static const std::regex name("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"),
      value("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");
  constexpr std::string_view space = "feature.node.kubernetes.io/";
  std::set<std::string> names;
  bool label = true;
  for (const auto view : split_lines(file)) {
    const std::string line(view);
    if (line.starts_with("#")) {
      if (line.starts_with("# +") && !std::regex_match(line, directive)) return line;
      if (line == "# +no-label") label = false;
      continue;
    }
    const auto equals = line.find('=');
    if (!line.starts_with(space) || equals == line.npos) return line;
    const auto key = line.substr(space.size(), equals - space.size());
    if (!std::regex_match(key, name) || !names.insert(key).second) return line;
    if (label && !std::regex_match(line.substr(equals + 1), value)) return line;
    label = true;
  }
  return "";
}

TEST(Nfd, SaysWhatASchedulerAsks) {
  auto report = ready_laptop();
  report.host.machine.interfaces = {"group", "container-compat", "cdev"};
  report.next_boot = NextBoot{Verdict::not_ready, ArgumentsNext::lost, {}, {}, {}, {}, {}};
  const auto text = render_nfd(report);
  const std::string vfio = "\nfeature.node.kubernetes.io/vfio.";
  EXPECT_THAT(text, AllOf(HasSubstr(vfio + "ready=true\n"), HasSubstr(vfio + "next-boot-ready=false\n"),
                          HasSubstr(vfio + "iommu=on\n"), HasSubstr(vfio + "interrupt-remapping=on\n"),
                          HasSubstr(vfio + "interface=both\n"), HasSubstr(vfio + "8086-24f3.assignable=1\n"),
                          HasSubstr(vfio + "8086-a12f.with-companions=1\n")));
  EXPECT_THAT(text, HasSubstr("\n# +expiry-time=2026-02-03T12:00:00Z\n"));
  EXPECT_THAT(text, Not(HasSubstr("8086-f1a8"))) << "the disk that the host lives on";
  EXPECT_THAT(text, Not(HasSubstr("failing"))) << "protection is no failure";
}

TEST(Nfd, WhatIsNotKnownIsNoReadyNode) {
  const auto text = render_nfd(undetermined());
  EXPECT_THAT(text, AllOf(HasSubstr("vfio.ready=undetermined\n"), HasSubstr("vfio.next-boot-ready=undetermined\n"),
                          HasSubstr("vfio.interface=unknown\n"), Not(HasSubstr("=true"))));
  EXPECT_THAT(render_nfd(iommu_off()), AllOf(HasSubstr("vfio.ready=false\n"),
                                             HasSubstr("# +no-label\nfeature.node.kubernetes.io/vfio.failing=iommu-active\n")));
}

TEST(Nfd, KeepsToTheRulesWhateverTheMachineSays) {
  for (const auto& [name, report] : golden_reports()) EXPECT_EQ(refused_line(render_nfd(report)), "") << name;
  auto report = hostile_names();
  report.host.iommu = "x\nfeature.node.kubernetes.io/vfio.ready=true";
  report.host.machine.interfaces = {"--\x1b[2J" + std::string(200, 'a')};
  report.tool.version = "1\n# +no-feature";
  report.findings.front().id = "a,b\nc";
  EXPECT_EQ(refused_line(render_nfd(report)), "");
  EXPECT_NE(refused_line("feature.node.kubernetes.io/vfio.x=a b\n"), "") << "the test can fail";
}

TEST(Nfd, OfVeryManyKindsOfDevicesTheFileKeepsItsBound) {
  auto report = empty_report();
  for (unsigned i = 0; i < 4000; ++i) {
    auto one = device({"0000:00:00.0", "8086:0000", "020000", "00", "", "", ""});
    one.id.device = static_cast<std::uint16_t>(i);
    one.verdict = i % 2 == 0 ? DeviceVerdict::assignable : DeviceVerdict::with_companions;
    report.devices.push_back(one);
    one.verdict = DeviceVerdict::assignable;
    report.devices.push_back(one);
  }
  for (unsigned i = 0; i < 500; ++i)
    report.findings.push_back(finding("check-" + std::to_string(i) + std::string(90, 'y'), Status::fail, "host", "", ""));
  const auto text = render_nfd(report);
  EXPECT_LE(text.size(), longest_nfd_file);
  EXPECT_THAT(text, HasSubstr("# 3600 more kinds of devices are left out\n"));
  EXPECT_EQ(refused_line(text), "");
}

}  // namespace
}  // namespace vfio_doctor::testing
