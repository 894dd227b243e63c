// SPDX-License-Identifier: GPL-2.0-or-later
// States of a host that no name and no group shows: the words of the checks that see them.
#include <gmock/gmock.h>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/boot/boot_drift.hpp"
#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::finding_about;
using testing::findings_of;
using ::testing::HasSubstr;
using testing::host_of;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::only_finding;

Host example(const std::string& path) { return gather_host(testing::machine_file("checks/examples/" + path + ".machine")); }

/// An EFI variable of the firmware's: four bytes of attributes, then these.
std::string firmware_variable(const std::string& name, const std::string& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text = "hex /sys/firmware/efi/efivars/" + name + "-8be4df61-93ca-11d2-aa0d-00e098032b8c\n| 06 00 00 00";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += std::string(" ") + digits[byte >> 4] + digits[byte & 15];
  }
  return text + "\n";
}

std::string utf16(const std::string& text) {
  std::string bytes;
  for (const char c : text) bytes += c, bytes += '\0';
  return bytes + std::string(2, '\0');
}

/// EFI_LOAD_OPTION: attributes, length of the path, description, path, words.
std::string load_option(const std::string& title, const std::string& words) {
  return std::string("\1\0\0\0\4\0", 6) + utf16(title) + std::string("\x7f\xff\4\0", 4) + utf16(words);
}

TEST(States, DmaThatSeesNoCacheBlocksEveryDevice) {
  const auto finding = only_finding("cache-coherency", example("cache-coherency/fail"));
  EXPECT_EQ(finding.effect, Effect::blocked);
  EXPECT_THAT(finding.summary, HasSubstr("error -22"));
  EXPECT_EQ(only_finding("cache-coherency", example("cache-coherency/warn-old-kernel")).effect, Effect::none);
}

TEST(States, ARegionWithoutAddressBlocksItsFunction) {
  const auto finding = only_finding("device-regions", example("device-regions/fail"));
  EXPECT_EQ(finding.subject, "0000:41:00.0");
  EXPECT_EQ(finding.effect, Effect::blocked);
  EXPECT_THAT(finding.summary, HasSubstr("BAR 1"));
  EXPECT_THAT(finding.remedy.at(0).text, HasSubstr("Above 4G Decoding"));
}

TEST(States, MemoryOfTheHostIsFollowedToItsFunction) {
  const auto host = example("host-memory/warn-region");
  EXPECT_EQ(finding_about("host-memory", host, "0000:3b:00.0").effect, Effect::protects);
  for (const auto& finding : findings_of("host-memory", host)) EXPECT_NE(finding.subject, "0000:3a:00.0");
  EXPECT_EQ(finding_about("host-memory", example("host-memory/unknown"), "0000:3a:00.0").effect, Effect::protects);
}

TEST(States, ATunnelsControllerCarriesWhatIsBehindIt) {
  const auto host = example("host-network/warn-tunnel");
  EXPECT_EQ(finding_about("host-network", host, "0000:00:0d.2").effect, Effect::protects);
  EXPECT_EQ(finding_about("host-network", host, "0000:2b:00.0").effect, Effect::protects);
  EXPECT_EQ(finding_about("host-tunnel", host).status, Status::pass) << "the need was followed; it is not said twice";
  EXPECT_EQ(finding_about("host-tunnel", example("host-tunnel/warn"), "0000:00:0d.3").effect, Effect::protects);
}

TEST(States, FaultsAreCountedForEachDevice) {
  const auto host = host_of(
      "file /run/vfio-doctor/kernel.log\n"
      "| [    1.0] DMAR: [DMA Write NO_PASID] Request device [3d:00.0] fault addr 0xe0000000 [fault reason 0x05] x\n"
      "| [    1.1] DMAR: [DMA Write PASID 0x1] Request device [0x3d:0x00.0] fault addr 0xe0001000 [fault reason 0x05] x\n"
      "| [    1.2] DMAR: [INTR-REMAP] Request device [3d:00.0] fault index 0x8 [fault reason 0x26] x\n");
  EXPECT_THAT(only_finding("iommu-faults", host).summary, HasSubstr("(2 in this boot's log)"));
  EXPECT_EQ(only_finding("iommu-faults", host).subject, "0000:3d:00.0");
}

TEST(States, TheLogsOwnCauseComesBeforeGuesses) {
  const auto finding = only_finding("iommu-active", example("iommu-active/fail-log-names-cause"));
  EXPECT_THAT(finding.summary, HasSubstr("Stoney Ridge"));
  EXPECT_THAT(finding.remedy.at(0).text, HasSubstr("amd_iommu=force_enable"));
}

TEST(States, AResetOfTheBusNamesWhoGoesAlong) {
  const auto finding = finding_about("reset-method", example("reset-method/warn-two-groups-on-a-bus"), "0000:08:00.0");
  EXPECT_THAT(finding.summary, AllOf(HasSubstr("0000:08:00.1"), HasSubstr("same guest")));
}

TEST(States, MemoryThatTheFirmwareTiesIsLeftOutOfTheGuests) {
  const auto host = host_of(
      "text /proc/sys/kernel/osrelease = 6.1.0\nfile /proc/cpuinfo\n| vendor_id : AuthenticAMD\n"
      "group 9 reserved=7b000000-7bffffff:direct\npci 0000:09:00.0 id=8086:1533 class=020000 group=9\n");
  EXPECT_THAT(finding_about("reserved-regions", host, "group:9").summary, HasSubstr("does not start"));
}

TEST(States, TheModuleThatIsMeantIsNamed) {
  EXPECT_THAT(only_finding("vfio-ids", example("vfio-ids/warn-softdep-slip")).summary,
              AllOf(HasSubstr("'nouvaeu'"), HasSubstr("nouveau is meant")));
  EXPECT_THAT(only_finding("vfio-ids", example("vfio-ids/warn-softdep-slip-behind")).summary, HasSubstr("vfio_pci is meant"));
  EXPECT_THAT(only_finding("module-lists", example("module-lists/warn-folded")).summary, HasSubstr("since Linux 6.2"));
  EXPECT_THAT(only_finding("module-lists", example("module-lists/warn-folded")).evidence.at(0).source,
              HasSubstr("mkinitcpio.conf:2"));
}

// The firmware's own boot entry

const std::string started =
    firmware_variable("BootCurrent", std::string("\2\0", 2)) + firmware_variable("BootOrder", std::string("\2\0\1\0", 4));

TEST(FirmwareEntry, IsReadWhereTheRunningLineIsItsWords) {
  const auto host = host_of("text /proc/cmdline = \\vmlinuz-own root=/dev/sdb3 rw initrd=\\own.img\n" + started +
                            firmware_variable("Boot0002", load_option("Own", "root=/dev/sdb3 rw initrd=\\own.img")));
  EXPECT_EQ(host.boot.loader, BootLoader::efi_stub);
  EXPECT_THAT(host.boot.loader_reason, HasSubstr("Boot0002 (Own)"));
  EXPECT_EQ(findings_of("command-line-drift", host).at(0).status, Status::pass);
  const auto remedy = add_kernel_argument(host, "intel_iommu=on");
  EXPECT_THAT(remedy.text, HasSubstr("root=/dev/sdb3 rw initrd=\\own.img intel_iommu=on"));
  EXPECT_THAT(remedy.commands, ElementsAre("sudo efibootmgr --verbose"));
  EXPECT_THAT(remedy.risk, HasSubstr("Medium"));
}

TEST(FirmwareEntry, WhoseWordsAreOthersIsNone) {
  const auto host =
      host_of("text /proc/cmdline = root=/dev/sdb3 rw\n" + started + firmware_variable("Boot0002", load_option("Loader", "")));
  EXPECT_EQ(host.boot.loader, BootLoader::unknown);
  EXPECT_THAT(host.boot.entries, IsEmpty());
}

TEST(FirmwareEntry, RubbishIsNoEntry) {
  for (const auto& bytes : {std::string(), std::string("\1\0\0\0\xff\xff", 6) + utf16("x"), std::string(5, '\xff')}) {
    const auto host = host_of("text /proc/cmdline = root=/dev/sdb3 rw\n" + started + firmware_variable("Boot0002", bytes));
    EXPECT_THAT(host.boot.entries, IsEmpty());
  }
}

// Menus, drop-ins, names

TEST(States, TheMenuWithTheRunningLineIsTheOneInUse) {
  const std::string menu = "| menuentry 'Own' --id own {\n|   linux /vmlinuz-6.2.0 root=UUID=5-5 ro ";
  const auto host = host_of(
      "text /etc/os-release = ID=ubuntu\nlisted /sys/firmware/efi\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.2.0 "
      "root=UUID=5-5 ro quiet\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on\"\n"
      "file /boot/grub/grub.cfg\n" +
      menu +
      "quiet intel_iommu=on\n| }\n"
      "file /boot/efi/EFI/own/grub.cfg\n" +
      menu + "quiet\n| }\n");
  EXPECT_TRUE(host.boot.grub_config.is("/boot/efi/EFI/own/grub.cfg"));
  EXPECT_THAT(host.boot.loader_reason, HasSubstr("/boot/grub/grub.cfg has no such entry"));
  EXPECT_THAT(apply_boot_settings_commands(host), ElementsAre("sudo grub-mkconfig -o /boot/efi/EFI/own/grub.cfg"));
}

TEST(States, AMenuThatHasTheRunningLineStays) {
  const std::string menu = "| menuentry 'Own' --id own {\n|   linux /vmlinuz-6.2.0 root=UUID=5-5 ro quiet\n| }\n";
  const auto host = host_of(
      "text /etc/os-release = ID=ubuntu\nlisted /sys/firmware/efi\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.2.0 "
      "root=UUID=5-5 ro quiet\n"
      "file /boot/grub/grub.cfg\n" +
      menu + "file /boot/efi/EFI/own/grub.cfg\n" + menu);
  EXPECT_TRUE(host.boot.grub_config.is("/boot/grub/grub.cfg"));
}

TEST(States, DropInsOfLimineCountWithoutAFileOfDefaults) {
  const auto host = host_of(
      "text /proc/cmdline = root=/dev/sdb3 amd_iommu=off\ntext /etc/limine-entry-tool.d/30-gpu.conf = "
      "KERNEL_CMDLINE[default]+=\" amd_iommu=off\"\n"
      "file /boot/limine.conf\n| /Own\n|   protocol: linux\n|   cmdline: root=/dev/sdb3 amd_iommu=off\n");
  const auto remedy = remove_kernel_argument(host, "amd_iommu=off");
  EXPECT_THAT(remedy.text, AllOf(HasSubstr("/etc/limine-entry-tool.d/30-gpu.conf"), Not(HasSubstr("/etc/default/limine"))));
  EXPECT_THAT(remedy.commands, Not(IsEmpty()));
}

TEST(States, ATitleAloneMakesNoFallback) {
  const std::string entry =
      "file /boot/loader/entries/lts.conf\n| title LTS fallback\n| linux /vmlinuz-lts\n| options root=/dev/sdb3\n";
  const auto role_with = [&](const std::string& initrd) {
    return host_of(entry + "| initrd " + initrd + "\n").boot.entries.at(0).role;
  };
  EXPECT_EQ(role_with("/initramfs-lts.img"), BootEntryRole::normal);
  EXPECT_EQ(role_with("/initramfs-lts-fallback.img"), BootEntryRole::recovery);
}

TEST(States, WordsThatGrubFillsInAreNoWordsOfTheirOwn) {
  const auto host = host_of(
      "text /etc/os-release = ID=fedora\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.2.0 root=UUID=5-5 ro quiet skew_tick=1\n"
      "file /etc/default/grub\n| GRUB_CMDLINE_LINUX=\"quiet\"\n| GRUB_ENABLE_BLSCFG=true\n"
      "| GRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }\\$tuned_params\"\n"
      "file /boot/grub2/grub.cfg\n| blscfg\n"
      "file /boot/grub2/grubenv\n| # GRUB Environment Block\n| tuned_params=skew_tick=1\n"
      "file /boot/loader/entries/own.conf\n| title Own\n| linux /vmlinuz-6.2.0\n| options root=UUID=5-5 ro quiet "
      "$tuned_params\n");
  const auto* setting = host.boot.find_setting(BootSettingKind::grub_defaults);
  ASSERT_NE(setting, nullptr);
  EXPECT_THAT(setting->line->unknown_part, IsEmpty());
  EXPECT_EQ(setting->line->tokens.size(), 1U);
  EXPECT_TRUE(setting->line->may_contain({"skew_tick", "1"}));
  EXPECT_EQ(findings_of("command-line-drift", host).at(0).status, Status::pass);
}

}  // namespace
}  // namespace vfio_doctor
