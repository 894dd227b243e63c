// SPDX-License-Identifier: GPL-2.0-or-later
// A healthy server of 226 and of 4096 functions, from its sysfs to the text: three quarters are parts of the processor, and the
// report is about the rest. All of it is made up here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "machines.hpp"
#include "reports/text.hpp"
#include "runner/commands/examine.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Everything around the functions: IOMMU and interrupt remapping on, root on the NVMe at 20:00.0, default route through 21:00.0,
/// the console on the management controller's screen at 22:00.0.
const std::string around = R"machine(text /proc/sys/kernel/osrelease = 6.12.48-amd64
text /proc/cmdline = BOOT_IMAGE=/boot/vmlinuz root=/dev/nvme0n1p2 ro intel_iommu=on
file /etc/default/grub
| GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on"
file /boot/grub/grub.cfg
| menuentry 'Debian GNU/Linux' {
| 	linux	/boot/vmlinuz root=/dev/nvme0n1p2 ro intel_iommu=on
| }
file /proc/cpuinfo
| vendor_id	: GenuineIntel
| flags		: fpu vmx
special /dev/kvm
file /etc/os-release
| ID=debian
| PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
dir /sys/class/iommu/dmar0
dir /sys/module/vfio_pci
file /proc/interrupts
|            CPU0       CPU1
|  121:       8812          0  IR-PCI-MSI 327680-edge      enp33s0
file /proc/1/mountinfo
| 22 1 259:2 / / rw,relatime - ext4 /dev/nvme0n1p2 rw
file /proc/swaps
| Filename Type Size Used Priority
file /proc/1/net/route
| Iface	Destination	Gateway	Flags	RefCnt	Use	Metric	Mask	MTU	Window	IRTT
| enp33s0	00000000	0101A8C0	0003	0	0	100	00000000	0	0	0
file /proc/1/net/ipv6_route
file /proc/bus/input/devices
file /proc/fb
| 0 mgag200drmfb
file /run/vfio-doctor/pci.ids
| 102b  Matrox Electronics Systems Ltd.
| 	0538  Integrated Matrox G200eW3 Graphics Controller
| 10de  NVIDIA Corporation
| 	2235  GA102GL [A40] Data Center Accelerator of a Rather Long Name Indeed
| 	1aef  GA102 High Definition Audio Controller
| 144d  Samsung Electronics Co Ltd
| 	a826  NVMe SSD Controller PM173X
| 8086  Intel Corporation
| 	1593  Ethernet Controller E810-C for SFP
| 	a282  200 Series PCH USB 3.0 xHCI Controller
| 	2080  Sky Lake-E Register of the Mesh
| 	2030  Sky Lake-E PCI Express Root Port A
group 1
group 2
group 3
group 4
group 5
pci 0000:00:1c.0 id=8086:2030 class=060400 group=1 header=01 driver=pcieport
pci 0000:20:00.0 id=144d:a826 class=010802 group=2 under=0000:00:1c.0 driver=nvme reset_method=flr
pci 0000:21:00.0 id=8086:1593 class=020000 group=3 under=0000:00:1c.0 driver=ice reset_method=flr
pci 0000:22:00.0 id=102b:0538 class=030000 group=4 under=0000:00:1c.0 driver=mgag200 boot_vga=1 reset_method=bus
pci 0000:00:14.0 id=8086:a282 class=0c0330 group=5 driver=xhci_hcd reset_method=flr
dir /sys/devices/pci0000:00/0000:00:1c.0/0000:20:00.0/nvme/nvme0/nvme0n1/nvme0n1p2
link /sys/class/block/nvme0n1p2 ../../devices/pci0000:00/0000:00:1c.0/0000:20:00.0/nvme/nvme0/nvme0n1/nvme0n1p2
link /sys/dev/block/259:2 ../../devices/pci0000:00/0000:00:1c.0/0000:20:00.0/nvme/nvme0/nvme0n1/nvme0n1p2
dir /sys/devices/pci0000:00/0000:00:1c.0/0000:21:00.0/net/enp33s0
link /sys/class/net/enp33s0 ../../devices/pci0000:00/0000:00:1c.0/0000:21:00.0/net/enp33s0
dir /sys/devices/pci0000:00/0000:00:1c.0/0000:22:00.0/graphics/fb0
link /sys/class/graphics/fb0 ../../devices/pci0000:00/0000:00:1c.0/0000:22:00.0/graphics/fb0
)machine";

std::string hex2(unsigned value) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[(value >> 4) & 15], digits[value & 15]};
}

/// A server of `count` functions: graphics cards with their audio, network cards and drives, one for each 16 functions; the rest are
/// registers of the processor, eight of one slot in a group, as processors with many of them have it.
std::string server(unsigned count) {
  std::string text = around;
  unsigned made = 5, group = 10;
  const auto add_group = [&] { text += "group " + std::to_string(++group) + "\n"; };
  const auto add = [&](const std::string& address, const std::string& rest) {
    text += "pci " + address + " " + rest + " group=" + std::to_string(group) + "\n";
    ++made;
  };
  for (unsigned card = 0; card < count / 16; ++card) {
    const std::string domain = "00" + hex2(card / 128) + ":";
    const std::string port = domain + hex2(card % 128 < 32 ? 1 : 2 + card % 128 / 32) + ":" + hex2(card % 32) + ".0";
    const std::string bus = domain + hex2(0x30 + card % 128) + ":00.";
    add_group();
    add(port, "id=8086:2030 class=060400 header=01 driver=pcieport");
    add_group();
    switch (card % 4) {
      case 0:
        add(bus + "0", "id=10de:2235 class=030200 driver=nvidia reset_method=bus under=" + port);
        add(bus + "1", "id=10de:1aef class=040300 driver=snd_hda_intel reset_method=bus under=" + port);
        break;
      case 1:
        add(bus + "0", "id=144d:a826 class=010802 driver=nvme reset_method=flr under=" + port);
        break;
      default:
        add(bus + "0", "id=8086:1593 class=020000 driver=ice reset_method=flr under=" + port);
    }
  }
  for (unsigned part = 0; made < count; ++part) {
    if (part % 8 == 0) add_group();
    const unsigned slot = part / 8;
    add("00" + hex2(slot / 1024) + ":" + hex2(0xc0 + slot / 32 % 32) + ":" + hex2(slot % 32) + "." + std::to_string(part % 8),
        "id=8086:2080 class=" + std::string(part % 3 == 0 ? "110100" : "088000"));
  }
  return text;
}

Report report_on(unsigned count) {
  return examine_plainly({"snapshot", "server", std::make_unique<MemoryRoot>(testing::machine(server(count)))}, Wake::no);
}

std::size_t lines_of(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

std::size_t times(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(words, at)) != text.npos; at += words.size()) ++count;
  return count;
}

class LargeHost : public ::testing::TestWithParam<unsigned> {};

TEST_P(LargeHost, IsReadInAScreenOrThree) {
  const Report report = report_on(GetParam());
  ASSERT_EQ(report.devices.size(), GetParam());
  const std::string text = render_text(report, {});
  EXPECT_THAT(text, StartsWith("Ready: ")) << text;
  EXPECT_LE(lines_of(text), GetParam() > 1024 ? 120U : 70U) << text;
  for (const unsigned columns : {40U, 60U, 80U, 200U}) {
    const std::string brief = render_text(report, {Color::off, columns, Verbosity::brief});
    EXPECT_LE(lines_of(brief), 24U) << columns << "\n" << brief;
    for (const std::string_view line : split_lines(brief)) EXPECT_LE(text_width(line), columns) << line;
  }
}

TEST_P(LargeHost, PartsOfTheProcessorAreOneLine) {
  const Report report = report_on(GetParam());
  const std::string text = render_text(report, {}), table = text.substr(text.find("ADDRESS"));
  EXPECT_EQ(times(table, "parts of the chipset or processor"), 1U) << text;
  EXPECT_EQ(times(text, "Register of the Mesh"), 0U) << text;
  for (const DeviceReport& device : report.devices)
    if (device.id.device.is(0x2080)) {
      EXPECT_EQ(device.verdict, DeviceVerdict::unsuitable) << device.address.text();
    }
  EXPECT_THAT(text, HasSubstr("0000:20:00.0  2      protected")) << text;
  EXPECT_THAT(text, HasSubstr("0000:21:00.0  3      protected")) << text;
}

TEST_P(LargeHost, GraphicsComeFirstAndNamesAreWhole) {
  const std::string text = render_text(report_on(GetParam()), {Color::off, 200, Verbosity::normal});
  const std::string table = text.substr(text.find("ADDRESS"));
  EXPECT_THAT(table.substr(0, table.find("ice")), HasSubstr("A40] Data Center Accelerator of a Rather Long Name Indeed"));
  EXPECT_LT(table.find("A40]"), table.find("E810-C"));
  EXPECT_LT(table.find("E810-C"), table.find("PM173X"));
  for (const unsigned columns : {60U, 80U, 200U})
    EXPECT_THAT(render_text(report_on(GetParam()), {Color::off, columns, Verbosity::normal}), Not(HasSubstr("..."))) << columns;
}

/// Cards that differ in nothing but where they sit are one row, though each has a group and companions of its own.
TEST_P(LargeHost, AlikeCardsAreOneRow) {
  const std::string text = render_text(report_on(GetParam()), {Color::off, 200, Verbosity::normal});
  const unsigned cards = GetParam() / 16, graphics = (cards + 3) / 4;
  EXPECT_THAT(text, HasSubstr(std::to_string(graphics) + " x NVIDIA")) << text;
  EXPECT_THAT(text, HasSubstr("goes with 0000:30:00.1 NVIDIA"));
  EXPECT_EQ(times(text, "NVIDIA Corporation GA102GL"), 1U) << text;
  EXPECT_THAT(render_text(report_on(GetParam()), {Color::off, 120, Verbosity::brief}),
              HasSubstr("Indeed (and " + std::to_string(2 * graphics - 1) + " more)"))
      << "each has its audio";
}

INSTANTIATE_TEST_SUITE_P(Functions, LargeHost, ::testing::Values(226U, 4096U));

/// The deciding question first: what else is not known hangs on it.
TEST(UndeterminedHost, NextStepIsAboutWhatDecides) {
  const Report report =
      examine_plainly({"snapshot", "pieces",
                       std::make_unique<MemoryRoot>(
                           parse_machine_text("pci 01:00.0 id=10de:2235 class=030000 driver=nvidia\npci 02:00.0 id=144d:a826 "
                                              "class=010802 driver=nvme\nrecorded by 0.1.0 (format 2)\n",
                                              "t"))},
                      Wake::no);
  const std::string text = render_text(report, {});
  EXPECT_THAT(text, StartsWith("Undetermined: ")) << text;
  EXPECT_LT(text.find("[iommu-active]"), text.find("[host-storage]")) << text;
  EXPECT_THAT(text, HasSubstr("vfio-doctor explain iommu-active\n")) << text;
}

/// VFIO through groups is what everybody knows; that there is another way, or only another, is news.
TEST(WaysIntoVfio, AreInTheReport) {
  const auto host = [](const std::string& config) {
    return examine_plainly({"snapshot", "kernel",
                            std::make_unique<MemoryRoot>(testing::machine(
                                "text /proc/sys/kernel/osrelease = 6.12.48-amd64\nfile /boot/config-6.12.48-amd64\n" +
                                config))},
                           Wake::no);
  };
  const std::string common = "| CONFIG_VFIO=m\n| CONFIG_VFIO_PCI=m\n";
  const std::string group = "| CONFIG_VFIO_GROUP=y\n| CONFIG_VFIO_IOMMU_TYPE1=y\n",
                    cdev = "| CONFIG_IOMMUFD=y\n| CONFIG_VFIO_DEVICE_CDEV=y\n";
  using Names = std::vector<std::string>;
  EXPECT_EQ(host(common + "| CONFIG_VFIO_IOMMU_TYPE1=y\n").host.machine.interfaces, Names{"group"});
  EXPECT_EQ(host(common + group + cdev).host.machine.interfaces, (Names{"group", "cdev"}));
  EXPECT_EQ(host(common + cdev).host.machine.interfaces, Names{"cdev"});
  EXPECT_EQ(host(common + cdev + "| CONFIG_VFIO_GROUP=y\n| CONFIG_IOMMUFD_VFIO_CONTAINER=y\n").host.machine.interfaces,
            (Names{"cdev", "container-compat"}));
  EXPECT_EQ(host(common).host.machine.interfaces, Names{}) << "known to be none";
  EXPECT_EQ(host("| CONFIG_PCI=y\n").host.machine.interfaces, std::nullopt) << "of a kernel without VFIO nothing is known";
  EXPECT_THAT(render_text(host(common + group + cdev), {Color::off, 200, Verbosity::normal}),
              HasSubstr("Ways into VFIO: group, cdev."));
  EXPECT_THAT(render_text(host(common + group), {}), Not(HasSubstr("Ways into VFIO")));
}

}  // namespace
}  // namespace vfio_doctor
