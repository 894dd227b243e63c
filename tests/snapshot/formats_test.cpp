// SPDX-License-Identifier: GPL-2.0-or-later
//
// tests/snapshot/formats holds what each format looked like when it was current, made by that version of the program:
// "NAME-FORMAT.tar.zst" and "NAME-FORMAT.machine" of a sample. They stay readable, and a rule that came later must not
// make more of them than of the machine itself.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>

#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "machines.hpp"
#include "runner/commands/examine.hpp"
#include "snapshot/archive.hpp"
#include "snapshot/snapshot.hpp"

namespace vfio_doctor {
namespace {

using Verdicts = std::map<std::string, std::string>;

Verdicts verdicts_on(const RecordedNodes& nodes) {
  const auto report = examine_plainly({"snapshot", "test", std::make_unique<MemoryRoot>(nodes)}, Wake::no);
  Verdicts verdicts = {{"host", std::string(to_text(report.verdict))}};
  for (const auto& device : report.devices) verdicts[device.address.text()] = to_text(device.verdict);
  return verdicts;
}

void expect_nothing_better(const Verdicts& told, const Verdicts& truth) {
  EXPECT_EQ(told.size(), truth.size());
  for (const auto& [subject, verdict] : told)
    EXPECT_TRUE(verdict == truth.at(subject) || verdict == "undetermined")
        << subject << ": " << verdict << ", not " << truth.at(subject);
}

TEST(Formats, OlderOnesGiveTheSameVerdictOrNone) {
  const auto truth = verdicts_on(parse_machine_text(testing::read_test_file("../machine/samples/hm170.machine"), "hm170"));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(TESTS_DIR) / "snapshot/formats")) {
    SCOPED_TRACE(entry.path().filename());
    ++files;
    expect_nothing_better(verdicts_on(read_snapshot(testing::read_test_file(entry.path().string()), "old")), truth);
  }
  EXPECT_EQ(files, 4);
}

/// A desktop on a kernel without framebuffers: only its connector tells that a screen is on.
constexpr const char* dim_desktop = R"(complete
text /proc/cmdline = root=/dev/sda1 intel_iommu=on
text /proc/sys/kernel/osrelease = 6.7.4
file /proc/cpuinfo
| vendor_id : GenuineIntel
| flags : vmx
file /proc/interrupts
|            CPU0
|    9:          3  IR-IO-APIC    9-fasteoi   acpi
file /proc/fb
group 4 type=DMA-FQ
pci 0000:04:00.0 id=1002:7480 class=030000 rev=c7 group=4 driver=amdgpu boot_vga=0
dir /sys/class/iommu/dmar2
link /sys/class/drm/card1 ../../devices/pci0000:04/0000:04:00.0/drm/card1
dir /sys/devices/pci0000:04/0000:04:00.0/drm/card1
link /sys/class/drm/card1-HDMI-A-2 ../../devices/pci0000:04/0000:04:00.0/drm/card1/card1-HDMI-A-2
text /sys/devices/pci0000:04/0000:04:00.0/drm/card1/card1-HDMI-A-2/status = connected
text /sys/devices/pci0000:04/0000:04:00.0/drm/card1/card1-HDMI-A-2/enabled = enabled
text /proc/1/mountinfo = 20 1 0:21 / / rw - tmpfs tmpfs rw
file /proc/swaps
| Filename Type Size Used Priority
file /proc/1/net/route
| Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
file /proc/bus/input/devices
special /dev/kvm
text /sys/module/vfio_pci/version = 0
)";

bool is_about_screens(const std::string& path) { return path.find("/drm") != std::string::npos; }

TEST(Formats, WhatAnOlderVersionDidNotAskIsNotAbsent) {
  const auto machine = parse_machine_text(dim_desktop, "test");
  ASSERT_EQ(verdicts_on(machine).at("0000:04:00.0"), "protected");
  auto kept = take_snapshot(MemoryRoot(machine), Wake::no);
  EXPECT_EQ(verdicts_on(kept).at("0000:04:00.0"), "protected");
  std::erase_if(kept, [](const auto& node) { return is_about_screens(node.first); });
  EXPECT_EQ(verdicts_on(kept).at("0000:04:00.0"), "undetermined");
  EXPECT_EQ(verdicts_on(read_snapshot(write_archive(kept, {"0.1.0", false, {}}), "x")).at("0000:04:00.0"), "undetermined");
  EXPECT_EQ(verdicts_on(read_snapshot(write_machine_text(kept), "x")).at("0000:04:00.0"), "undetermined");
}

}  // namespace
}  // namespace vfio_doctor
