// SPDX-License-Identifier: GPL-2.0-or-later
//
// Guests as their owners describe them: what works and was called broken, and what was called well and is not.
#include <cstdint>

#include <gmock/gmock.h>

#include "facts/evidence/evidence.hpp"
#include "facts/guest/log_lines.hpp"
#include "guest/guest_machines.hpp"
#include "reports/guest/guest_report.hpp"
#include "runner/guest/make_manifest.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

/// One device of a manifest; `more` are further members.
std::string expected(const std::string& host, const std::string& ids, const std::string& class_code,
                     const std::string& more = {}) {
  return R"({"label":"card )" + host + R"(","host_address":")" + host + R"(","vendor_id":")" + ids.substr(0, 4) +
         R"(","device_id":")" + ids.substr(5) + R"(","class":")" + class_code + "\"" + more + "}";
}

std::string expecting(const std::string& devices) {
  return R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[)" + devices + "]}";
}

GuestFunction function(const std::string& address, std::uint16_t vendor, std::uint16_t device, std::uint32_t class_code,
                       const std::string& driver) {
  GuestFunction seen;
  seen.address = *PciAddress::parse(address);
  seen.id.vendor = vendor;
  seen.id.device = device;
  seen.id.class_code = class_code;
  seen.class_and_subclass = static_cast<std::uint16_t>(class_code >> 8);
  seen.driver = driver.empty() ? Observed<std::string>::absent() : Observed<std::string>(driver);
  seen.command = std::uint16_t{6};
  seen.power_state = std::string("D0");
  seen.runtime_status = std::string("active");
  seen.bars = std::vector<GuestBar>{};
  seen.interrupts = {2u, std::uint64_t{9}};
  seen.children = std::vector<GuestChild>{};
  return seen;
}

GuestChild child(GuestChild::Kind kind, const std::string& type, const std::string& name) {
  GuestChild child;
  child.kind = kind;
  child.type = type;
  child.name = name;
  return child;
}

GuestView view_of(std::vector<GuestFunction> functions, const std::string& log = {}) {
  GuestView view;
  view.name = "guest";
  read_log_errors(log, functions);
  view.functions = std::move(functions);
  view.loose_usb = std::vector<GuestUsb>{};
  return view;
}

Verdict verdict_of(const Judged& judged) { return guest_verdict(guest_findings(judged.judgement, judged.view)); }

const std::string graphics = expecting(expected("0000:2d:00.0", "10de:2216", "030000"));

GuestFunction graphics_card(const std::string& driver) {
  auto seen = function("0000:05:00.0", 0x10de, 0x2216, 0x030000, driver);
  if (!driver.empty()) seen.children.value().push_back(child(GuestChild::Kind::display, "drm", "card0"));
  return seen;
}

// What works.

/// A thermal sensor, a USB-C controller and their like come along; that their driver shows nothing of them is no matter.
TEST(GuestsElsewhere, ADrivenCompanionNeedsNoProof) {
  const auto manifest = expecting(expected("0000:2d:00.0", "10de:2216", "030000") + "," +
                                  expected("0000:2d:00.3", "10de:1ad9", "0c8000", R"(,"expect_driver":false)"));
  auto companion = function("0000:05:00.3", 0x10de, 0x1ad9, 0x0c8000, "nvidia-gpu");
  companion.interrupts = {1u, std::uint64_t{0}};
  const std::string noise = "<3>[  4.1] nvidia-gpu 0000:05:00.3: i2c timeout error e0000000\n";
  const Judged judged(manifest, view_of({graphics_card("nvidia"), companion}, noise));
  EXPECT_EQ(judged.status(Rung::function, 1), Status::not_applicable) << judged.summary(Rung::function, 1);
  EXPECT_EQ(verdict_of(judged), Verdict::ready);

  companion.runtime_status = std::string("suspended");
  companion.power_state = std::string("D3hot");
  companion.command = Observed<std::uint16_t>::unreadable("it is asleep");
  EXPECT_EQ(verdict_of(Judged(manifest, view_of({graphics_card("nvidia"), companion}))), Verdict::ready) << "asleep";

  const auto alone = expecting(expected("0000:2d:00.3", "10de:1ad9", "0c8000", R"(,"expect_driver":false)"));
  EXPECT_EQ(Judged(alone, view_of({companion})).status(Rung::function), Status::unknown) << "given by itself, for something";
}

/// A processor with graphics: its security processor and its audio coprocessor come along.
TEST(GuestsElsewhere, WhatSharesASlotWithGraphicsComesAlong) {
  const auto host = machine(
      "pci 0000:0c:00.0 id=1002:1638 class=030000\npci 0000:0c:00.1 id=1002:1637 class=040300\n"
      "pci 0000:0c:00.2 id=1022:15df class=108000\npci 0000:0c:00.5 id=1022:15e2 class=048000\n"
      "pci 0000:0d:00.0 id=14f1:8852 class=048000\npci 0000:0e:00.0 id=8086:4940 class=108000\n");
  const auto expects = [&host](const std::vector<std::string>& given) {
    std::vector<PciAddress> sources;
    for (const auto& one : given) sources.push_back(*PciAddress::parse(one));
    std::vector<bool> answer;
    for (const auto& device : manifest_of(host, sources).devices) answer.push_back(device.expect_driver);
    return answer;
  };
  EXPECT_EQ(expects({"0c:00.0", "0c:00.1", "0c:00.2", "0c:00.5"}), (std::vector{true, true, false, false}));
  EXPECT_EQ(expects({"0c:00.2"}), std::vector{true}) << "by itself it was given for something";
  EXPECT_EQ(expects({"0c:00.0", "0d:00.0", "0e:00.0"}), (std::vector{true, true, true})) << "a capture card, QuickAssist";
}

/// A resizable region has the size that the host or the guest gave it last.
TEST(GuestsElsewhere, AResizedRegionIsNoFault) {
  const auto judged = [](std::uint64_t here, const std::string& there, bool is_io = false) {
    auto seen = graphics_card("nvidia");
    seen.bars = std::vector<GuestBar>{{0, 16 << 20, false, true}, {1, here, is_io, true}};
    return Judged(expecting(expected("0000:2d:00.0", "10de:2216", "030000", R"(,"bars":[16777216,)" + there + "]")),
                  view_of({seen}))
        .device()
        .at(Rung::decode);
  };
  for (const auto& [here, there] :
       {std::pair<std::uint64_t, std::string>{256 << 20, "17179869184"}, {std::uint64_t{16} << 30, "268435456"}}) {
    const auto decode = judged(here, there);
    EXPECT_EQ(decode.status, Status::pass) << decode.summary;
    EXPECT_THAT(decode.summary, HasSubstr("has another size than on the host"));
  }
  EXPECT_EQ(judged(256 << 20, "268435456").status, Status::pass);
  EXPECT_EQ(judged(64 << 10, "268435456").status, Status::fail) << "smaller than any resizable region";
  EXPECT_EQ(judged(256 << 20, "65536").status, Status::fail);
}

/// The driver that refused was another one: nouveau does not know what nvidia drives, i915 leaves to xe what is too new.
TEST(GuestsElsewhere, WhatAnotherDriverSaidIsNoMatterToTheOneThatDrives) {
  for (const auto* line : {"<3>[  3.1] nouveau 0000:05:00.0: unknown chipset (1b6000a1)\n",
                           "<4>[  3.1] nouveau 0000:05:00.0: probe with driver nouveau failed with error -12\n",
                           "<4>[  3.1] nvidiafb: probe of 0000:05:00.0 failed with error -1\n"})
    EXPECT_EQ(Judged(graphics, view_of({graphics_card("nvidia")}, line)).status(Rung::function), Status::pass) << line;
  EXPECT_EQ(Judged(graphics, view_of({graphics_card("nouveau")},
                                     "<4>[  3.1] NVRM: The NVIDIA GPU 0000:05:00.0 (PCI ID: 10de:2216)\n"
                                     "<4>[  3.1] NVRM: installed in this system is not supported by the\n"))
                .status(Rung::function),
            Status::pass);
  EXPECT_EQ(Judged(graphics, view_of({graphics_card("nvidia")},
                                     "<4>[ 3.1] nvidia 0000:05:00.0: probe with driver nvidia failed with "
                                     "error -1\n"))
                .status(Rung::function),
            Status::fail)
      << "its own driver";
}

/// Intel VMD makes a PCI domain of its own: the drives in it are what it works by, and came along with it.
TEST(GuestsElsewhere, DrivesBehindAVmdAreItsOwn) {
  const std::string vmd = "/sys/devices/pci0000:00/0000:00:07.0", port = vmd + "/pci10000:e0/10000:e0:06.0",
                    drive = port + "/10000:e1:00.0";
  const std::string text =
      "pci 0000:00:07.0 id=8086:467f class=010400 driver=vmd power_state=D0\n" + config_record(vmd, 0x8086, 0x467f, 6) +
      "text " + vmd + "/power/runtime_status = active\ntext " + vmd +
      "/msi_irqs/40 = msix\nfile /proc/interrupts\n|     CPU0\n| 40:   31  PCI-MSI vmd0\n"
      "link /sys/bus/pci/devices/10000:e1:00.0 ../../.." +
      drive.substr(4) + "\ntext " + drive + "/vendor = 0x144d\ntext " + drive + "/device = 0xa80c\ntext " + drive +
      "/class = 0x010802\nlink " + drive + "/driver ../../../../../../bus/pci/drivers/nvme\ntext " + drive +
      "/nvme/nvme0/state = live\ntext " + drive + "/nvme/nvme0/nvme0n1/size = 4096\nlink /sys/class/nvme/nvme0 ../.." +
      (drive + "/nvme/nvme0").substr(4) + "\nlink /sys/class/block/nvme0n1 ../.." + (drive + "/nvme/nvme0/nvme0n1").substr(4) +
      "\nfile /run/vfio-doctor/kernel.log\n| x\n";
  const auto manifest = expecting(expected("0000:00:0e.0", "8086:467f", "010400"));
  const Judged judged(manifest, text);
  EXPECT_EQ(judged.status(Rung::function), Status::pass) << judged.summary(Rung::function);
  EXPECT_TRUE(judged.judgement.unexpected.empty());
  EXPECT_EQ(Judged(manifest, without(text, "nvme0n1")).status(Rung::function), Status::fail) << "no drive came of it";
}

/// A mouse behind a hub: whose bus it is follows from the driver of the bus, where only one controller has such a driver.
TEST(GuestsElsewhere, TheDriverOfABusTellsWhoseItIs) {
  const std::string listing =
      "00:00.0 Host bridge [0600]: x [8086:29c0]\n00:1d.0 USB controller [0c03]: x [8086:2934] (rev 03)\n\tKernel driver in "
      "use: "
      "uhci_hcd\n08:00.0 USB controller [0c03]: x [1b73:1100] (rev 10)\n\tKernel driver in use: xhci_hcd\n";
  const std::string devices =
      "Bus 003 Device 001: ID 1d6b:0003 Linux Foundation 3.0 root hub\nBus 002 Device 005: ID 04d9:a0cd Mouse\nBus 002 Device "
      "002: ID "
      "05e3:0608 Hub\nBus 002 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\nBus 001 Device 001: ID 1d6b:0001 Linux "
      "Foundation 1.1 root hub\n";
  const std::string tree =
      "/:  Bus 03.Port 1: Dev 1, Class=root_hub, Driver=xhci_hcd/4p, 5000M\n/:  Bus 02.Port 1: Dev 1, Class=root_hub, "
      "Driver=xhci_hcd/4p, 480M\n    |__ Port 2: Dev 2, If 0, Class=Hub, Driver=hub/4p, 480M\n        |__ Port 1: Dev 5, If 0, "
      "Class=Human Interface Device, Driver=usbhid, 1.5M\n/:  Bus 01.Port 1: Dev 1, Class=root_hub, Driver=uhci_hcd/2p, 12M\n";
  const auto manifest = expecting(expected("0000:2d:00.0", "1b73:1100", "0c0330", R"(,"usb":[{"id":"04d9:a0cd"}])"));
  const auto function = [&](const std::string& pci, const std::string& usb, const std::string& more) {
    const Judged judged(manifest, read_evidence({{"pci", pci}, {"usb", usb}, {"tree", more}}));
    return std::pair(judged.status(Rung::function), judged.summary(Rung::function));
  };
  const auto [status, summary] = function(listing, devices, tree);
  EXPECT_EQ(status, Status::pass) << summary;
  EXPECT_THAT(summary, HasSubstr("its 1 device is in the guest"));
  const auto twin =
      replaced(listing, "08:00.0", "04:00.0 USB controller [0c03]: x [1b36:000d]\n\tKernel driver in use: xhci_hcd\n08:00.0");
  EXPECT_EQ(function(twin, devices, tree).first, Status::unknown) << "two of them have such a driver";
  const auto without_driver = replaced(listing, "\tKernel driver in use: uhci_hcd\n", "");
  EXPECT_EQ(function(without_driver, devices, tree).first, Status::pass) << "a controller without a driver has no bus";
  EXPECT_EQ(function(replaced(without_driver, "\tKernel driver in use: xhci_hcd\n", ""), devices, tree).first, Status::unknown)
      << "no drivers are shown";
  const auto over_network = "/:  Bus 04.Port 1: Dev 1, Class=root_hub, Driver=xhci_hcd/4p, 480M\n" + tree;
  EXPECT_EQ(function(listing, devices + "Bus 004 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\n", over_network).first,
            Status::unknown)
      << "a third bus of it";
}

// What does not work.

/// It had a link once: packets that came then prove nothing now.
TEST(GuestsElsewhere, AVirtualFunctionThatNeverCameOutOfItsResetIsDead) {
  const auto manifest = expecting(expected("0000:2d:01.0", "8086:1889", "020000"));
  auto seen = function("0000:05:00.0", 0x8086, 0x1889, 0x020000, "iavf");
  auto net = child(GuestChild::Kind::net, "net", "eth4");
  net.received = std::uint64_t{812};
  net.state = std::string("down");
  seen.children.value().push_back(net);
  EXPECT_EQ(Judged(manifest, view_of({seen})).status(Rung::function), Status::pass);
  EXPECT_EQ(Judged(manifest, view_of({seen}, "<3>[ 61.0] iavf 0000:05:00.0: Reset never finished (0)\n")).device().failed(),
            Rung::function);
}

/// The card is well; the driver in the guest does not know it, or lacks its file.
TEST(GuestsElsewhere, ADriverThatRefusesIsNotTheDevicesFault) {
  struct Refusal {
    const char *log, *words;
  };
  const std::string failed = "<4>[ 3.3] nvidia: probe of 0000:05:00.0 failed with error -1\n";
  for (const auto& [log, words] :
       {Refusal{"<4>[ 3.1] NVRM: The NVIDIA GPU 0000:05:00.0 (PCI ID: 10de:2216)\n<4>[ 3.1] NVRM: installed in this system is "
                "not "
                "supported by open\n",
                "does not support this model"},
        Refusal{"<4>[ 3.1] NVRM: The NVIDIA GeForce GT 730 GPU installed in this system is\n<4>[ 3.1] NVRM:  supported through "
                "the "
                "NVIDIA 470.xx Legacy drivers. Please\n",
                "does not support this model"},
        Refusal{"<3>[ 3.1] nouveau 0000:05:00.0: unknown chipset (1b6000a1)\n", "does not support this model"},
        Refusal{"<6>[ 3.1] i915 0000:05:00.0: Your graphics device 2216 is not properly supported by i915 in this\n",
                "does not support this model"},
        Refusal{"<3>[ 3.1] r8169 0000:05:00.0: error -ENODEV: unknown chip XID 689, contact r8169 maintainers\n",
                "does not support this model"},
        Refusal{"<3>[ 3.1] iwlwifi 0000:05:00.0: firmware: failed to load iwlwifi-8000C-36.ucode (-2)\n<3>[ 3.2] iwlwifi "
                "0000:05:00.0: no suitable firmware found!\n",
                "firmware"},
        Refusal{"<3>[ 3.1] ixgbe 0000:05:00.0: failed to load because an unsupported SFP+ or QSFP module type was detected.\n",
                "module (SFP)"}}) {
    const Judged judged(graphics, view_of({graphics_card("")}, log + failed));
    EXPECT_EQ(judged.device().failed(), Rung::driver) << log;
    EXPECT_THAT(judged.summary(Rung::driver), HasSubstr(words)) << log;
  }
  const Judged mute(graphics,
                    view_of({graphics_card("")}, "<3>[ 3.1] NVRM: Can't find an IRQ for your NVIDIA card!\n" + failed));
  EXPECT_EQ(mute.device().failed(), Rung::function);
  ASSERT_EQ(mute.device().at(Rung::function).evidence.size(), 2u) << "the reason, and the end of it";
  const Judged dead(graphics, view_of({graphics_card("")}, failed));
  EXPECT_EQ(dead.device().failed(), Rung::function) << "no reason but the device's";
}

// Windows.

const std::string windows_card = R"(PCI\VEN_10DE&DEV_2216&SUBSYS_38971462&REV_A1\4&1C3D5A70&0&0012)";
const std::string windows_graphics =
    expecting(expected("0000:2d:00.0", "10de:2216", "030000",
                       R"(,"subsystem_vendor_id":"1462","subsystem_device_id":"3897","revision":"a1")"));

/// Get-PnpDevice as a table, which names no driver.
std::string table(const std::string& name) {
  const auto line = [](std::string title, const std::string& id) {
    title.resize(48, ' ');
    return "OK         Display         " + title + " " + id + "\n";
  };
  return "\nStatus     Class           FriendlyName                                     InstanceId\n"
         "------     -----           ------------                                     ----------\n" +
         line("Host CPU bridge", R"(PCI\VEN_8086&DEV_29C0&SUBSYS_11001AF4&REV_00\3&11583659&0&00)") + line(name, windows_card);
}

/// Windows' own driver shows a picture on every card, and starts it: "OK".
TEST(GuestsElsewhere, WindowsBasicDriverIsNoDriverForTheCard) {
  for (const auto* name : {"Microsoft Basic Display Adapter", "Microsoft Basic Display-Adapter",
                           "Carte graphique de base Microsoft", "Standard VGA Graphics Adapter"})
    for (const auto& text : {table(name), R"(PCI\VEN_8086&DEV_29C0&SUBSYS_11001AF4&REV_00\3&11583659&0&00)"
                                          "\n    Name: Host CPU bridge\n    Driver is running.\n" +
                                              windows_card + "\n    Name: " + name + "\n    Driver is running.\n"}) {
      const Judged judged(windows_graphics, read_evidence({{"capture", text}}));
      EXPECT_EQ(judged.device().failed(), Rung::driver) << text;
    }
  const Judged works(windows_graphics, read_evidence({{"capture", table("NVIDIA GeForce RTX 3080")}}));
  EXPECT_EQ(verdict_of(works), Verdict::ready) << works.summary(Rung::driver);
  const auto nameless = R"([{"InstanceId":"PCI\\VEN_10DE&DEV_2216&SUBSYS_38971462&REV_A1\\4&1","Status":"OK","Present":true}])";
  const Judged judged(windows_graphics, read_evidence({{"capture", nameless}}));
  EXPECT_EQ(judged.status(Rung::driver), Status::unknown) << judged.summary(Rung::driver);
  EXPECT_EQ(judged.status(Rung::function), Status::unknown) << judged.summary(Rung::function);
}

TEST(GuestsElsewhere, EveryWindowsProblemHasWords) {
  struct Problem {
    const char* member;
    Rung rung;
    const char* words;
  };
  for (const auto& [member, rung, words] :
       {Problem{"47", Rung::driver, "ejected"}, Problem{"\"CM_PROB_HELD_FOR_EJECT\"", Rung::driver, "ejected"},
        Problem{"54", Rung::function, "reset"}, Problem{"\"CM_PROB_DEVICE_RESET\"", Rung::function, "reset"},
        Problem{"35", Rung::decode, "firmware"}, Problem{"\"CM_PROB_BIOS_TABLE\"", Rung::decode, "firmware"},
        Problem{"\"CM_PROB_IRQ_TRANSLATION_FAILED\"", Rung::decode, "interrupt"}, Problem{"44", Rung::function, "shut"},
        Problem{"51", Rung::driver, "waits"}, Problem{"41", Rung::function, "does not find"}}) {
    const Judged judged(windows_graphics,
                        read_evidence(
                            {{"capture", R"([{"InstanceId":"PCI\\VEN_10DE&DEV_2216&SUBSYS_38971462&REV_A1\\4&1","Status":)"
                                         R"("Error","Present":true,"Service":"nvlddmkm","Problem":)" +
                                             std::string(member) + "}]"}}));
    EXPECT_EQ(judged.device().failed(), rung) << member;
    EXPECT_THAT(judged.summary(rung), HasSubstr(words)) << member;
  }
}

}  // namespace
}  // namespace vfio_doctor
