// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "base/input_error.hpp"
#include "facts/evidence/evidence.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;

GuestView seen(const std::string& text) { return read_evidence({{"capture", text}}); }

const std::string drive = "03:00.0 Non-Volatile memory controller [0108]: Samsung NVMe [144d:a802] (rev 01)\n";
const std::string chipset = "00:00.0 Host bridge [0600]: Intel Corporation Device [8086:29c0]\n";

const std::string verbose =
    chipset +
    "00:02.1 PCI bridge [0604]: Red Hat, Inc. QEMU PCIe Root port [1b36:000c] (prog-if 00 [Normal decode])\n"
    "\tBus: primary=00, secondary=03, subordinate=03, sec-latency=0\n"
    "03:00.0 Non-Volatile memory controller [0108]: Samsung NVMe [144d:a802] (rev 01) (prog-if 02 [NVM Express])\n"
    "\tSubsystem: Samsung PM951 [144d:a801]\n"
    "\tControl: I/O- Mem+ BusMaster+ SpecCycle-\n"
    "\tRegion 0: Memory at fe800000 (64-bit, non-prefetchable) [size=16K]\n"
    "\tCapabilities: [40] Power Management version 3\n"
    "\t\tStatus: D0 NoSoftRst+ PME-Enable-\n"
    "\tKernel driver in use: nvme\n";

/// A driver lets its device sleep in D3 with bus mastering off; lspci does not tell that from a device that is stuck.
TEST(PartialEvidence, ASleepingDeviceIsNotBroken) {
  for (const auto* control : {"BusMaster+", "BusMaster-"}) {
    const auto text = replaced(replaced(verbose, "Status: D0", "Status: D3"), "BusMaster+", control);
    const Judged judged(nvme_manifest, seen(text));
    EXPECT_FALSE(judged.device().failed()) << judged.summary(Rung::decode);
    EXPECT_EQ(judged.status(Rung::decode), Status::unknown) << judged.summary(Rung::decode);
  }
}

TEST(PartialEvidence, APartOfTheListingDoesNotSayThatNothingElseWasPassed) {
  const auto of_unexpected = [](const std::string& text) {
    const Judged judged(nvme_manifest, seen(text));
    return guest_findings(judged.judgement, judged.view).back().status;
  };
  EXPECT_EQ(of_unexpected(chipset + drive), Status::pass);
  EXPECT_EQ(of_unexpected(drive), Status::unknown);
  EXPECT_EQ(of_unexpected(chipset + "[...]\n" + drive), Status::unknown);
}

const std::string controller_manifest = R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"xHCI",
  "vendor_id":"8086","device_id":"a12f","class":"0c0330","usb":[{"id":"046d:c077","product":"Mouse"},
  {"id":"046d:c31c","product":"Keyboard"}]}]})";
const std::string controller = "0c:03.0 USB controller [0c03]: Intel Corporation xHCI [8086:a12f] (rev 31)\n";

TEST(PartialEvidence, LsusbWithoutItsRootHubsWasCut) {
  const std::string keyboard = "Bus 001 Device 005: ID 046d:c31c Logitech, Inc. Keyboard K120\n";
  const auto function = [&](const std::string& usb) {
    return Judged(controller_manifest, read_evidence({{"pci", chipset + controller}, {"usb", usb}})).status(Rung::function);
  };
  EXPECT_EQ(function("Bus 001 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\n" + keyboard), Status::fail);
  EXPECT_EQ(function(keyboard), Status::unknown);
}

TEST(PartialEvidence, ThePromptsOfATerminalAreNotTheListing) {
  for (const std::string prompt :
       {"[root@guest ~]# ", "user@guest:~$ sudo ", "guest:~ # ", "root@guest:~# ", "user@guest > "}) {
    const auto text = prompt + "lspci -nn\n" + chipset + drive + prompt.substr(0, prompt.find_last_of("#$>") + 1) + "\n";
    EXPECT_EQ(Judged(nvme_manifest, seen(text)).status(Rung::present), Status::pass) << prompt;
  }
}

/// grep -A puts "--" where it leaves lines out.
TEST(PartialEvidence, WhatGrepLeavesOutIsNotMissing) {
  const Judged judged(controller_manifest, seen(chipset + "--\n" + drive));
  EXPECT_EQ(judged.status(Rung::present), Status::unknown);
}

/// FreeBSD's vgapci takes every display adapter, whether a display driver works on top of it or not.
TEST(PartialEvidence, VgapciIsNoProofOfADriver) {
  const Judged judged(
      R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"GPU","vendor_id":"10de","device_id":"1b80"}]})",
      seen("vgapci0@pci0:9:0:0: class=0x030000 rev=0xa1 vendor=0x10de device=0x1b80 subvendor=0x1043 subdevice=0x8591\n"));
  EXPECT_EQ(judged.status(Rung::driver), Status::unknown) << judged.summary(Rung::driver);
}

/// Without ids, a name may still tell that it is none of the host's devices.
TEST(PartialEvidence, WhatQemuMakesIsKnownByItsNameToo) {
  const Judged judged(nvme_manifest, seen("00:00.0 Host bridge: Intel Corporation 82G33\n"
                                          "00:01.0 VGA compatible controller: Red Hat, Inc. Virtio 1.0 GPU (rev 01)\n"
                                          "00:1f.2 SATA controller: Intel Corporation 82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA "
                                          "Controller [AHCI mode] (rev 02)\n"
                                          "09:00.0 Network controller: Intel Corporation Wireless 8260 (rev 3a)\n"));
  ASSERT_EQ(judged.judgement.unexpected.size(), 1u);
  EXPECT_EQ(judged.judgement.unexpected.front()->address.text(), "0000:09:00.0");
}

/// People copy a terminal with several commands in it.
TEST(PartialEvidence, OneFileMayHoldSeveralListings) {
  const auto view = seen("root@guest:~# lspci -nn\n" + chipset + drive +
                         "\nroot@guest:~# lsusb\n"
                         "Bus 001 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\n"
                         "Bus 001 Device 004: ID 046d:c077 Logitech, Inc. Mouse\n"
                         "root@guest:~# lsusb -t\n/:  Bus 01.Port 1: Dev 1, Class=root_hub, Driver=xhci_hcd/16p, 480M\n"
                         "    |__ Port 3: Dev 4, If 0, Class=Human Interface Device, Driver=usbhid, 1.5M\n");
  EXPECT_EQ(view.functions->size(), 2u);
  ASSERT_EQ(view.loose_usb->size(), 2u);
  EXPECT_TRUE(view.loose_usb->at(1).is_hid);
  EXPECT_EQ(view.name, "capture");
  try {
    seen(chipset + "Bus 001 Device 001: ID 1d6b:0002 hub\nnonsense\n");
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("capture:3: "));
  }
}

/// lspci -d 8086: leaves out QEMU's root port, but not the other bridge.
TEST(PartialEvidence, ABusWhoseBridgeWasNotListedIsNoRootBus) {
  const auto other_bridge = chipset +
                            "00:1e.0 PCI bridge [0604]: Intel Corporation 82801 PCI Bridge [8086:244e] (rev 92)\n"
                            "\tBus: primary=00, secondary=01, subordinate=01, sec-latency=0\n";
  EXPECT_EQ(Judged(nvme_manifest, seen(other_bridge + drive + "\tSubsystem: Samsung [144d:a801]\n")).status(Rung::placement),
            Status::unknown);
  const auto expander = "00:05.0 Host bridge [0600]: Red Hat, Inc. QEMU PCIe Expander bridge [1b36:000b]\n";
  const Judged judged(replaced(nvme_manifest, "02.1/00.0", "00.0"),
                      seen(other_bridge + expander + drive + "\tSubsystem: Samsung [144d:a801]\n"));
  EXPECT_EQ(judged.status(Rung::placement), Status::pass) << judged.summary(Rung::placement);
}

/// lspci -xxxx 2>&1, as real captures have it.
TEST(PartialEvidence, AMessageInTheMiddleOfALineIsNoDamage) {
  const auto view = seen(chipset +
                         "00: 86 80 c0 29\n10: 00 00 pcilib: sysfs_read_vpd: read failed: No such device\n00 00\n"
                         "f2pcilib: sysfs_read_vpd: read failed: No such device\n0: 00 00\n\n" +
                         drive);
  EXPECT_EQ(view.functions->size(), 2u);
  EXPECT_FALSE(view.functions_complete) << "the line might have been a device";
}

}  // namespace
}  // namespace vfio_doctor
