// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/evidence/evidence.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/input_error.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

GuestView seen(const std::string& text) { return read_evidence({{"capture", text}}); }

// The laptop's wireless card, and its USB controller with the thermal companion, in a guest.

const std::string wireless = R"({"label":"Intel Corporation Wireless 8260","host_address":"0000:03:00.0",
  "vendor_id":"8086","device_id":"24f3","subsystem_vendor_id":"8086","subsystem_device_id":"0010","class":"028000",
  "revision":"3a"})";
const std::string usb_controller = R"({"label":"100 Series/C230 Series Chipset Family USB 3.0 xHCI Controller",
  "host_address":"0000:00:14.0","vendor_id":"8086","device_id":"a12f","class":"0c0330","revision":"31",
  "guest_path":"02.2/00.0/03.0","usb":[{"id":"1a40:0101","product":"Hub"},{"id":"8087:0a2b","product":"Bluetooth"},
  {"id":"046d:c077","product":"Mouse"},{"id":"046d:c31c","product":"Keyboard K120"}]})";
const std::string thermal = R"({"label":"Thermal Subsystem","host_address":"0000:00:14.2","vendor_id":"8086",
  "device_id":"a131","class":"118000","revision":"31","guest_path":"02.2/00.0/04.0","expect_driver":false})";

std::string manifest_of(const std::string& devices) {
  return R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[)" + devices + "]}";
}

const std::string guide_plain =
    "$ lspci\n"
    "00:00.0 Host bridge: Intel Corporation 82G33/G31/P35/P31 Express DRAM Controller\n"
    "00:01.0 VGA compatible controller: Red Hat, Inc. Virtio 1.0 GPU (rev 01)\n"
    "[...]\n"
    "00:1f.2 SATA controller: Intel Corporation 82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA Controller [AHCI mode] (rev 02)\n"
    "09:00.0 Network controller: Intel Corporation Wireless 8260 (rev 3a)\n"
    "0b:00.0 PCI bridge: Red Hat, Inc. Device 000e\n"
    "09:00.0 Network controller: Intel Corporation Wireless 8260 (rev 3a)\n";

const std::string guide_numbers =
    "00:00.0 Host bridge [0600]: Intel Corporation 82G33/G31/P35/P31 Express DRAM Controller [8086:29c0]\n"
    "0b:00.0 PCI bridge [0604]: Red Hat, Inc. Device [1b36:000e]\n"
    "0c:03.0 USB controller [0c03]: Intel Corporation 100 Series/C230 Series Chipset Family USB 3.0 xHCI Controller "
    "[8086:a12f] (rev 31)\n"
    "0c:04.0 Signal processing controller [1180]: Intel Corporation 100 Series/C230 Series Chipset Family Thermal "
    "Subsystem [8086:a131] (rev 31)\n";

const std::string guide_usb =
    "$ lsusb\n"
    "Bus 001 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\n"
    "Bus 001 Device 002: ID 1a40:0101 Terminus Technology Inc. Hub\n"
    "Bus 001 Device 003: ID 8087:0a2b Intel Corp. Bluetooth wireless interface\n"
    "Bus 001 Device 004: ID 046d:c077 Logitech, Inc. Mouse\n"
    "Bus 001 Device 005: ID 046d:c31c Logitech, Inc. Keyboard K120\n"
    "Bus 002 Device 001: ID 1d6b:0003 Linux Foundation 3.0 root hub\n";

TEST(GuideEvidence, PlainNamesProveNoMoreThanPresence) {
  const Judged judged(manifest_of(wireless), seen(guide_plain));
  EXPECT_EQ(judged.device().seen->address.text(), "0000:09:00.0");
  EXPECT_EQ(judged.status(Rung::present), Status::pass);
  EXPECT_EQ(judged.status(Rung::identity), Status::unknown);
  EXPECT_EQ(judged.status(Rung::driver), Status::unknown);
  EXPECT_FALSE(judged.device().failed());
}

TEST(GuideEvidence, WhatTheListingLeavesOutIsNotMissing) {
  const Judged judged(manifest_of(thermal), seen(guide_plain));
  EXPECT_EQ(judged.status(Rung::present), Status::unknown);
}

TEST(GuideEvidence, UsbAndThermalBehindTheConventionalBridge) {
  const Judged judged(manifest_of(usb_controller + "," + thermal), read_evidence({{"pci", guide_numbers}, {"usb", guide_usb}}));
  EXPECT_EQ(judged.device(0).seen->address.text(), "0000:0c:03.0");
  EXPECT_EQ(judged.device(1).seen->address.text(), "0000:0c:04.0");
  EXPECT_EQ(judged.status(Rung::identity, 0), Status::pass) << judged.summary(Rung::identity, 0);
  EXPECT_EQ(judged.status(Rung::placement, 0), Status::unknown);
  EXPECT_EQ(judged.status(Rung::function, 0), Status::pass) << judged.summary(Rung::function, 0);
  EXPECT_EQ(judged.status(Rung::driver, 1), Status::not_applicable);
}

TEST(GuideEvidence, AMissingMouseFails) {
  const Judged judged(manifest_of(usb_controller),
                      read_evidence({{"pci", guide_numbers}, {"usb", without(guide_usb, "046d:c077")}}));
  EXPECT_EQ(judged.device().failed(), Rung::function);
  EXPECT_THAT(judged.summary(Rung::function), HasSubstr("Mouse"));
}

TEST(GuideEvidence, TheSameListWithASecondControllerProvesNothing) {
  const auto pci =
      guide_numbers + "02:00.0 USB controller [0c03]: Red Hat, Inc. QEMU XHCI Host Controller [1b36:000d] (rev 01)\n";
  const Judged judged(manifest_of(usb_controller), read_evidence({{"pci", pci}, {"usb", guide_usb}}));
  EXPECT_EQ(judged.status(Rung::function), Status::unknown);
}

TEST(GuideEvidence, TheWrongDeviceIsNamed) {
  const Judged judged(manifest_of(wireless), seen(guide_numbers));
  EXPECT_EQ(judged.device().failed(), Rung::present);
  EXPECT_EQ(judged.judgement.unexpected.size(), 2u);
}

TEST(Evidence, VerboseLspciClimbsToDecode) {
  const std::string text =
      "00:00.0 Host bridge [0600]: Intel Corporation Device [8086:29c0]\n"
      "00:02.1 PCI bridge [0604]: Red Hat, Inc. QEMU PCIe Root port [1b36:000c] (prog-if 00 [Normal decode])\n"
      "\tBus: primary=00, secondary=03, subordinate=03, sec-latency=0\n"
      "\tKernel driver in use: pcieport\n"
      "03:00.0 Non-Volatile memory controller [0108]: Samsung NVMe [144d:a802] (rev 01) (prog-if 02 [NVM Express])\n"
      "\tSubsystem: Samsung PM951 [144d:a801]\n"
      "\tControl: I/O- Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop-\n"
      "\tRegion 0: Memory at fe800000 (64-bit, non-prefetchable) [size=16K]\n"
      "\tCapabilities: [40] Power Management version 3\n"
      "\t\tStatus: D0 NoSoftRst+ PME-Enable- DSel=0 DScale=0 PME-\n"
      "\tKernel driver in use: nvme\n";
  const Judged judged(nvme_manifest, seen(text));
  for (const auto rung : {Rung::present, Rung::identity, Rung::placement, Rung::driver, Rung::decode})
    EXPECT_EQ(judged.status(rung), Status::pass) << to_text(rung) << " " << judged.summary(rung);
  EXPECT_EQ(judged.status(Rung::function), Status::unknown);
  EXPECT_EQ(Judged(nvme_manifest, seen(replaced(text, "BusMaster+", "BusMaster-"))).device().failed(), Rung::decode);
  EXPECT_EQ(Judged(nvme_manifest, seen(replaced(text, "size=16K", "size=1M"))).device().failed(), Rung::decode);
  EXPECT_EQ(Judged(nvme_manifest, seen(without(text, "use: nvme"))).device().failed(), Rung::driver);
  EXPECT_EQ(Judged(nvme_manifest, seen(replaced(text, "00:02.1 PCI", "00:02.2 PCI"))).device().failed(), Rung::placement);
}

TEST(Evidence, RecordsOfLspci) {
  const auto view = seen(
      "Slot:\t00:00.0\nClass:\tHost bridge [0600]\nVendor:\tIntel Corporation [8086]\nDevice:\tHost [29c0]\n\n"
      "Slot:\t03:00.0\nClass:\tNetwork controller [0280]\nVendor:\tIntel Corporation [8086]\nDevice:\tWireless 8260 [24f3]\n"
      "SVendor:\tIntel Corporation [8086]\nSDevice:\tDual Band "
      "[0010]\nRev:\t3a\nProgIf:\t00\nDriver:\tiwlwifi\nModule:\tiwlwifi\n");
  const Judged judged(manifest_of(wireless), view);
  EXPECT_EQ(judged.status(Rung::identity), Status::pass) << judged.summary(Rung::identity);
  EXPECT_EQ(judged.status(Rung::driver), Status::pass);
  EXPECT_EQ(judged.status(Rung::function), Status::unknown);
}

TEST(Evidence, TreeOfLsusbAddsDrivers) {
  const auto view = read_evidence({{"list", guide_usb},
                                   {"tree",
                                    "/:  Bus 02.Port 1: Dev 1, Class=root_hub, Driver=xhci_hcd/4p, 5000M\n"
                                    "/:  Bus 01.Port 1: Dev 1, Class=root_hub, Driver=xhci_hcd/16p, 480M\n"
                                    "    |__ Port 3: Dev 2, If 0, Class=Hub, Driver=hub/4p, 480M\n"
                                    "        |__ Port 1: Dev 4, If 0, Class=Human Interface Device, Driver=usbhid, 1.5M\n"}});
  ASSERT_TRUE(view.loose_usb.has_value());
  for (const auto& usb : view.loose_usb.value())
    if (usb.id == "046d:c077") {
      EXPECT_TRUE(usb.is_hid);
      EXPECT_EQ(usb.drivers, std::vector<std::string>{"usbhid"});
    }
}

std::string pnputil(const std::string& status) {
  return "Microsoft PnP Utility\r\n\r\n"
         "Instance ID:                PCI\\VEN_8086&DEV_29C0&SUBSYS_11001AF4&REV_00\\3&11583659&0&00\r\n"
         "Device Description:         PCI standard host CPU bridge\r\nStatus:                     Started\r\n\r\n"
         "Instance ID:                PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&2D8F1A7C&0&0012\r\n"
         "Device Description:         Intel(R) Dual Band Wireless-AC 8260\r\nClass Name:                 Net\r\n" +
         status + "\r\n";
}

TEST(WindowsEvidence, ProblemCodesNameTheRung) {
  const struct {
    std::string status;
    std::optional<Rung> failed;
  } cases[] = {
      {"Status:      Started\r\nDriver Name: oem5.inf\r\n", std::nullopt},
      {"Status:      Problem\r\nProblem Code: 10 (0xA) [CM_PROB_FAILED_START]\r\nDriver Name: oem5.inf\r\n", Rung::function},
      {"Status:      Problem\r\nProblem Code: 12 (0xC) [CM_PROB_NORMAL_CONFLICT]\r\nDriver Name: oem5.inf\r\n", Rung::decode},
      {"Status:      Problem\r\nProblem Code: 28 (0x1C) [CM_PROB_FAILED_INSTALL]\r\n", Rung::driver},
      {"Status:      Problem\r\nProblem Code: 31 (0x1F) [CM_PROB_FAILED_ADD]\r\n", Rung::driver},
      {"Status:      Problem\r\nProblem Code: 43 (0x2B) [CM_PROB_FAILED_POST_START]\r\nDriver Name: oem5.inf\r\n",
       Rung::function},
      {"Status:      Problem\r\nProblem Code: 45 (0x2D) [CM_PROB_PHANTOM]\r\n", Rung::present},
      {"Status:      Disconnected\r\n", Rung::present},
      {"Status:      Problem\r\nProblem Code: 56 (0x38)\r\n", Rung::driver},
  };
  for (const auto& [status, failed] : cases) {
    const Judged judged(manifest_of(wireless), seen(pnputil(status)));
    EXPECT_EQ(judged.device().failed(), failed) << status;
    if (!failed) {
      EXPECT_EQ(judged.status(Rung::identity), Status::pass);
      EXPECT_EQ(judged.status(Rung::driver), Status::pass);
      EXPECT_EQ(judged.status(Rung::function), Status::pass) << "Windows starts only what its driver says works";
    }
  }
}

TEST(WindowsEvidence, PowerShellInUtf16) {
  const std::string json = R"([{"InstanceId":"PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&1","FriendlyName":"Wi-Fi",
    "Class":"Net","Status":"Error","ConfigManagerErrorCode":43,"Present":true,"Service":"Netwtw04",
    "HardwareID":["PCI\\VEN_8086&DEV_24F3&CC_028000"]},
    {"InstanceId":"USB\\VID_046D&PID_C077\\5&1","FriendlyName":"Mouse","Status":"OK","Present":true},
    {"InstanceId":"ROOT\\SYSTEM\\0000","Status":"OK"}])";
  std::string utf16 = "\xff\xfe";
  for (const char c : json) utf16 += std::string{c, '\0'};
  for (const auto& text : {json, utf16}) {
    const auto view = seen(text);
    const Judged judged(manifest_of(wireless), view);
    EXPECT_EQ(judged.device().failed(), Rung::function);
    ASSERT_EQ(view.loose_usb->size(), 1u);
    EXPECT_EQ(view.loose_usb->front().id, "046d:c077");
  }
}

TEST(FreeBsdEvidence, Pciconf) {
  const auto view = seen(
      "hostb0@pci0:0:0:0:\tclass=0x060000 rev=0x00 hdr=0x00 vendor=0x8086 device=0x29c0 subvendor=0x1af4 subdevice=0x1100\n"
      "iwm0@pci0:9:0:0:\tclass=0x028000 rev=0x3a hdr=0x00 vendor=0x8086 device=0x24f3 subvendor=0x8086 subdevice=0x0010\n"
      "    vendor     = 'Intel Corporation'\n    device     = 'Wireless 8260'\n    class      = network\n"
      "none0@pci0:12:4:0:\tclass=0x118000 card=0x00000000 chip=0xa1318086 rev=0x31 hdr=0x00\n");
  const Judged judged(manifest_of(wireless + "," + thermal), view);
  EXPECT_EQ(judged.status(Rung::identity, 0), Status::pass);
  EXPECT_EQ(judged.status(Rung::driver, 0), Status::pass);
  EXPECT_EQ(judged.device(1).seen->address.text(), "0000:0c:04.0");
  EXPECT_EQ(Judged(manifest_of(wireless), seen("hostb0@pci0:0:0:0: class=0x060000 vendor=0x8086 device=0x29c0\n"
                                               "none1@pci0:9:0:0: class=0x028000 rev=0x3a vendor=0x8086 device=0x24f3 "
                                               "subvendor=0x8086 subdevice=0x0010\n"))
                .device()
                .failed(),
            Rung::driver);
}

TEST(HostileEvidence, IsRefusedWithOneLine) {
  for (const auto& text :
       {std::string(), std::string("\n\n\n"), std::string(1000, '\0'),
        std::string("\x7f"
                    "ELF\x02\x01\x01"),
        std::string("hello world\n"), std::string("{"), std::string("[1,2,3]"), std::string("{}"), std::string(100'000, '['),
        "00:00.0 Host bridge: x\nand then something else\n" + std::string("\x1b[2J"),
        std::string("Bus 001 Device 001: ID 1d6b:0002 x\nBus one\n"), std::string("Slot:\tnowhere\n"),
        std::string("/:  Bus 01.Port 1: Dev 1, Class=root_hub, Driver=x\n    nonsense\n"),
        std::string("hostb0@pci0:0:0:0: class=1\nfoo\n"), std::string("hostb0@pci0:0:99:0: class=1\n")}) {
    try {
      seen(text);
      ADD_FAILURE() << "accepted: " << text.substr(0, 60);
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), ::testing::StartsWith("capture"));
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  }
}

/// Real captures that lie beside the project; they are read in place and never copied.
TEST(RealCaptures, AreReadWithoutComplaint) {
  namespace fs = std::filesystem;
  const fs::path corpus = fs::path(TESTS_DIR).parent_path() / "../shared/corpus";
  if (!fs::exists(corpus / "H-usb")) GTEST_SKIP() << "the corpus of real captures is not beside the project: " << corpus;
  std::size_t functions = 0, usb = 0;
  for (const char* name :
       {"B-host-bundles/B01-ecs-h310ch5-coffeelake/lspci.log", "B-host-bundles/B09-jetway-amd/lspci.log",
        "B-host-bundles/B11-alienware-m11x/lspci.log", "B-host-bundles/B13-jizef2090-gentoo/lspci.log",
        "B-host-bundles/B15-supermicro-epyc-genoa/lspci.txt", "B-host-bundles/B17-marcredhat-gpu-server/lspci.txt",
        "B-host-bundles/B19-mellanox-offload-server/lspci", "B-host-bundles/B01-ecs-h310ch5-coffeelake/lsusb.log",
        "B-host-bundles/B09-jetway-amd/lsusb.log", "B-host-bundles/B11-alienware-m11x/lsusb.log",
        "B-host-bundles/B03-huananzhi-x99-bd4/lspci.log", "B-host-bundles/B07-samsung-np350v5c/lspci.log",
        "H-usb/H02-asokolsky-lsusb/suprox__lsusb.md", "H-usb/H02-asokolsky-lsusb/exi__lsusb.md",
        "H-usb/H01-jc-lsusb/centos-7.7__lsusb.out", "H-usb/H01-jc-lsusb/centos-7.7__lsusb-v.out",
        "H-usb/H01-jc-lsusb/generic__lsusb-t.out", "H-usb/H01-jc-lsusb/ubuntu-20.10__lspci-mmv.out",
        "H-usb/H01-jc-lsusb/ubuntu-20.10__lspci-nmmv.out"}) {
    try {
      const auto view = read_evidence({{name, read_test_file((corpus / name).string())}});
      if (view.functions.has_value()) functions += view.functions->size();
      if (view.loose_usb.has_value()) usb += view.loose_usb->size();
    } catch (const InputError& error) {
      ADD_FAILURE() << error.what();
    }
  }
  EXPECT_GT(functions, 500u);
  EXPECT_GT(usb, 20u);
}

}  // namespace
}  // namespace vfio_doctor
