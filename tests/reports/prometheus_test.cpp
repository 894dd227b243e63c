// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/prometheus.hpp"

#include <gmock/gmock.h>

#include <set>

#include "base/text.hpp"
#include "reports/sample_reports.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Prometheus, VerdictsAreOneZeroOrNotKnown) {
  auto report = ready_laptop();
  EXPECT_THAT(render_prometheus(report),
              AllOf(HasSubstr("\nvfio_doctor_host_ready 1\n"), HasSubstr("\nvfio_doctor_next_boot_ready NaN\n")))
      << "a report that says nothing of the next boot knows nothing of it";
  report.next_boot = NextBoot{Verdict::not_ready, ArgumentsNext::lost, {}, {}, {}, {}, {}};
  report.verdict = Verdict::not_ready;
  EXPECT_THAT(render_prometheus(report),
              AllOf(HasSubstr("\nvfio_doctor_host_ready 0\n"), HasSubstr("\nvfio_doctor_next_boot_ready 0\n")));
  report.next_boot->verdict = Verdict::ready;
  report.verdict = Verdict::undetermined;
  EXPECT_THAT(render_prometheus(report),
              AllOf(HasSubstr("\nvfio_doctor_host_ready NaN\n"), HasSubstr("\nvfio_doctor_next_boot_ready 1\n")));
  report.next_boot->verdict = Verdict::undetermined;
  EXPECT_THAT(render_prometheus(report), HasSubstr("\nvfio_doctor_next_boot_ready NaN\n"));
}

TEST(Prometheus, SaysWhatIsWrongAndWhatCanBeGiven) {
  auto report = ready_laptop();
  report.accepted = {{"usb-controller-loss", "0000:00:14.0", "ssh stays", "--accept"}};
  report.host.machine.interfaces = {"group", "cdev"};
  const auto text = render_prometheus(report);
  EXPECT_THAT(text,
              HasSubstr(
                  "vfio_doctor_finding_status{check=\"usb-controller-loss\",subject=\"0000:00:14.0\",status=\"warn\"} 1\n"));
  EXPECT_THAT(text,
              AllOf(Not(HasSubstr("check=\"root-disk\"")),
                    HasSubstr("address=\"0000:3e:00.0\",id=\"8086:f1a8\",class=\"010802\",group=\"16\",verdict=\"protected\"")))
      << "what protects a device is no failure";
  EXPECT_THAT(text, HasSubstr("vfio_doctor_finding_accepted{check=\"usb-controller-loss\",subject=\"0000:00:14.0\"} 1\n"));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("check=\"iommu-active\"")), Not(HasSubstr("check=\"acs-override\""))))
      << "what passed or does not apply is left out";
  EXPECT_THAT(text, AllOf(HasSubstr("vfio_doctor_devices{verdict=\"assignable\"} 2\n"),
                          HasSubstr("vfio_doctor_devices{verdict=\"undetermined\"} 0\n")));
  EXPECT_THAT(text, HasSubstr("vfio_doctor_device_info{address=\"0000:03:00.0\",id=\"8086:24f3\",class=\"028000\",group=\"14\","
                              "verdict=\"assignable\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("0000:00:1c.0"))) << "a bridge is nothing one assigns";
  EXPECT_THAT(text,
              HasSubstr(
                  "vfio_doctor_info{version=\"0.1.0\",iommu=\"on\",interrupt_remapping=\"on\",interface=\"group,cdev\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nvfio_doctor_report_time_seconds 1769860800\n"));
}

TEST(Prometheus, HostileNamesStayInsideTheirQuotes) {
  auto report = hostile_names();
  report.findings.front().subject = "a\"} 1\nfake_metric{x=\"\\";
  const auto text = render_prometheus(report);
  EXPECT_THAT(text, HasSubstr(R"(subject="a\"} 1\\x0afake_metric{x=\"\\")"));
  std::set<std::string_view> samples;
  for (const auto line : split_lines(text)) {
    EXPECT_TRUE(line.starts_with("# HELP vfio_doctor_") || line.starts_with("# TYPE vfio_doctor_") ||
                line.starts_with("vfio_doctor_"))
        << line;
    if (line.starts_with("vfio_doctor_")) {
      EXPECT_TRUE(samples.insert(line).second) << "twice: " << line;
    }
  }
}

TEST(Prometheus, AFindingThatIsToldTwiceIsOneSample) {
  auto report = iommu_off();
  report.findings.push_back(report.findings.front());
  const auto text = render_prometheus(report);
  const auto first = text.find("check=\"iommu-active\"");
  ASSERT_NE(first, text.npos);
  EXPECT_EQ(text.find("check=\"iommu-active\"", first + 1), text.npos);
}

TEST(Prometheus, ATimeThatIsNoneIsNotMadeUp) {
  auto report = empty_report();
  report.generated_at = "yesterday";
  EXPECT_THAT(render_prometheus(report), HasSubstr("\nvfio_doctor_report_time_seconds NaN\n"));
}

}  // namespace
}  // namespace vfio_doctor::testing
