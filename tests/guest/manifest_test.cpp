// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/guest/manifest.hpp"

#include <gmock/gmock.h>

#include <cstdint>

#include "base/input_error.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;

TEST(ManifestFile, IsReadBackAsItWasWritten) {
  const auto manifest = parse_manifest(nvme_manifest, "m");
  ASSERT_EQ(manifest.devices.size(), 1u);
  const auto& device = manifest.devices.front();
  EXPECT_TRUE(device.id.vendor.is(0x144d));
  EXPECT_TRUE(device.id.class_code.is(0x010802));
  EXPECT_EQ(device.guest_path->text(), "02.1/00.0");
  EXPECT_EQ(device.bars, std::vector<std::uint64_t>{16384});
  EXPECT_EQ(write_manifest(parse_manifest(write_manifest(manifest), "again")), write_manifest(manifest));
}

/// Each is one thing wrong; the message says which, on one line.
struct Hostile {
  std::string text, message;
};

std::string with_device(const std::string& members) {
  return R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{)" + members + "}]}";
}

TEST(ManifestFile, RubbishIsRefusedWithOneClearLine) {
  const std::string ids = R"("vendor_id":"8086","device_id":"24f3")";
  const std::vector<Hostile> all = {
      {"", "m: not valid JSON"},
      {std::string("\0\x01\xff\x7f", 4), "m: not valid JSON"},
      {R"({"schema":7e999})", "m: not valid JSON: a number is out of range"},
      {"[]", "m: must be an object"},
      {"{}", "\"schema\" is missing"},
      {R"({"schema":"vfio-doctor/report/1"})", "\"schema\" must be vfio-doctor/manifest/1"},
      {R"({"schema":7})", "\"schema\" must be a string"},
      {R"({"schema":"vfio-doctor/manifest/1","devices":[]})", "nothing to look for"},
      {R"({"schema":"vfio-doctor/manifest/1","devices":{}})", "\"devices\" must be an array"},
      {R"({"schema":"vfio-doctor/manifest/1","devices":[3]})", "m: device 1: must be an object"},
      {with_device(R"("vendor_id":"8086")"), "device 1: \"device_id\" is missing"},
      {with_device(R"("vendor_id":"80867","device_id":"24f3")"), "\"vendor_id\" must be 4 hexadecimal digits"},
      {with_device(R"("vendor_id":"0x80","device_id":"24f3")"), "\"vendor_id\" must be 4 hexadecimal digits"},
      {with_device(ids + R"(,"class":"0280")"), "\"class\" must be 6 hexadecimal digits"},
      {with_device(ids + R"(,"guest_path":"99.9")"), "\"guest_path\" must look like"},
      {with_device(ids + R"(,"host_address":"../../etc")"), "\"host_address\" must look like"},
      {with_device(ids + R"(,"bars":[-1])"), "\"bars\" must hold sizes"},
      {with_device(ids + R"(,"bars":[3])"), "power of two"},
      {with_device(ids + R"(,"bars":[1,1,1,1,1,1,1])"), "\"bars\" has more than 6"},
      {with_device(ids + R"(,"expect_driver":"yes")"), "\"expect_driver\" must be true or false"},
      {with_device(ids + R"(,"usb":[{"id":"046dc077"}])"), "usb 1: \"id\" must look like"},
      {with_device(ids + R"(,"label":")" + std::string(600, 'x') + "\""), "longer than 512"},
      {std::string(2 << 20, ' '), "larger than 1 MiB"},
      {std::string(200'000, '['), "not valid JSON"},
  };
  for (const auto& [text, message] : all) {
    try {
      parse_manifest(text, "m");
      ADD_FAILURE() << "accepted: " << text.substr(0, 80);
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message));
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  }
}

TEST(SlotChain, IsStrict) {
  EXPECT_EQ(SlotChain::parse("2.1/0.0")->text(), "02.1/00.0");
  EXPECT_EQ(SlotChain::parse("1f.7")->text(), "1f.7");
  for (const auto* text : {"", "/", "02", "02.8", "20.0", "02.1/", "0x2.0", "02.1//00.0", "-1.0", "02.10"})
    EXPECT_FALSE(SlotChain::parse(text)) << text;
}

TEST(SlotChain, StartsAtTheLastRootBus) {
  EXPECT_EQ(SlotChain::of_sysfs_path("/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0")->text(),
            "06.0/00.0");
  EXPECT_EQ(SlotChain::of_sysfs_path("/sys/devices/platform/4010000000.pcie/pci0000:00/0000:00:01.0")->text(), "01.0");
  EXPECT_FALSE(SlotChain::of_sysfs_path("/sys/devices/virtual/x"));
}

TEST(ManifestFile, BrokenJsonIsNamedWithItsLine) {
  try {
    parse_manifest("{\n\"schema\": \"vfio-doctor/manifest/1\",\n\"devices\": [ {,} ]\n}", "m.json");
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("m.json: not valid JSON in line 3"));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace vfio_doctor
