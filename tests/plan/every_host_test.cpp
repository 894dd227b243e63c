// SPDX-License-Identifier: GPL-2.0-or-later
// Plans for each function of each recorded host, in every way in which they can be asked for: what must hold of all of them.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "checks/kernel/chipset_parts.hpp"
#include "plan/aims.hpp"
#include "plans.hpp"
#include "reports/plan/guest_definition.hpp"
#include "verdicts/device_verdicts.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using namespace testing;

std::vector<fs::path> hosts() {
  std::vector<fs::path> found;
  for (const auto* directory : {"/hosts", "/../machine/samples"})
    for (const auto& entry : fs::directory_iterator(std::string(TESTS_DIR) + directory))
      if (entry.path().extension() == ".machine") found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

/// "<address type='pci' ..." of each source in the XML.
std::size_t sources_in(const std::string& xml) {
  std::size_t count = 0;
  for (auto at = xml.find("<source>"); at != xml.npos; at = xml.find("<source>", at + 1)) ++count;
  return count;
}

std::string source_of(const PciAddress& address) {
  return "bus='0x" + address.text().substr(5, 2) + "' slot='0x" + address.text().substr(8, 2) + "' function='0x" +
         address.text().substr(11) + "'";
}

void expect_no_contradiction(const Host& host, const Plan& plan) {
  std::set<std::string> ids, arguments;
  std::set<PciAddress> bound, freed;
  for (const auto& step : plan.steps) {
    EXPECT_TRUE(ids.insert(step.id).second) << step.id << " stands twice";
    EXPECT_FALSE(step.text.empty()) << step.id;
    EXPECT_TRUE(step.by_hand || !step.commands.empty()) << step.id << " does nothing";
    EXPECT_EQ(std::ranges::count(step.commands, std::string("sudo reboot")), step.reboot ? 1 : 0) << step.id;
    EXPECT_TRUE(step.aims.empty() ||
                std::ranges::any_of(step.aims, [&](const Aim& aim) { return is_reached(host, aim) != Reached::yes; }))
        << step.id << " is so already";
    for (const auto& aim : step.aims) {
      const bool again = (aim.kind == AimKind::driver && !bound.insert(*aim.device).second) ||
                         (aim.kind == AimKind::kernel_argument && !arguments.insert(aim.value).second);
      EXPECT_FALSE(again) << step.id << " wants again what another step does: " << aim.value;
      if (aim.kind == AimKind::no_host_driver) freed.insert(*aim.device);
    }
    for (const auto& aim : step.aims)
      EXPECT_FALSE(aim.kind == AimKind::no_kernel_argument && arguments.contains(aim.value)) << aim.value << " comes and goes";
  }
  for (const auto& address : bound) {
    const auto device = std::ranges::find(plan.devices, address, &PlannedDevice::address);
    ASSERT_NE(device, plan.devices.end()) << address.text() << " is no device of the plan";
    EXPECT_TRUE(device->goes()) << address.text();
    EXPECT_FALSE(freed.contains(address)) << address.text() << " is given and taken away";
  }
}

/// Each device of a group goes or is left without a driver; and the elements are those of the devices that go.
void expect_the_whole_set(const Host& host, const Plan& plan) {
  std::size_t go = 0;
  const auto xml = hostdev_elements(plan);
  for (const auto& device : plan.devices) {
    EXPECT_EQ(xml.find(source_of(device.address)) != xml.npos, device.goes()) << device.address.text() << "\n" << xml;
    go += device.goes() ? 1 : 0;
    if (!device.group || device.role == DeviceRole::physical) continue;
    for (const auto& member : device.members) {
      const auto* function = host.find(member);
      if (!function || function->is_bridge()) continue;
      if (chipset_part(*function) && function->driver.is_absent()) continue;  // nobody holds it, and it stays
      EXPECT_NE(std::ranges::find(plan.devices, member, &PlannedDevice::address), plan.devices.end())
          << member.text() << " shares the group of " << device.address.text();
    }
  }
  EXPECT_EQ(sources_in(xml), go);
}

TEST(EveryHost, ItsPlansHold) {
  std::size_t plans = 0, refused = 0;
  for (const auto& path : hosts()) {
    const auto root = machine_file(path.string());
    const auto host = gather_host(root);
    const auto findings = all_findings(host);
    for (const auto& decision : decide_devices(host, findings, {})) {
      const auto address = decision.function->address;
      for (const auto& [when, companions] :
           {std::pair{BindWhen::automatic, CompanionChoice::pass}, std::pair{BindWhen::start, CompanionChoice::pass},
            std::pair{BindWhen::now, CompanionChoice::leave}}) {
        SCOPED_TRACE(path.stem().string() + " " + address.text());
        PlanRequest request;
        request.wanted = {address};
        request.bind = when;
        request.companions = companions;
        const auto plan = make_plan(host, findings, {}, request);
        ++plans;
        const bool given =
            decision.verdict != DeviceVerdict::protected_by_host && decision.verdict != DeviceVerdict::unsuitable;
        EXPECT_TRUE(given || plan.state == PlanState::refused);
        if (plan.state != PlanState::plan) {
          ++refused;
          EXPECT_TRUE(plan.steps.empty());
          EXPECT_FALSE(plan.refused.empty() && plan.unseen.empty());
          continue;
        }
        expect_no_contradiction(host, plan);
        if (!plan.continues) expect_the_whole_set(host, plan);
      }
    }
  }
  EXPECT_GT(plans, 1000U);
  EXPECT_GT(refused, 100U);
  EXPECT_GT(plans - refused, 100U);
}

}  // namespace
}  // namespace vfio_doctor
