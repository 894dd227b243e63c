// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/ladder.hpp"

#include <gmock/gmock.h>

#include <cstdio>

#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

TEST(Ladder, AWorkingDriveIsProvenToTheTop) {
  const Judged judged(nvme_manifest, nvme_guest);
  for (const auto rung : all_rungs) EXPECT_EQ(judged.status(rung), Status::pass) << to_text(rung) << judged.summary(rung);
  EXPECT_EQ(judged.device().proven(), Rung::function);
  EXPECT_FALSE(judged.device().failed());
  EXPECT_TRUE(judged.judgement.unexpected.empty());
}

TEST(Ladder, NothingThereFailsAtPresent) {
  const Judged judged(nvme_manifest, "pci 0000:00:00.0 id=8086:29c0 class=060000 sub=1af4:1100\n");
  EXPECT_EQ(judged.device().failed(), Rung::present);
  EXPECT_FALSE(judged.device().proven());
  EXPECT_EQ(judged.status(Rung::function), Status::not_applicable);
}

TEST(Ladder, WithoutAPciBusNothingIsKnown) {
  const Judged judged(nvme_manifest, "text /proc/sys/kernel/hostname = x\n");
  EXPECT_EQ(judged.status(Rung::present), Status::unknown);
  EXPECT_FALSE(judged.device().failed());
}

TEST(Ladder, AnotherDeviceInItsPlaceFailsAtIdentityAndIsNamed) {
  const auto guest = replaced(nvme_guest, "id=144d:a802 class=010802 sub=144d:a801", "id=8086:a12f class=0c0330 sub=8086:a12f");
  const Judged judged(nvme_manifest, guest);
  EXPECT_EQ(judged.device().failed(), Rung::identity);
  EXPECT_EQ(judged.device().proven(), Rung::present);
  EXPECT_THAT(judged.summary(Rung::identity), HasSubstr("8086:a12f"));
  ASSERT_EQ(judged.judgement.unexpected.size(), 1u);
}

TEST(Ladder, AnotherDeviceElsewhereIsUnexpected) {
  const auto manifest = replaced(nvme_manifest, "\"02.1/00.0\"", "null");
  const auto guest = replaced(nvme_guest, "id=144d:a802 class=010802 sub=144d:a801", "id=8086:a12f class=0c0330 sub=8086:a12f");
  const Judged judged(manifest, guest);
  EXPECT_EQ(judged.device().failed(), Rung::present);
  ASSERT_EQ(judged.judgement.unexpected.size(), 1u);
  EXPECT_EQ(ids_text(judged.judgement.unexpected.front()->id), "8086:a12f");
  const auto present = guest_findings(judged.judgement, judged.view).front();
  EXPECT_EQ(present.evidence.back().source, "came instead");
  EXPECT_THAT(present.evidence.back().value, HasSubstr("0000:03:00.0"));
}

TEST(Ladder, TheSameModelWithAnotherSubsystemIsNotTheCard) {
  const Judged judged(nvme_manifest, replaced(nvme_guest, "sub=144d:a801", "sub=1af4:1100"));
  EXPECT_EQ(judged.device().failed(), Rung::identity);
  EXPECT_THAT(judged.summary(Rung::identity), HasSubstr("1af4:1100"));
}

TEST(Ladder, AnotherRevisionOrClassIsNotTheCard) {
  EXPECT_EQ(Judged(nvme_manifest, replaced(nvme_guest, "rev=01", "rev=02")).device().failed(), Rung::identity);
  EXPECT_EQ(Judged(nvme_manifest, replaced(nvme_guest, "class=010802", "class=010601")).device().failed(), Rung::identity);
}

TEST(Ladder, TheWrongPlaceFailsAtPlacement) {
  const Judged judged(replaced(nvme_manifest, "02.1/00.0", "02.2/00.0"), nvme_guest);
  EXPECT_EQ(judged.device().failed(), Rung::placement);
  EXPECT_EQ(judged.device().proven(), Rung::identity);
  EXPECT_THAT(judged.summary(Rung::placement), HasSubstr("02.1/00.0"));
}

TEST(Ladder, NoDriverFailsAtDriver) {
  const Judged judged(nvme_manifest, replaced(nvme_guest, " driver=nvme", ""));
  EXPECT_EQ(judged.device().failed(), Rung::driver);
  EXPECT_EQ(judged.device().proven(), Rung::placement);
}

TEST(Ladder, AStubDriverIsNoDriver) {
  EXPECT_EQ(Judged(nvme_manifest, replaced(nvme_guest, "driver=nvme", "driver=pci-stub")).device().failed(), Rung::driver);
}

TEST(Ladder, ACompanionNeedsNoDriver) {
  auto manifest = replaced(nvme_manifest, "\"expect_driver\": true", "\"expect_driver\": false");
  manifest = replaced(manifest, R"("usb": []})", R"("usb": []}, {"label": "main", "host_address": "0000:3d:00.1",
    "vendor_id": "144d", "device_id": "a803"})");
  const Judged judged(manifest, replaced(nvme_guest, " driver=nvme", ""));
  EXPECT_FALSE(judged.device().failed());
  EXPECT_EQ(judged.status(Rung::driver), Status::not_applicable);
  EXPECT_EQ(judged.status(Rung::function), Status::not_applicable);
}

TEST(Ladder, BusMasteringOffFailsAtDecode) {
  const Judged judged(nvme_manifest, nvme_guest + config_record(nvme_directory, 0x144d, 0xa802, 0x0402));
  EXPECT_EQ(judged.device().failed(), Rung::decode);
  EXPECT_EQ(judged.device().proven(), Rung::driver);
  EXPECT_THAT(judged.summary(Rung::decode), HasSubstr("bus mastering"));
}

TEST(Ladder, MemoryDecodingOffFailsAtDecode) {
  EXPECT_EQ(Judged(nvme_manifest, nvme_guest + config_record(nvme_directory, 0x144d, 0xa802, 0x0404)).device().failed(),
            Rung::decode);
}

TEST(Ladder, AFunctionThatAnswersNothingFailsAtDecode) {
  const Judged judged(nvme_manifest, nvme_guest + config_record(nvme_directory, 0xffff, 0xffff, 0xffff));
  EXPECT_EQ(judged.device().failed(), Rung::decode);
  EXPECT_THAT(judged.summary(Rung::decode), HasSubstr("dead"));
}

TEST(Ladder, RegionsOfAnotherSizeFailAtDecode) {
  const Judged judged(replaced(nvme_manifest, "[16384]", "[1048576]"), nvme_guest);
  EXPECT_EQ(judged.device().failed(), Rung::decode);
  EXPECT_THAT(judged.summary(Rung::decode), HasSubstr("1 MiB"));
}

TEST(Ladder, ARegionWithoutAnAddressFailsAtDecode) {
  const auto guest = replaced(nvme_guest, "0x00000000fe800000 0x00000000fe803fff 0x0000000000140204",
                              "0x0000000000000000 0x0000000000003fff 0x0000000020140204");
  EXPECT_EQ(Judged(nvme_manifest, guest).device().failed(), Rung::decode);
}

TEST(Ladder, PoweredDownWhileInUseFailsAtDecode) {
  EXPECT_EQ(Judged(nvme_manifest, replaced(nvme_guest, "power_state=D0", "power_state=D3hot")).device().failed(), Rung::decode);
}

TEST(Ladder, AsleepIsNotBroken) {
  auto guest = replaced(nvme_guest, "power_state=D0", "power_state=D3hot");
  guest = replaced(guest, "runtime_status = active", "runtime_status = suspended");
  const Judged judged(nvme_manifest, guest + config_record(nvme_directory, 0x144d, 0xa802, 0x0400));
  EXPECT_EQ(judged.status(Rung::decode), Status::pass) << judged.summary(Rung::decode);
  EXPECT_EQ(judged.device().proven(), Rung::function);
}

TEST(Ladder, WhatIsNotSaidToBeAwakeIsLeftAsleep) {
  const std::string status = "text " + nvme_directory + "/power/runtime_status = active\n";
  const auto command = [&](const std::string& instead) {
    const auto view = gather_guest(machine(replaced(nvme_guest, status, instead)));
    for (const auto& function : view.functions.value())
      if (function.id.vendor.is(0x144d)) return function.command.has_value();
    return false;
  };
  for (const std::string word : {"active", "unsupported"}) EXPECT_TRUE(command(replaced(status, "active", word))) << word;
  EXPECT_TRUE(command(""));
  for (const std::string word : {"suspended", "suspending", "resuming", "error", "maybe"})
    EXPECT_FALSE(command(replaced(status, "active", word))) << word;
  EXPECT_FALSE(command("unreadable " + nvme_directory + "/power/runtime_status Input/output error\n"));
}

TEST(Ladder, AnUnreadableCommandRegisterIsUnknown) {
  const Judged judged(nvme_manifest, nvme_guest + "unreadable " + nvme_directory + "/config Permission denied\n");
  EXPECT_EQ(judged.status(Rung::decode), Status::unknown);
}

TEST(Ladder, PresentButDeadFailsAtFunctionWithTheLog) {
  auto guest = without(nvme_guest, "nvme0n1");
  guest = without(guest, "nvme0/state");
  guest = without(guest, "/sys/class/nvme");
  const Judged judged(nvme_manifest, guest +
                                         "file /run/vfio-doctor/kernel.log\n"
                                         "| <6>[    1.0] nvme nvme0: pci function 0000:03:00.0\n"
                                         "| <4>[   62.0] nvme nvme0: I/O 0 QID 0 timeout, disable controller\n"
                                         "| <3>[   62.1] nvme nvme0: Identify Controller failed (-4)\n"
                                         "| <3>[   62.1] nvme nvme01: Identify Controller failed (-4)\n");
  EXPECT_EQ(judged.device().failed(), Rung::function);
  EXPECT_EQ(judged.device().proven(), Rung::decode);
  std::size_t lines = 0;
  for (const auto& evidence : judged.device().at(Rung::function).evidence) lines += evidence.source == "kernel log";
  EXPECT_EQ(lines, 2u);
}

TEST(Ladder, ADeadControllerFailsAtFunction) {
  const Judged judged(nvme_manifest, replaced(nvme_guest, "state = live", "state = dead"));
  EXPECT_EQ(judged.device().failed(), Rung::function);
}

TEST(Ladder, ADriveWithoutInterruptsFailsAtFunction) {
  const auto guest = replaced(nvme_guest, "         11          6 ", "          0          0 ");
  EXPECT_EQ(Judged(nvme_manifest, guest).device().failed(), Rung::function);
}

TEST(Ladder, AMultipathDriveCountsThroughItsPath) {
  auto guest = without(nvme_guest, "/sys/class/block/nvme0n1");
  guest = without(guest, "nvme0n1/size");
  guest += "text " + nvme_directory + "/nvme/nvme0/nvme0c0n1/size = 2048000\n";
  const Judged judged(nvme_manifest, guest);
  EXPECT_EQ(judged.status(Rung::function), Status::pass) << judged.summary(Rung::function);
}

TEST(Ladder, TroubleInTheLogAloneIsAWarning) {
  const Judged judged(nvme_manifest,
                      nvme_guest +
                          "file /run/vfio-doctor/kernel.log\n| <4>[   62.0] nvme nvme0: I/O 17 QID 3 timeout, aborting\n");
  EXPECT_EQ(judged.status(Rung::function), Status::warn);
  EXPECT_FALSE(judged.device().failed());
}

TEST(Ladder, AnUnreadableLogChangesNothing) {
  const Judged judged(nvme_manifest, nvme_guest + "unreadable /run/vfio-doctor/kernel.log Operation not permitted\n");
  EXPECT_EQ(judged.status(Rung::function), Status::pass);
  ASSERT_FALSE(judged.view.notes.empty());
  EXPECT_THAT(judged.view.notes.front(), HasSubstr("kernel log"));
}

/// 4 KiB of configuration space with a serial number capability at 0x100.
std::string serial_record(unsigned last_byte) {
  std::string text = "hex " + nvme_directory + "/config\n|";
  for (unsigned at = 0; at < 4096; ++at) {
    unsigned byte = 0;
    if (at == 4) byte = 6;
    if (at == 0x100) byte = 3;
    if (at == 0x102) byte = 1;
    if (at == 0x104) byte = last_byte;
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, " %02x", byte);
    text += buffer;
  }
  return text + "\n";
}

TEST(Ladder, ASerialTellsAnotherCardOfTheSameModel) {
  const auto manifest = replaced(nvme_manifest, "\"serial\": null", "\"serial\": \"00-00-00-00-00-00-00-07\"");
  const auto seen = [](const std::string& text) {
    const auto root = machine(text);
    auto view = gather_guest(root);
    read_serials(root, view, [](const GuestFunction& function) { return !function.is_bridge(); });
    return view;
  };
  EXPECT_EQ(Judged(manifest, seen(nvme_guest + serial_record(7))).status(Rung::identity), Status::pass);
  EXPECT_EQ(Judged(manifest, seen(nvme_guest + serial_record(8))).device().failed(), Rung::identity);
  // A normal user sees 64 bytes: no serial, and no doubt because of it alone.
  const Judged unseen(manifest, seen(nvme_guest));
  EXPECT_EQ(unseen.status(Rung::identity), Status::pass);
  EXPECT_THAT(unseen.summary(Rung::identity), HasSubstr("serial not seen"));
  EXPECT_THAT(unseen.view.notes.back(), HasSubstr("root in the guest"));
}

// Network, sound, display and others.

std::string one_function(const std::string& pci, const std::string& more = "") {
  return "pci 0000:00:05.0 driver=some " + pci + " power_state=D0\n" +
         config_record("/sys/devices/pci0000:00/0000:00:05.0", 0x8086, 0x1111, 6) +
         "file /sys/devices/pci0000:00/0000:00:05.0/resource\n"
         "| 0x00000000fe800000 0x00000000fe803fff 0x0000000000140204\n" +
         more;
}

std::string one_manifest(const std::string& class_code) {
  return R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"thing","vendor_id":"8086",)"
         R"("device_id":"1111","class":")" +
         class_code + R"("}]})";
}

TEST(Ladder, ANetworkCardNeedsAnInterface) {
  const auto pci = one_function("id=8086:1111 class=020000");
  EXPECT_EQ(Judged(one_manifest("020000"), pci).device().failed(), Rung::function);
  const auto with = pci +
                    "text /sys/devices/pci0000:00/0000:00:05.0/net/eth0/operstate = up\n"
                    "link /sys/class/net/eth0 ../../devices/pci0000:00/0000:00:05.0/net/eth0\n";
  const Judged judged(one_manifest("020000"), with);
  EXPECT_EQ(judged.status(Rung::function), Status::pass);
  EXPECT_THAT(judged.summary(Rung::function), HasSubstr("eth0 (up)"));
}

TEST(Ladder, AnInterfaceOfAnotherCardProvesNothing) {
  const auto guest = one_function("id=8086:1111 class=020000") +
                     "pci 0000:00:06.0 id=1af4:1041 class=020000 driver=virtio-pci\n"
                     "text /sys/devices/pci0000:00/0000:00:06.0/virtio0/net/eth0/operstate = up\n"
                     "link /sys/class/net/eth0 ../../devices/pci0000:00/0000:00:06.0/virtio0/net/eth0\n";
  EXPECT_EQ(Judged(one_manifest("020000"), guest).device().failed(), Rung::function);
}

TEST(Ladder, ADisplayWithoutProofIsUnknown) {
  const Judged judged(one_manifest("030000"), one_function("id=8086:1111 class=030000"));
  EXPECT_EQ(judged.status(Rung::function), Status::unknown);
}

TEST(Ladder, AnyOtherFunctionIsProvenByItsInterrupts) {
  const auto pci = one_function("id=8086:1111 class=078000");
  EXPECT_EQ(Judged(one_manifest("078000"), pci).status(Rung::function), Status::unknown);
  const auto with = pci +
                    "text /sys/devices/pci0000:00/0000:00:05.0/msi_irqs/30 = msi\n"
                    "file /proc/interrupts\n|   CPU0\n| 30:  4 PCI-MSI mei_me\n";
  EXPECT_EQ(Judged(one_manifest("078000"), with).status(Rung::function), Status::pass);
}

TEST(Ladder, ADriverThatGaveUpFailsAtFunction) {
  const std::string given_up = without(replaced(nvme_guest, " driver=nvme", ""), "/nvme/nvme0") +
                               "file /run/vfio-doctor/kernel.log\n"
                               "| <6>[   11.094578] nvme nvme0: pci function 0000:03:00.0\n"
                               "| <4>[   73.035095] nvme nvme0: I/O 20 QID 0 timeout, disable controller\n"
                               "| <4>[   73.266882] nvme nvme0: Removing after probe failure status: -5\n";
  const Judged judged(nvme_manifest, given_up);
  EXPECT_EQ(judged.status(Rung::driver), Status::warn);
  EXPECT_EQ(judged.status(Rung::decode), Status::not_applicable);
  EXPECT_EQ(judged.device().failed(), Rung::function);
  EXPECT_EQ(judged.device().at(Rung::function).evidence.back().value,
            "<4>[   73.266882] nvme nvme0: Removing after probe failure status: -5");
}

TEST(Ladder, MissingFirmwareStaysTheDriversTrouble) {
  const std::string no_firmware = without(replaced(nvme_guest, " driver=nvme", ""), "/nvme/nvme0") +
                                  "file /run/vfio-doctor/kernel.log\n"
                                  "| <4>[ 9.0] card 0000:03:00.0: Direct firmware load for card.bin failed with error -2\n"
                                  "| <4>[ 9.1] card: probe of 0000:03:00.0 failed with error -2\n";
  EXPECT_EQ(Judged(nvme_manifest, no_firmware).device().failed(), Rung::driver);
}

TEST(Unexpected, EmulatedDevicesAreNotNamed) {
  const Judged judged(nvme_manifest, nvme_guest +
                                         "pci 0000:00:05.0 id=1af4:1041 class=020000 sub=1af4:1100\n"
                                         "pci 0000:00:07.0 id=8086:10d3 class=020000 sub=8086:0000\n"
                                         "pci 0000:00:06.0 id=8086:10d3 class=020000 sub=8086:a01f\n");
  ASSERT_EQ(judged.judgement.unexpected.size(), 1u);
  EXPECT_EQ(judged.judgement.unexpected.front()->address.text(), "0000:00:06.0");
}

TEST(Findings, SixPerDeviceAndOneAboutTheRest) {
  const Judged judged(nvme_manifest, replaced(nvme_guest, " driver=nvme", ""));
  const auto findings = guest_findings(judged.judgement, judged.view);
  ASSERT_EQ(findings.size(), 7u);
  EXPECT_EQ(findings[3].id, "guest-driver");
  EXPECT_EQ(findings[3].status, Status::fail);
  EXPECT_EQ(findings[3].subject, "0000:03:00.0");
  EXPECT_THAT(findings[3].summary, HasSubstr("DRIVER"));
  EXPECT_FALSE(findings[3].remedy.empty());
  EXPECT_EQ(findings[4].status, Status::not_applicable);
  EXPECT_EQ(findings[6].id, "guest-unexpected");
}

/// "It works" without a word about the log would read as if it had been seen to be clean.
TEST(Ladder, APassWithoutTheLogSaysThatItWasNotSeen) {
  const Judged judged(nvme_manifest, nvme_guest + "unreadable /run/vfio-doctor/kernel.log Operation not permitted\n");
  EXPECT_THAT(judged.summary(Rung::function), HasSubstr("kernel log was not seen"));
  EXPECT_THAT(Judged(nvme_manifest, nvme_guest).summary(Rung::function), ::testing::Not(HasSubstr("kernel log")));
}

/// The firmware's framebuffer hangs below the card since Linux 6.9, and works without the card's own driver.
TEST(Ladder, TheFirmwaresFramebufferProvesNothing) {
  const std::string card = "/sys/devices/pci0000:00/0000:00:01.0";
  const std::string manifest = R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"GPU","vendor_id":"10de",
    "device_id":"1b80","class":"030000"}]})";
  const auto guest = [&card](const std::string& below) {
    return "pci 0000:00:01.0 id=10de:1b80 class=030000 driver=nvidia power_state=D0\n" +
           config_record(card, 0x10de, 0x1b80, 6) + "text " + card + below +
           "/drm/card0/dev = 226:0\nlink /sys/class/drm/card0 ../.." + (card + below).substr(4) + "/drm/card0\n";
  };
  const std::string interrupts =
      "text " + card + "/msi_irqs/33 = msi\nfile /proc/interrupts\n|   CPU0\n| 33:  4 PCI-MSI nvidia\n";
  EXPECT_EQ(Judged(manifest, guest("") + interrupts).status(Rung::function), Status::pass);
  EXPECT_THAT(Judged(manifest, guest("") + interrupts).summary(Rung::function), HasSubstr("card0"));
  EXPECT_EQ(Judged(manifest, guest("")).status(Rung::function), Status::unknown) << "a card node is no engine";
  EXPECT_EQ(Judged(manifest, guest("/simple-framebuffer.0")).status(Rung::function), Status::unknown);
}

}  // namespace
}  // namespace vfio_doctor
