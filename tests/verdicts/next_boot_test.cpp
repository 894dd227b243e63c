// SPDX-License-Identifier: GPL-2.0-or-later
// What the boot entry that starts next does to a host that is ready now. What is not known is never "ready".
#include "verdicts/next_boot.hpp"

#include <gmock/gmock.h>

#include "facts/host.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string intel_on =
    "text /etc/os-release = ID=debian\ntext /proc/sys/kernel/osrelease = 6.5.1-7-amd64\n"
    "pci 0000:00:00.0 id=8086:3e31 class=060000 group=0\npci 0000:04:00.0 id=8086:1533 class=020000 group=9 driver=igb\n"
    "dir /sys/class/iommu/dmar0\n";
const std::string needs_word = "text /boot/config-6.5.1-7-amd64 = CONFIG_INTEL_IOMMU=y\n";
const std::string default_on = "file /boot/config-6.5.1-7-amd64\n| CONFIG_INTEL_IOMMU=y\n| CONFIG_INTEL_IOMMU_DEFAULT_ON=y\n";

/// A GRUB menu of one entry.
std::string boots(const std::string& running, const std::string& next, const std::string& kernel = "6.5.1-7-amd64") {
  return "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.5.1-7-amd64 root=/dev/vda2 ro " + running +
         "\nfile /boot/grub/grub.cfg\n| set default=\"0\"\n| menuentry 'Debian' --id plain {\n|  linux /vmlinuz-" + kernel +
         " root=/dev/vda2 ro " + next + "\n| }\n";
}

NextBoot predicted(const std::string& machine, Verdict now = Verdict::ready) {
  return predict_next_boot(gather_host(testing::machine(machine)), now);
}

/// Who comes first changes no verdict: libvirt takes a device for a guest whoever holds it.
TEST(NextBootReady, SaysThatTheImageIsNotWhatTheFilesSay) {
  const std::string image =
      "file /etc/modprobe.d/vfio.conf\n| options vfio-pci ids=8086:1533\n"
      "text /run/vfio-doctor/initramfs/image = /boot/initrd.img-6.5.1-7-amd64\n"
      "text /run/vfio-doctor/initramfs/modules = vfio_pci\n"
      "text /run/vfio-doctor/initramfs/root/conf/modules = vfio_pci\n";
  const auto next = predicted(intel_on + needs_word + image + boots("intel_iommu=on", "intel_iommu=on"));
  EXPECT_EQ(next.verdict, Verdict::ready);
  EXPECT_THAT(next.reason, HasSubstr("The initial RAM disk does not have \"options vfio_pci ids=8086:1533\""));
  const auto other = predicted(intel_on + needs_word + image + boots("intel_iommu=on", "intel_iommu=on", "6.5.1-8-amd64"));
  EXPECT_THAT(other.reason, ::testing::Not(HasSubstr("initial RAM disk"))) << "that kernel has an image of its own";
}

TEST(NextBootReady, TheSameKernelWithTheSameArgumentsStaysWhatItIs) {
  const auto same = intel_on + needs_word + boots("quiet intel_iommu=on", "intel_iommu=on");
  const auto next = predicted(same);
  EXPECT_EQ(next.verdict, Verdict::ready) << next.reason;
  EXPECT_EQ(next.arguments, ArgumentsNext::kept);
  EXPECT_EQ(next.entry, "Debian");
  EXPECT_EQ(next.other_kernel, false);
  EXPECT_THAT(next.lost, IsEmpty());
  EXPECT_EQ(predicted(same, Verdict::not_ready).verdict, Verdict::not_ready);
  EXPECT_EQ(predicted(same, Verdict::undetermined).verdict, Verdict::undetermined);
}

TEST(NextBootReady, ALostWordBreaksItOnlyWhereTheKernelNeedsIt) {
  const auto lost = boots("intel_iommu=on", "");
  const auto breaks = predicted(intel_on + needs_word + lost);
  EXPECT_EQ(breaks.verdict, Verdict::not_ready) << breaks.reason;
  EXPECT_EQ(breaks.arguments, ArgumentsNext::lost);
  EXPECT_THAT(breaks.lost, ElementsAre("intel_iommu=on"));
  EXPECT_EQ(predicted(intel_on + default_on + lost).verdict, Verdict::ready);
  EXPECT_EQ(predicted(intel_on + lost).verdict, Verdict::undetermined) << "without the kernel's configuration nobody knows";
}

TEST(NextBootReady, ASwitchOffBreaksItWhateverElseIsNotKnown) {
  for (const auto* word : {"intel_iommu=off", "iommu=off", "intel_iommu=on,off"}) {
    const auto next = predicted(intel_on + boots("intel_iommu=on", word, "6.9.0"), Verdict::undetermined);
    EXPECT_EQ(next.verdict, Verdict::not_ready) << word << ": " << next.reason;
  }
  EXPECT_EQ(predicted(intel_on + default_on + boots("", "amd_iommu=off")).arguments, ArgumentsNext::kept)
      << "another maker's word";
}

TEST(NextBootReady, OfAnotherKernelItIsNotKnownWhatItIsBuiltWith) {
  const auto next = predicted(intel_on + needs_word + boots("intel_iommu=on", "intel_iommu=on", "6.9.12-amd64"));
  EXPECT_EQ(next.verdict, Verdict::undetermined);
  EXPECT_EQ(next.arguments, ArgumentsNext::kept);
  EXPECT_EQ(next.other_kernel, true);
  const auto lost = predicted(intel_on + needs_word + boots("intel_iommu=on", "", "6.9.12-amd64"));
  EXPECT_EQ(lost.verdict, Verdict::undetermined);
  EXPECT_EQ(lost.arguments, ArgumentsNext::unknown);
  EXPECT_THAT(lost.lost, ElementsAre("intel_iommu=on"));
  const auto nameless = predicted(intel_on + needs_word + boots("intel_iommu=on", "intel_iommu=on", "linux"));
  EXPECT_EQ(nameless.verdict, Verdict::undetermined) << "/vmlinuz-linux may have been replaced";
  EXPECT_EQ(nameless.other_kernel, std::nullopt);
}

TEST(NextBootReady, WhatChangesNothingAboutReadinessIsNoAlarm) {
  const auto next = predicted(intel_on + default_on + boots("iommu=pt video=efifb:off quiet", "iommu.strict=1 splash"));
  EXPECT_EQ(next.verdict, Verdict::ready) << next.reason;
  EXPECT_THAT(next.lost, ElementsAre("iommu=pt", "video=efifb:off"));
  EXPECT_THAT(next.gained, ElementsAre("iommu.strict=1"));
}

TEST(NextBootReady, OtherWordsAboutPassthroughAreNotWeighed) {
  for (const auto* word :
       {"vfio-pci.ids=8086:1533", "pcie_acs_override=downstream", "intremap=off", "modprobe.blacklist=vfio"}) {
    EXPECT_EQ(predicted(intel_on + default_on + boots(word, "")).verdict, Verdict::undetermined) << word;
    EXPECT_EQ(predicted(intel_on + default_on + boots("", word)).verdict, Verdict::undetermined) << word;
    EXPECT_EQ(predicted(intel_on + default_on + boots(word, word)).verdict, Verdict::ready) << word;
  }
}

TEST(NextBootReady, WhereNothingIsKnownOfTheBootItSaysSo) {
  const auto none = predicted(intel_on + "text /proc/cmdline = root=a intel_iommu=on\n");
  EXPECT_EQ(none.verdict, Verdict::undetermined);
  EXPECT_EQ(none.entry, std::nullopt);
  EXPECT_THAT(none.reason, HasSubstr("not known"));
  const auto hidden = predicted(intel_on + "text /proc/cmdline = root=a\nunreadable /boot/grub/grub.cfg Permission denied\n");
  EXPECT_EQ(hidden.verdict, Verdict::undetermined);
  EXPECT_EQ(predicted(intel_on + default_on + boots("", std::string(20000, 'b'))).verdict, Verdict::undetermined)
      << "the line is longer than is read: what stands behind is not known";
}

TEST(NextBootReady, ARescueEntryIsNoPromise) {
  auto machine = boots("", "single");
  machine.replace(machine.find("'Debian'"), 8, "'Debian (recovery mode)'");
  EXPECT_EQ(predicted(intel_on + default_on + machine).verdict, Verdict::undetermined);
}

}  // namespace
}  // namespace vfio_doctor
