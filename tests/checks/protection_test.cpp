// SPDX-License-Identifier: GPL-2.0-or-later
// Which functions the protection checks name, with which effect, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "checks/check.hpp"
#include "checks/protection/host_needs.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Finding> judge(const std::string& id, const MemoryRoot& root) {
  const auto checks = all_checks();
  const auto check = std::ranges::find(checks, id, &Check::id);
  if (check == checks.end()) throw std::runtime_error("no check " + id);
  return run_check(*check, gather_host(root));
}

std::vector<Finding> example(const std::string& id, const std::string& name) {
  return judge(id, testing::machine_file("checks/examples/" + id + "/" + name + ".machine"));
}

std::vector<std::string> subjects(const std::vector<Finding>& findings, Status status, Effect effect) {
  std::vector<std::string> found;
  for (const auto& finding : findings)
    if (finding.status == status && finding.effect == effect) found.push_back(finding.subject);
  return found;
}

std::string summary_for(const std::vector<Finding>& findings, const std::string& subject) {
  for (const auto& finding : findings)
    if (finding.subject == subject) return finding.summary;
  return {};
}

TEST(HostStorage, NamesTheWholeChain) {
  const auto findings = example("host-storage", "warn-lvm-on-luks");
  EXPECT_THAT(subjects(findings, Status::warn, Effect::protects), ElementsAre("0000:3d:00.0", "0000:3e:00.0"));
  EXPECT_EQ(summary_for(findings, "0000:3e:00.0"),
            "This host lives on it: it holds / (ext4 on LVM vg-root on LUKS on nvme0n1p3) and the unmounted "
            "/boot/efi (nvme0n1p1).");
  EXPECT_EQ(summary_for(findings, "0000:3d:00.0"), "This host lives on it: it holds swap (nvme1n1p1).");
  EXPECT_THAT(subjects(findings, Status::pass, Effect::none), ElementsAre("host"));
}

TEST(HostStorage, HiddenLayersMayLieInASharedDirectory) {
  const auto findings = example("host-storage", "unknown-hidden-layers-on-9p");
  EXPECT_THAT(subjects(findings, Status::unknown, Effect::protects), ElementsAre("0000:00:05.0"));
}

TEST(HostStorage, FreeDiskIsNotNamed) { EXPECT_EQ(example("host-storage", "pass-free-disk").size(), 1u); }

TEST(HostStorage, UnknownIsSaidOfTheDevicesThatMayCarryIt) {
  const auto findings = example("host-storage", "unknown-container");
  EXPECT_THAT(subjects(findings, Status::unknown, Effect::protects), ElementsAre("0000:00:17.0"));
  EXPECT_THAT(subjects(findings, Status::unknown, Effect::none), ElementsAre("host"));
}

TEST(HostStorage, TreeWithoutProcLeavesEveryDiskInDoubt) {
  const auto findings = judge("host-storage", testing::machine("pci 0000:00:17.0 id=8086:a102 class=010601 driver=ahci\n"
                                                               "pci 0000:00:14.0 id=8086:a12f class=0c0330 driver=xhci_hcd\n"
                                                               "pci 0000:00:1f.6 id=8086:15b7 class=020000 driver=e1000e\n"
                                                               "pci 0000:01:00.0 id=144d:a804 class=010802\n"));
  EXPECT_THAT(subjects(findings, Status::unknown, Effect::protects), ElementsAre("0000:00:14.0", "0000:00:17.0"));
}

TEST(HostStorage, WithoutAnyDriverSeenUnboundProvesNothing) {
  const auto findings = judge("host-storage", testing::machine("pci 0000:01:00.0 id=144d:a804 class=010802\n"));
  EXPECT_THAT(subjects(findings, Status::unknown, Effect::protects), ElementsAre("0000:01:00.0"));
}

TEST(HostStorage, FibreChannelIsInDoubtThoughNoDiskIsListedBelowIt) {
  const auto findings =
      judge("host-storage", testing::machine("pci 0000:00:17.0 id=8086:a102 class=010601 driver=ahci\npci 0000:05:00.0 "
                                             "id=10df:e300 class=0c0400 driver=lpfc\n"
                                             "pci 0000:00:14.0 id=8086:a12f class=0c0330 driver=xhci_hcd\n"
                                             "dir /sys/devices/pci0000:00/0000:00:17.0/ata1/block/sda\n"
                                             "link /sys/class/block/sda ../../devices/pci0000:00/0000:00:17.0/ata1/block/sda\n"
                                             "text /proc/1/mountinfo = 30 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n"));
  EXPECT_THAT(subjects(findings, Status::unknown, Effect::protects), ElementsAre("0000:00:17.0", "0000:05:00.0"));
}

TEST(HostNetwork, SaysThatARemoteSessionWouldEnd) {
  const auto findings = example("host-network", "warn-remote-session");
  EXPECT_EQ(summary_for(findings, "0000:02:00.0"), "This host's way to the network: it carries the remote session (eth1).");
}

TEST(HostNetwork, NamesTheWholeChain) {
  const auto findings = example("host-network", "warn-vlan-on-bond");
  EXPECT_THAT(subjects(findings, Status::warn, Effect::protects), ElementsAre("0000:01:00.0"));
  EXPECT_EQ(summary_for(findings, "0000:01:00.0"),
            "This host's way to the network: it carries the default route (IPv4): vlan10 on bond0 on eth0.");
}

TEST(HostNetwork, UnknownIsSaidOfNetworkCardsOnly) {
  const auto findings = example("host-network", "unknown-no-routes");
  EXPECT_THAT(subjects(findings, Status::unknown, Effect::protects), ElementsAre("0000:01:00.0"));
}

TEST(HostConsole, OnlyTheBootDisplay) {
  EXPECT_THAT(subjects(example("host-console", "warn-boot-display"), Status::warn, Effect::protects),
              ElementsAre("0000:00:02.0"));
  EXPECT_THAT(subjects(example("host-console", "warn-firmware-picture"), Status::warn, Effect::protects),
              ElementsAre("0000:01:00.0"));
  EXPECT_THAT(subjects(example("host-console", "unknown-unowned-framebuffer"), Status::unknown, Effect::protects),
              ElementsAre("0000:01:00.0", "0000:02:00.0"));
}

TEST(HostConsole, BootDisplayThatWasNotReadIsNotNone) {
  const auto findings = judge("host-console", testing::machine("pci 0000:01:00.0 id=10de:1b80 class=030000 driver=nvidia\n"
                                                               "file /proc/fb\n"));
  EXPECT_THAT(subjects(findings, Status::unknown, Effect::protects), ElementsAre("0000:01:00.0"));
}

TEST(HostConsole, FramebufferWithoutOwnerBelongsToTheBootDisplay) {
  const auto findings = judge("host-console", testing::machine("pci 0000:01:00.0 id=10de:1b80 class=030000 boot_vga=1\n"
                                                               "pci 0000:02:00.0 id=10de:1b80 class=030000 boot_vga=0\n"
                                                               "text /proc/fb = 0 simpledrmdrmfb\n"));
  EXPECT_THAT(subjects(findings, Status::warn, Effect::protects), ElementsAre("0000:01:00.0"));
}

TEST(LastKeyboard, WarnsWithoutProtecting) {
  const auto findings = example("last-keyboard", "warn-one-controller");
  EXPECT_THAT(subjects(findings, Status::warn, Effect::none), ElementsAre("0000:00:14.0"));
  EXPECT_THAT(subjects(findings, Status::warn, Effect::protects), IsEmpty());
  EXPECT_EQ(summary_for(findings, "0000:00:14.0"),
            "Every keyboard of this host hangs on it: keyboard, mouse and Bluetooth would go with it.");
  const auto& evidence = findings.front().evidence;
  EXPECT_TRUE(std::ranges::any_of(evidence, [](const Evidence& line) { return line.value == "046d:c31c USB Keyboard"; }));
}

TEST(Describe, SharesBracketsAndStaysShort) {
  EXPECT_EQ(describe(std::vector<HostNeed>{{"/", "btrfs on sda1", ""}, {"swap", "sda2", ""}, {"/home", "btrfs on sda1", ""}}),
            "/ and /home (btrfs on sda1) and swap (sda2)");
  std::vector<HostNeed> many;
  for (int i = 0; i < 1000; ++i) many.push_back({"/snap/" + std::to_string(i), "loop" + std::to_string(i), ""});
  EXPECT_THAT(describe(many), HasSubstr("996 more"));
  EXPECT_EQ(evidence_of(many).size(), 13u);
}

}  // namespace
}  // namespace vfio_doctor
