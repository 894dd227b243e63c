// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/input_error.hpp"
#include "facts/host.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "runner/commands/root_commands.hpp"
#include "verdicts/device_words.hpp"
#include "verdicts/selection.hpp"
#include "verdicts/selector.hpp"

namespace vfio_doctor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Words = std::vector<std::string>;

/// A desktop: an add-in graphics card of two functions, two NVMe drives, a network card with virtual functions of its own, a
/// card reader whose maker has a comma in its name, and a chipset slot with unrelated functions.
constexpr const char* desktop = R"(
pci 0000:00:01.0 id=8086:1901 class=060400 header=01 driver=pcieport
pci 0000:00:1d.0 id=8086:a118 class=060400 header=01 driver=pcieport
pci 0000:00:1f.0 id=8086:a14e class=060100
pci 0000:00:1f.3 id=8086:a170 class=040300 driver=snd_hda_intel
pci 0000:00:14.0 id=8086:a12f class=0c0330 driver=xhci_hcd
pci 0000:01:00.0 id=10de:1c82 class=030000 under=0000:00:01.0 driver=nouveau
pci 0000:01:00.1 id=10de:0fb9 class=040300 under=0000:00:01.0 driver=snd_hda_intel
pci 0000:02:00.0 id=144d:a804 class=010802 under=0000:00:1d.0 driver=nvme
pci 0000:03:00.0 id=15b7:5002 class=010802 under=0000:00:1d.0 driver=nvme
pci 0000:04:00.0 id=8086:1572 class=020000 under=0000:00:1d.0 driver=i40e
pci 0000:04:00.1 id=8086:154c class=020000 under=0000:00:1d.0 driver=iavf
text /sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/sriov_numvfs = 1
link /sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.1/physfn ../0000:04:00.0
pci 0000:05:00.0 id=1217:8621 class=080501 under=0000:00:1d.0 driver=sdhci-pci
link /sys/class/block/nvme1n1 ../../devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme1/nvme1n1
dir /sys/devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme1/nvme1n1/nvme1n1p2
link /sys/class/block/nvme1n1p2 ../../devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme1/nvme1n1/nvme1n1p2
dir /sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/net/enp4s0
link /sys/class/net/enp4s0 ../../devices/pci0000:00/0000:00:1d.0/0000:04:00.0/net/enp4s0
dir /sys/devices/virtual/net/br0
link /sys/class/net/br0 ../../devices/virtual/net/br0
file /run/vfio-doctor/pci.ids
| 8086  Intel Corporation
| 	1572  Ethernet Controller X710
| 	154c  Ethernet Virtual Function 700 Series
| 	a170  HD Audio Controller
| 	a12f  USB 3.0 xHCI Controller
| 10de  NVIDIA Corporation
| 	1c82  GP107 [GeForce GTX 1050 Ti]
| 	0fb9  GP107GL High Definition Audio Controller
| 144d  Samsung Electronics Co Ltd
| 	a804  NVMe SSD Controller SM961
| 15b7  Sandisk Corp
| 	5002  WD Black NVMe SSD
| 1217  O2 Micro, Inc.
| 	8621  SD/MMC Card Reader Controller
)";

class Selection : public ::testing::Test {
 protected:
  Selection() : root(parse_machine_text(desktop, "desktop")) { host.functions = gather_pci(root, Wake::no); }

  Words select(const Words& selectors) const {
    Words addresses;
    for (const auto& address : select_functions(host, root, selectors)) addresses.push_back(address.text().substr(5));
    return addresses;
  }

  std::string refusal(const std::string& selector) const {
    try {
      return "selected " + select({selector}).front();
    } catch (const InputError& error) {
      return error.what();
    }
  }

  MemoryRoot root;
  Host host;
};

TEST_F(Selection, TakesAnAddressAsPeopleTypeIt) {
  for (const std::string text :
       {"0000:03:00.0", "03:00.0", "3:0.0", "0:3:0.0", " 03:00.0 ", "pci_0000_03_00_0", "15b7:5002", "15B7:5002",
        "/sys/bus/pci/devices/0000:03:00.0", "/sys/devices/pci0000:00/0000:00:1d.0/0000:03:00.0/", "/sys/class/block/nvme1n1",
        "/dev/nvme1n1", "nvme1n1", "nvme1n1p2", "wd black"})
    EXPECT_EQ(select({text}), Words{"03:00.0"}) << text;
  EXPECT_EQ(select({"enp4s0"}), Words{"04:00.0"});
  EXPECT_EQ(select({"i40e"}), Words{"04:00.0"}) << "a driver";
}

TEST_F(Selection, SlotMeansAllItsFunctions) {
  for (const std::string text : {"01:00", "1:0", "0000:01:00"})
    EXPECT_EQ(select({text}), (Words{"01:00.0", "01:00.1"})) << text;
  EXPECT_EQ(select({"00:1f"}), (Words{"00:1f.0", "00:1f.3"}));
}

TEST_F(Selection, BothFunctionsOfACardAreMeantAtOnce) {
  EXPECT_EQ(select({"nvidia"}), (Words{"01:00.0", "01:00.1"}));
  EXPECT_EQ(select({"gpu"}), Words{"01:00.0"});
}

TEST_F(Selection, UnrelatedFunctionsAreNot) {
  EXPECT_THAT(refusal("snd_hda_intel"), HasSubstr("matches 2 functions")) << "of two slots";
  EXPECT_THAT(refusal("04:0"), HasSubstr("selected")) << "the slot was named";
  EXPECT_THAT(refusal("network"), HasSubstr("matches 2 functions")) << "a virtual function and its physical one";
}

TEST_F(Selection, AmbiguityListsNamesBesideAddresses) {
  EXPECT_THAT(refusal("nvme"),
              HasSubstr("'nvme' matches 2 functions: 0000:02:00.0 (Samsung Electronics Co Ltd NVMe SSD Controller SM961), "
                        "0000:03:00.0 (Sandisk Corp WD Black NVMe SSD); name one by its address"));
}

TEST_F(Selection, CommaSeparatesUnlessItIsPartOfAName) {
  EXPECT_EQ(select({"03:00.0,02:00.0"}), (Words{"03:00.0", "02:00.0"}));
  EXPECT_EQ(select({"01:00, nvme1n1", "03:00.0"}), (Words{"01:00.0", "01:00.1", "03:00.0"}));
  EXPECT_EQ(select({"O2 Micro, Inc."}), Words{"05:00.0"});
  EXPECT_THAT(refusal(","), HasSubstr("names no device"));
  EXPECT_THAT(refusal("03:00.0,"), HasSubstr("names no device"));
}

TEST_F(Selection, NothingIsTakenForSomethingElse) {
  for (const std::string text : {"br0", "09:00.0", "9:0", "/sys/class/net/br0", "/sys/class/net/none", "/dev/sda",
                                 "pci_0000_09_00_0", "../net", "03:00.8", "1234:5678", "firewire"})
    EXPECT_THAT(refusal(text), HasSubstr("no PCI function matches")) << text;
}

TEST(DeviceWords, HaveTheirClasses) {
  EXPECT_TRUE(means_class("GPU", 0x030200));
  EXPECT_TRUE(means_class("usb", 0x0c0330));
  EXPECT_FALSE(means_class("usb", 0x0c0340)) << "USB4's host interface is no USB controller";
  EXPECT_FALSE(means_class("gpu", 0x040300));
  for (const auto& word : device_words()) {
    EXPECT_LE(word.first, word.last) << word.word;
    EXPECT_LE(word.last, 0xffffffU) << word.word;
    EXPECT_TRUE(looks_like_device(word.word));
  }
  EXPECT_FALSE(looks_like_device("chek"));
  EXPECT_FALSE(looks_like_device("report.json"));
}

TEST(RootCommands, GoWithoutSudo) {
  EXPECT_EQ(without_sudo("sudo systemctl reboot"), "systemctl reboot");
  EXPECT_EQ(without_sudo("echo 1 | sudo tee /x"), "echo 1 | tee /x");
  EXPECT_EQ(without_sudo("sudo modprobe -r a && sudo modprobe a"), "modprobe -r a && modprobe a");
  EXPECT_EQ(without_sudo("sudoedit /etc/default/grub"), "vi /etc/default/grub");
  EXPECT_EQ(without_sudo("echo 'sudo x' | sudo tee y; sudo z"), "echo 'sudo x' | tee y; z");
  EXPECT_EQ(without_sudo("visudo /etc/sudo x"), "visudo /etc/sudo x");
  std::vector<Finding> findings(1);
  findings[0].remedy = {{"Do it.", {"sudo a", "b"}, {"sudo c"}, {}}};
  leave_out_sudo(findings);
  EXPECT_EQ(findings[0].remedy[0].commands, (Words{"a", "b"}));
  EXPECT_EQ(findings[0].remedy[0].undo, Words{"c"});
}

}  // namespace
}  // namespace vfio_doctor
