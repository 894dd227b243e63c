// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/host_reader.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "reports/json.hpp"
#include "reports/sample_reports.hpp"

namespace vfio_doctor::testing {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string fact(const ReadHost& host, HostFact which) { return host.facts[static_cast<std::size_t>(which)]; }

Report named_laptop() {
  Report report = ready_laptop();
  report.host.machine.host.name = std::string("node-3");
  report.host.machine.host.id = std::string("00aa11bb22cc33dd");
  report.host.machine.hardware.board = std::string("Sample Boards X-77");
  report.host.machine.hardware.firmware_version = std::string("1.4");
  report.host.machine.interfaces = {"group", "cdev"};
  report.next_boot = NextBoot{Verdict::not_ready, ArgumentsNext::lost, "Sample", false, {"intel_iommu=on"}, {}, "Lost."};
  return report;
}

TEST(HostReader, TakesWhatAFleetNeeds) {
  ReadHost host;
  ASSERT_EQ(read_host(render_json(named_laptop()), host), "");
  EXPECT_EQ(host.name, "node-3");
  EXPECT_EQ(host.id, "00aa11bb22cc33dd");
  EXPECT_EQ(host.board, "Sample Boards X-77");
  EXPECT_EQ(host.generated_at, "2026-01-31T12:00:00Z");
  EXPECT_EQ(fact(host, HostFact::kernel), "6.5.6-300.fc39.x86_64");
  EXPECT_EQ(fact(host, HostFact::firmware), "1.4");
  EXPECT_EQ(fact(host, HostFact::microcode), "");
  EXPECT_EQ(fact(host, HostFact::interrupt_remapping), "on");
  EXPECT_EQ(fact(host, HostFact::interfaces), "group, cdev");
  EXPECT_EQ(host.verdict, Verdict::ready);
  EXPECT_EQ(host.next_boot.verdict, Verdict::not_ready);
  EXPECT_EQ(host.next_boot.arguments, ArgumentsNext::lost);
  EXPECT_THAT(host.next_boot.lost, ElementsAre("intel_iommu=on"));
  EXPECT_THAT(host.failing, IsEmpty()) << "a disk that is protected is no failure of the host";
  ASSERT_EQ(host.devices.size(), 4u);
  EXPECT_EQ(host.devices[2].id, 0x12178621u);
  EXPECT_EQ(host.devices[2].alone, 1u);
  EXPECT_EQ(host.devices[0].with_companions, 1u);
  EXPECT_THAT(host.devices[3].name, HasSubstr("Wireless 8260"));
}

TEST(HostReader, SaysWhatKeepsAHostFromBeingReady) {
  auto report = iommu_off();
  report.findings[1].status = Status::fail;
  report.findings.push_back(report.findings[1]);
  ReadHost host;
  ASSERT_EQ(read_host(render_json(report), host), "");
  EXPECT_THAT(host.failing, ElementsAre("boot-arguments", "iommu-active"));
  report.accepted = {{"boot-arguments", "host", "known", "x"}};
  ASSERT_EQ(read_host(render_json(report), host), "");
  EXPECT_THAT(host.failing, ElementsAre("iommu-active")) << "an accepted risk stands in nobody's way";
  report = undetermined();
  report.findings[0].effect = Effect::blocked;
  ASSERT_EQ(read_host(render_json(report), host), "");
  EXPECT_THAT(host.unseen, ElementsAre("interrupt-remapping"));
  EXPECT_EQ(host.next_boot.verdict, Verdict::undetermined) << "a report that says nothing of it knows nothing of it";
}

TEST(HostReader, NothingIsLeftOfTheReportBefore) {
  ReadHost host;
  ASSERT_EQ(read_host(render_json(named_laptop()), host), "");
  ASSERT_EQ(read_host(render_json(no_devices()), host), "");
  EXPECT_EQ(host.name + host.id + host.board + fact(host, HostFact::kernel) + fact(host, HostFact::interfaces), "");
  EXPECT_THAT(host.devices, IsEmpty());
  EXPECT_THAT(host.next_boot.lost, IsEmpty());
}

TEST(HostReader, EveryReportOfThisProgramIsRead) {
  for (const auto& [name, report] : golden_reports()) {
    ReadHost host;
    const auto why = read_host(render_json(report), host);
    if (report.selection.empty())
      EXPECT_EQ(why, "") << name;
    else
      EXPECT_THAT(why, HasSubstr("chosen devices")) << name;
  }
}

TEST(HostReader, RefusesWhatIsNoReportOfAHost) {
  ReadHost host;
  const auto refused = [&host](auto change) {
    Json document = Json::parse(render_json(ready_laptop()));
    change(document);
    return read_host(document.dump(1), host);
  };
  EXPECT_EQ(refused([](Json&) {}), "");
  EXPECT_THAT(refused([](Json& one) { one["schema"] = "vfio-doctor/report/9"; }), HasSubstr("vfio-doctor/report/9"));
  EXPECT_THAT(refused([](Json& one) { one.erase("schema"); }), HasSubstr("not a vfio-doctor report"));
  EXPECT_THAT(refused([](Json& one) { one["source"]["kind"] = "guest"; }), HasSubstr("guest"));
  EXPECT_THAT(refused([](Json& one) { one["verdict"] = "splendid\x1b[2J"; }), HasSubstr("no verdict: splendid\\x1b[2J"));
  for (const auto* member : {"verdict", "findings", "devices"})
    EXPECT_THAT(refused([member](Json& one) { one.erase(member); }), HasSubstr("not a whole report")) << member;
  EXPECT_THAT(refused([](Json& one) { one["verdict"] = Json::parse("{\"verdict\": \"ready\"}"); }),
              HasSubstr("not a whole report"));
  EXPECT_THAT(refused([](Json& one) { one["selection"] = Json::parse("[7]"); }), HasSubstr("chosen devices"));
  EXPECT_THAT(refused([](Json& one) { one["selection"] = Json::parse("[{\"a\": 1}]"); }), HasSubstr("chosen devices"));
  EXPECT_EQ(refused([](Json& one) { one["selection"] = Json::array(); }), "");
  const auto text = render_json(ready_laptop());
  for (std::size_t length = 0; length + 2 < text.size(); length += 61)
    EXPECT_NE(read_host(std::string_view(text).substr(0, length), host), "") << "cut at " << length;
  EXPECT_THAT(read_host("{\n\"a\": \"\xff\"}", host), HasSubstr("not valid JSON, line 2"));
  EXPECT_THAT(read_host(std::string(100000, '['), host), HasSubstr("deeper than 64"));
  EXPECT_NE(read_host("[]", host), "");
  EXPECT_NE(read_host("7", host), "");
}

TEST(HostReader, AHugeReportIsKeptSmall) {
  Report report = named_laptop();
  report.host.machine.host.name = std::string(5000, 'n');
  for (unsigned i = 0; i < 9000; ++i) {
    report.findings.push_back(finding("check-" + std::to_string(i) + std::string(300, 'x'), Status::fail, "host", "", ""));
    auto one = device({"0000:03:00.0", "8086:0000", "020000", "00", "", std::string(300, 'y'), ""});
    one.id.device = static_cast<std::uint16_t>(i);
    report.devices.push_back(one);
  }
  ReadHost host;
  ASSERT_EQ(read_host(render_json(report), host), "");
  EXPECT_LE(host.name.size(), 250u);
  EXPECT_EQ(host.failing.size(), 64u);
  EXPECT_EQ(host.devices.size(), 4096u);
}

}  // namespace
}  // namespace vfio_doctor::testing
