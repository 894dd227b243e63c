// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/ask_places.hpp"

#include <gmock/gmock.h>

#include <cstdint>

#include "base/input_error.hpp"
#include "guest/guest_machines.hpp"
#include "runner/guest/make_manifest.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::ElementsAre;

/// A domain that gives away a card by hand, beside emulated ones of the same kind.
const std::string by_hand =
    R"(<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"><name>hand</name><devices>
  <controller type="pci" index="0" model="pcie-root"/>
  <controller type="pci" index="1" model="pcie-root-port"><address type="pci" domain="0" bus="0" slot="2" function="1"/></controller>
  <controller type="usb" index="0" model="qemu-xhci"><address type="pci" domain="0" bus="1" slot="0" function="0"/></controller>
  <interface type="user"><model type="e1000e"/><address type="pci" domain="0" bus="0" slot="5" function="0"/></interface>
  </devices><qemu:commandline><qemu:arg value="-device"/><qemu:arg value="vfio-pci,host=05:00.0,id=mycard,x-pci-device-id=0x24f0"/>
  </qemu:commandline></domain>)";

const std::string host = "pci 0000:05:00.0 id=8086:24f3 class=028000 driver=vfio-pci\n";

std::string qmp(const std::string& id) {
  return R"({"return":[{"bus":0,"devices":[
    {"bus":0,"slot":0,"function":0,"id":{"vendor":32902,"device":10688},"qdev_id":"","regions":[]},
    {"bus":0,"slot":3,"function":2,"id":{"vendor":6966,"device":12},"qdev_id":"port","regions":[],
     "pci_bridge":{"bus":{"number":0},"devices":[
       {"bus":1,"slot":0,"function":0,"id":{"vendor":32902,"device":9456},"qdev_id":")" +
         id + R"(","regions":[]}]}}]}],"id":"x"})";
}

struct Placed {
  Domain domain = parse_domain_xml(by_hand, "hand.xml");
  Manifest manifest = manifest_of(machine(host), domain);
};

TEST(Places, TheDomainsOwnDevicesAreKnown) {
  const Placed placed;
  std::vector<std::string> emulated;
  for (const auto& place : placed.manifest.emulated) emulated.push_back(place.text());
  EXPECT_THAT(emulated, ElementsAre("02.1", "02.1/00.0", "05.0"));
  EXPECT_EQ(parse_manifest(write_manifest(placed.manifest), "again").emulated, placed.manifest.emulated);
}

TEST(Places, AnOverrideOnTheCommandLineIsWhatTheGuestSees) {
  EXPECT_EQ(Placed().manifest.devices[0].id.device.value(), 0x24f0);
}

TEST(Places, QemuTellsWhatTheXmlDoesNot) {
  Placed placed;
  ASSERT_FALSE(placed.manifest.devices[0].guest_path);
  place_by_qmp(qmp("mycard"), "hand", placed.domain, placed.manifest);
  ASSERT_TRUE(placed.manifest.devices[0].guest_path);
  EXPECT_EQ(placed.manifest.devices[0].guest_path->text(), "03.2/00.0");
}

TEST(Places, WithoutItsNameTheIdsThatItShowsTell) {
  Placed placed;
  place_by_qmp(qmp(""), "hand", placed.domain, placed.manifest);
  EXPECT_EQ(placed.manifest.devices[0].guest_path->text(), "03.2/00.0");
  placed.manifest.devices[0].guest_path.reset();
  placed.manifest.devices[0].id.device = std::uint16_t{0x24f3};  // nobody has these
  place_by_qmp(qmp(""), "hand", placed.domain, placed.manifest);
  EXPECT_FALSE(placed.manifest.devices[0].guest_path);
}

TEST(Places, QemuIsAskedOnlyWhereAPlaceIsMissing) {
  static unsigned asked;
  asked = 0;
  const auto run = [](const ProcessRequest& request) {
    ++asked;
    EXPECT_THAT(request.arguments,
                ElementsAre("--quiet", "qemu-monitor-command", "--domain", "hand", "--cmd", R"({"execute":"query-pci"})"));
    ProcessResult result;
    result.end = ProcessResult::End::exited;
    result.exit_code = 0;
    result.output = qmp("mycard");
    return result;
  };
  Placed placed;
  ask_places("hand", placed.domain, placed.manifest, run);
  EXPECT_EQ(placed.manifest.devices[0].guest_path->text(), "03.2/00.0");
  ask_places("hand", placed.domain, placed.manifest, run);
  EXPECT_EQ(asked, 1u);
}

TEST(Places, ADamagedAnswerLeavesThemUnknown) {
  for (const auto* text :
       {"", "[]", "{}", R"({"return":{}})", R"({"return":[{"devices":7}]})", R"({"return":[{"devices":[{"slot":1}]}]})",
        R"({"return":[{"devices":[{"slot":99,"function":0,"id":{"vendor":1,"device":2}}]}]})"}) {
    Placed placed;
    EXPECT_THROW(place_by_qmp(text, "hand", placed.domain, placed.manifest), InputError) << text;
  }
}

/// A real card of the same kind as an emulated one, and no place to tell them by but the emulated one's.
TEST(Places, AnEmulatedTwinIsNotTheDevice) {
  const std::string manifest =
      R"({"schema":"vfio-doctor/manifest/1","devices":[{"vendor_id":"8086","device_id":"10d3"}],"emulated":["05.0"]})";
  const std::string emulated = "pci 0000:00:05.0 id=8086:10d3 class=020000 sub=8086:0000 driver=e1000e\n";
  const std::string real = "pci 0000:00:07.0 id=8086:10d3 class=020000 sub=8086:a01f driver=e1000e\n";
  EXPECT_EQ(Judged(manifest, emulated).status(Rung::present), Status::fail);
  const Judged both(manifest, emulated + real);
  ASSERT_TRUE(both.device().seen);
  EXPECT_EQ(both.device().seen->address.text(), "0000:00:07.0");
  EXPECT_TRUE(both.judgement.unexpected.empty());
}

TEST(Places, WhatTheDomainMakesIsNotUnexpected) {
  const std::string manifest =
      R"({"schema":"vfio-doctor/manifest/1","devices":[{"vendor_id":"144d","device_id":"a802"}],"emulated":["06.0"]})";
  const std::string nvme = "pci 0000:00:07.0 id=144d:a802 class=010802 driver=nvme\n";
  const std::string model = " id=1013:00b8 class=030000 sub=1013:0001\n";
  EXPECT_TRUE(Judged(manifest, nvme + "pci 0000:00:06.0" + model).judgement.unexpected.empty());
  EXPECT_EQ(Judged(manifest, nvme + "pci 0000:00:08.0" + model).judgement.unexpected.size(), 1u);
}

}  // namespace
}  // namespace vfio_doctor
