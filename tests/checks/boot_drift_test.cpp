// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/boot/boot_drift.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "machine/directory_root.hpp"
#include "machines.hpp"

namespace vfio_doctor {

Check command_line_drift_check();

namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string_view word(DriftKind kind) {
  switch (kind) {
    case DriftKind::not_applied:
      return "not_applied";
    case DriftKind::not_removed:
      return "not_removed";
    case DriftKind::not_running:
      return "not_running";
    case DriftKind::not_rebooted:
      return "not_rebooted";
    case DriftKind::only_this_boot:
      return "only_this_boot";
    case DriftKind::not_next:
      return "not_next";
    case DriftKind::some_entries:
      return "some_entries";
    case DriftKind::unread_file:
      return "unread_file";
    case DriftKind::lost_words:
      return "lost_words";
  }
  return "?";
}

std::vector<std::string> drift_of(const Host& host) {
  std::vector<std::string> all;
  for (const auto& one : find_boot_drift(host).arguments)
    all.push_back(std::string(word(one.kind)) + " " + one.token.argument.text() + " " + one.token.place());
  return all;
}

Host host_of(const std::string& text) { return gather_host(testing::machine(text)); }
std::vector<std::string> drift_of(const std::string& text) { return drift_of(host_of(text)); }

std::string debian(const std::string& running, const std::string& configured, const std::string& generated) {
  return "file /etc/os-release\n| ID=debian\ntext /proc/sys/kernel/osrelease = 6.1.0-18-amd64\n"
         "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=UUID=1 ro " +
         running +
         "\n"
         "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"" +
         configured +
         "\"\n"
         "file /boot/grub/grub.cfg\n| menuentry 'Debian' {\n|  linux /vmlinuz-6.1.0-18-amd64 root=UUID=1 "
         "ro " +
         generated + "\n| }\n";
}

TEST(BootDrift, EveryStateOfADebianHost) {
  EXPECT_THAT(drift_of(debian("quiet a=1", "quiet a=1", "quiet a=1")), IsEmpty());
  EXPECT_THAT(drift_of(debian("quiet", "quiet a=1", "quiet")), ElementsAre("not_applied a=1 /etc/default/grub:1"));
  EXPECT_THAT(drift_of(debian("quiet", "quiet a=1", "quiet a=1")), ElementsAre("not_rebooted a=1 /boot/grub/grub.cfg:2"));
  EXPECT_THAT(drift_of(debian("quiet a=1", "quiet", "quiet")), ElementsAre("only_this_boot a=1 /proc/cmdline"));
  EXPECT_THAT(drift_of(debian("intel_iommu=off", "", "intel_iommu=off")),
              ElementsAre("not_removed intel_iommu=off /boot/grub/grub.cfg:2"));
  EXPECT_THAT(drift_of(debian("a=1", "quiet a=1", "splash a=1")), IsEmpty()) << "cosmetic words are no alarm";
  EXPECT_THAT(drift_of(debian("vfio-pci.ids=1:2", "vfio_pci.ids=1:2", "vfio-pci.ids=1:2")), IsEmpty());
}

TEST(BootDrift, ATreeWithoutProcStillShowsAForgottenUpdateGrub) {
  auto text = debian("", "a=1", "b=2");
  text.erase(text.find("text /proc/cmdline"), text.find("text /etc/default") - text.find("text /proc/cmdline"));
  EXPECT_THAT(drift_of(text), ElementsAre("not_applied a=1 /etc/default/grub:1"));
}

TEST(BootDrift, WhatACommandWorksOutIsNeverMissing) {
  EXPECT_THAT(drift_of(debian("a=1", "a=1 $(cat /etc/more) b=2", "a=1 b=2 c=3")),
              ElementsAre("not_rebooted b=2 /boot/grub/grub.cfg:2", "not_rebooted c=3 /boot/grub/grub.cfg:2"));
  EXPECT_THAT(drift_of(debian("intel_iommu=on", "$(cat /etc/more)", "intel_iommu=on")), IsEmpty());
}

std::string fedora(const std::string& running, const std::string& configured, const std::string& entry,
                   const std::string& older) {
  return "file /etc/os-release\n| ID=fedora\n| VERSION_ID=40\ntext /proc/sys/kernel/osrelease = "
         "6.8.5-301.fc40.x86_64\n"
         "text /proc/cmdline = BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.8.5-301.fc40.x86_64 root=UUID=1 ro " +
         running +
         "\n"
         "file /etc/default/grub\n| GRUB_CMDLINE_LINUX=\"" +
         configured +
         "\"\n| GRUB_ENABLE_BLSCFG=true\n"
         "text /boot/grub2/grub.cfg = blscfg\n"
         "file /boot/grub2/grubenv\n| kernelopts=root=UUID=1 ro from_grubenv\n"
         "file /boot/loader/entries/m-6.8.5-301.fc40.x86_64.conf\n| version 6.8.5-301.fc40.x86_64\n"
         "| linux /vmlinuz-6.8.5-301.fc40.x86_64\n| options " +
         entry +
         "\n"
         "file /boot/loader/entries/m-6.8.4-300.fc40.x86_64.conf\n| version 6.8.4-300.fc40.x86_64\n"
         "| linux /vmlinuz-6.8.4-300.fc40.x86_64\n| options " +
         older +
         "\n"
         "file /boot/loader/entries/m-0-rescue.conf\n| title 0-rescue\n| linux /vmlinuz-0-rescue-m\n| "
         "options root=UUID=1 ro\n";
}

TEST(BootDrift, FedorasEntries) {
  EXPECT_THAT(drift_of(fedora("a", "a", "root=UUID=1 ro a", "root=UUID=1 ro a")), IsEmpty());
  EXPECT_THAT(drift_of(fedora("", "iommu=pt", "root=UUID=1 ro", "root=UUID=1 ro")),
              ElementsAre("not_applied iommu=pt /etc/default/grub:1"));
  EXPECT_THAT(drift_of(fedora("iommu=pt", "", "root=UUID=1 ro iommu=pt", "root=UUID=1 ro")),
              ElementsAre("some_entries iommu=pt /boot/loader/entries/m-6.8.5-301.fc40.x86_64.conf:3"));
  EXPECT_THAT(drift_of(fedora("a=1", "", "root=UUID=1 ro a=1", "root=UUID=1 ro")), IsEmpty());
  EXPECT_THAT(drift_of(fedora("from_grubenv", "", "$kernelopts", "$kernelopts $tuned_params")), IsEmpty());
  EXPECT_THAT(drift_of(fedora("", "", "$kernelopts", "$kernelopts")),
              ElementsAre("not_rebooted from_grubenv /boot/loader/entries/m-6.8.5-301.fc40.x86_64.conf:3"));
}

TEST(BootDrift, UnreadableEntriesLeaveTwoPossibilities) {
  auto text = fedora("", "iommu=pt", "x", "x");
  text = text.substr(0, text.find("file /boot/loader")) + "unreadable /boot/loader/entries Permission denied\n";
  EXPECT_THAT(drift_of(text), ElementsAre("not_running iommu=pt /etc/default/grub:1"));
}

TEST(BootDrift, ProxmoxWithSystemdBoot) {
  const std::string host =
      "text /etc/os-release = ID=debian\ntext /etc/kernel/proxmox-boot-uuids = AAAA-BBBB\n"
      "text /proc/cmdline = initrd=\\EFI\\proxmox\\6.8.4-2-pve\\initrd.img-6.8.4-2-pve "
      "root=ZFS=rpool/ROOT/pve-1 boot=zfs\n"
      "text /boot/efi/loader/loader.conf = timeout 3\n";
  EXPECT_THAT(drift_of(host + "text /etc/kernel/cmdline = root=ZFS=rpool/ROOT/pve-1 boot=zfs intel_iommu=on\n"),
              ElementsAre("not_running intel_iommu=on /etc/kernel/cmdline:1"));
  EXPECT_THAT(drift_of(host + "text /etc/kernel/cmdline = root=ZFS=rpool/ROOT/pve-1 boot=zfs\n"
                              "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on\"\n"),
              ElementsAre("unread_file intel_iommu=on /etc/default/grub:1"));
}

TEST(BootDrift, PopOs) {
  const std::string host =
      "file /etc/os-release\n| ID=pop\n| ID_LIKE=\"ubuntu debian\"\ntext /proc/sys/kernel/osrelease = "
      "6.8.0-76060800-generic\n"
      "text /boot/efi/loader/loader.conf = default Pop_OS-current\n"
      "text /etc/kernelstub/configuration = {\"user\": {\"kernel_options\": [\"quiet\", \"iommu=pt\"]}}\n"
      "text /proc/cmdline = initrd=\\EFI\\Pop_OS-1\\initrd.img root=UUID=1 ro quiet\n"
      "file /boot/efi/loader/entries/Pop_OS-current.conf\n| title Pop!_OS\n| linux "
      "/EFI/Pop_OS-1/vmlinuz.efi\n";
  EXPECT_THAT(drift_of(host + "| options root=UUID=1 ro quiet\n"),
              ElementsAre("not_applied iommu=pt /etc/kernelstub/configuration"));
  EXPECT_THAT(drift_of(host + "| options root=UUID=1 ro quiet iommu=pt\n"),
              ElementsAre("not_rebooted iommu=pt /boot/efi/loader/entries/Pop_OS-current.conf:3"));
}

TEST(BootDrift, FedoraAtomicComparesWithTheNextDeployment) {
  const std::string host =
      "file /etc/os-release\n| ID=fedora\n| VERSION_ID=40\n| VARIANT_ID=silverblue\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX=\"quiet\"\ntext /boot/grub2/grub.cfg = blscfg\n"
      "text /proc/cmdline = BOOT_IMAGE=(hd0,gpt2)/ostree/fedora-1/vmlinuz-6.8 "
      "ostree=/ostree/boot.1/fedora/a/0 root=UUID=1 rw\n"
      "file /boot/loader/entries/ostree-1.conf\n| version 1\n| linux /ostree/fedora-1/vmlinuz-6.8\n"
      "| options root=UUID=1 rw ostree=/ostree/boot.1/fedora/a/0\n";
  EXPECT_THAT(drift_of(host), IsEmpty());
  EXPECT_THAT(drift_of(host + "file /boot/loader/entries/ostree-2.conf\n| version 2\n| linux /ostree/fedora-1/vmlinuz-6.8\n"
                              "| options root=UUID=1 rw ostree=/ostree/boot.0/fedora/a/0 iommu=pt\n"),
              ElementsAre("not_rebooted iommu=pt /boot/loader/entries/ostree-2.conf:3"));
}

TEST(BootDrift, NixOsGenerationsInGrubsMenuMayDiffer) {
  const std::string host =
      "text /etc/os-release = ID=nixos\n"
      "text /proc/cmdline = BOOT_IMAGE=(hd0,gpt1)//kernels/k-bzImage init=/nix/store/b-nixos/init iommu=pt\n"
      "file /boot/grub/grub.cfg\n| menuentry \"NixOS\" {\n| linux //kernels/k-bzImage init=/nix/store/b-nixos/init iommu=pt\n| "
      "}\n"
      "| menuentry \"NixOS - Configuration 1\" {\n| linux //kernels/k-bzImage init=/nix/store/a-nixos/init\n| }\n";
  EXPECT_THAT(drift_of(host), IsEmpty());
  auto other = host;
  other.replace(other.find("ID=nixos"), 8, "ID=arch");
  EXPECT_THAT(drift_of(other), Not(IsEmpty())) << "elsewhere entries are meant to be alike";
}

TEST(BootDrift, NixOsGenerationsMayDiffer) {
  const std::string host =
      "text /etc/os-release = ID=nixos\ntext /boot/loader/loader.conf = default nixos-generation-2.conf\n"
      "text /proc/cmdline = initrd=\\efi\\nixos\\x.efi init=/nix/store/b-nixos/init iommu=pt\n"
      "file /boot/loader/entries/nixos-generation-1.conf\n| title NixOS\n| linux /efi/nixos/k.efi\n| options "
      "init=/nix/store/a-nixos/init\n"
      "file /boot/loader/entries/nixos-generation-2.conf\n| title NixOS\n| linux /efi/nixos/k.efi\n";
  EXPECT_THAT(drift_of(host + "| options init=/nix/store/b-nixos/init iommu=pt\n"), IsEmpty());
}

TEST(BootDrift, HandWrittenEntriesMayDiffer) {
  const std::string host =
      "text /etc/os-release = ID=arch\ntext /proc/cmdline = initrd=\\i root=LABEL=a rw iommu=pt\n"
      "file /boot/loader/entries/vfio.conf\n| linux /vmlinuz-linux\n| options root=LABEL=a rw iommu=pt\n"
      "file /boot/loader/entries/arch.conf\n| linux /vmlinuz-linux\n| options root=LABEL=a rw\n";
  EXPECT_THAT(drift_of(host + "text /boot/loader/loader.conf = default vfio*\n"), IsEmpty());
  EXPECT_THAT(drift_of(host + "text /boot/loader/loader.conf = default arch.conf\n"),
              ElementsAre("not_next iommu=pt /proc/cmdline"))
      << "the next boot takes the other one";
}

TEST(BootDrift, AContainerSeesNoBootFiles) {
  const auto host = host_of("text /proc/cmdline = BOOT_IMAGE=/vmlinuz root=a intel_iommu=on\ndir /sys\n");
  const auto findings = run_check(command_line_drift_check(), host);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].status, Status::unknown);
  EXPECT_THAT(findings[0].remedy, IsEmpty());
}

TEST(BootDrift, TheNextBootWouldSwitchTheIommuOff) {
  const auto findings = run_check(command_line_drift_check(), host_of(debian("", "intel_iommu=off", "intel_iommu=off")));
  ASSERT_EQ(findings.size(), 1u);
  ASSERT_EQ(findings[0].remedy.size(), 1u);
  EXPECT_THAT(findings[0].remedy[0].text, HasSubstr("Remove intel_iommu=off from /etc/default/grub")) << "not: reboot";
}

// Remedies
// ----------------------------------------------------------------------------------------------------------

std::vector<std::string> add_commands(const std::string& text) {
  return add_kernel_argument(host_of(text), "intel_iommu=on").commands;
}

TEST(KernelArgumentRemedy, NamesTheToolOfTheDistribution) {
  const std::string grub = "text /proc/cmdline = BOOT_IMAGE=/vmlinuz root=a\n";
  const std::string systemd_boot = "text /proc/cmdline = initrd=\\i root=a\ntext /boot/loader/loader.conf = timeout 3\n";
  const std::string mkconfig = "file /boot/grub/grub.cfg\n| menuentry x {\n| linux /v\n| }\n";
  EXPECT_THAT(add_commands("text /etc/os-release = ID=fedora\n" + grub),
              Contains("sudo grubby --update-kernel=ALL --args=intel_iommu=on"));
  EXPECT_THAT(add_commands("file /etc/os-release\n| ID=rocky\n| ID_LIKE=\"rhel centos fedora\"\n" + grub),
              Contains("sudo grubby --update-kernel=ALL --args=intel_iommu=on"));
  EXPECT_THAT(add_commands("file /etc/os-release\n| ID=fedora\n| VARIANT_ID=silverblue\n" + grub),
              Contains("sudo rpm-ostree kargs --append-if-missing=intel_iommu=on"));
  EXPECT_THAT(add_commands("text /etc/os-release = ID=debian\n" + grub), Contains("sudo update-grub"));
  EXPECT_THAT(add_commands("text /etc/os-release = ID=debian\ndir /etc/pve\n" + grub), Contains("sudo update-grub"));
  EXPECT_THAT(add_commands("text /etc/os-release = ID=debian\ndir /etc/pve\ntext /etc/kernel/cmdline = root=a\n" +
                           systemd_boot),
              Contains("sudo proxmox-boot-tool refresh"));
  EXPECT_THAT(add_commands("text /etc/os-release = ID=arch\n" + grub + mkconfig),
              Contains("sudo grub-mkconfig -o /boot/grub/grub.cfg"));
  EXPECT_THAT(add_commands("text /etc/os-release = ID=arch\n" + systemd_boot +
                           "file /boot/loader/entries/arch.conf\n| linux /v\n| options root=a\n"),
              Contains("sudo grep -n -x -F -e 'options root=a intel_iommu=on' /boot/loader/entries/arch.conf"));
  EXPECT_THAT(add_commands("file /etc/os-release\n| ID=opensuse-tumbleweed\n| ID_LIKE=\"opensuse suse\"\n" + grub),
              Contains("sudo grub2-mkconfig -o /boot/grub2/grub.cfg"));
  EXPECT_THAT(add_commands("text /etc/os-release = ID=opensuse-tumbleweed\ntext /etc/kernel/cmdline = root=a\n" + systemd_boot),
              Contains("sudo sdbootutil update-all-entries"));
  EXPECT_THAT(add_commands("file /etc/os-release\n| ID=pop\n| ID_LIKE=\"ubuntu debian\"\n" + systemd_boot +
                           "text /etc/kernelstub/configuration = {\"user\": {\"kernel_options\": []}}\n"),
              Contains("sudo kernelstub -a intel_iommu=on"));
  EXPECT_THAT(add_commands("text /etc/os-release = ID=nixos\n" + systemd_boot), Contains("sudo nixos-rebuild boot"));
  EXPECT_THAT(add_commands("dir /sys\n"), IsEmpty()) << "no guess where nothing is known";
}

TEST(KernelArgumentRemedy, HostileArgumentsAreQuotedAndNeverPutIntoAShellFile) {
  const std::string grub = "text /proc/cmdline = BOOT_IMAGE=/vmlinuz root=a\n";
  const auto grubby = add_kernel_argument(host_of("text /etc/os-release = ID=fedora\n" + grub), "a=$(reboot)'x");
  EXPECT_EQ(grubby.commands.at(0), "sudo grubby --update-kernel=ALL --args='a=$(reboot)'\\''x'");
  const auto debian = add_kernel_argument(host_of("text /etc/os-release = ID=debian\n" + grub), "a=$(reboot)");
  EXPECT_EQ(debian.commands.at(0), "sudoedit /etc/default/grub");
}

TEST(KernelArgumentRemedy, RemovalNamesTheFileThatHoldsIt) {
  const auto host = host_of(
      "file /etc/os-release\n| ID=debian\ntext /proc/cmdline = BOOT_IMAGE=/v iommu=off\n"
      "text /etc/default/grub = A=b\n"
      "text /etc/default/grub.d/x.cfg = GRUB_CMDLINE_LINUX=\"iommu=off\"\n");
  EXPECT_THAT(remove_kernel_argument(host, "iommu=off").commands,
              ElementsAre("sudo sed -i --follow-symlinks 's|^GRUB_CMDLINE_LINUX=\"iommu=off\"$|GRUB_CMDLINE_LINUX=\"\"|' "
                          "/etc/default/grub.d/x.cfg",
                          "sudo grep -n -x -F -e 'GRUB_CMDLINE_LINUX=\"\"' /etc/default/grub.d/x.cfg", "sudo update-grub",
                          "sudo reboot"));
}

// Boot configurations of real hosts, read in place where they are there
// ---------------------------------------------

fs::path corpus() { return fs::path(TESTS_DIR).parent_path().parent_path() / "shared" / "corpus"; }

std::vector<std::string> claims(const Host& host) {
  std::vector<std::string> all;
  for (const auto& finding : run_check(command_line_drift_check(), host)) {
    EXPECT_NE(finding.status, Status::error) << finding.summary;
    if (finding.status == Status::warn || finding.status == Status::fail) all.push_back(finding.summary);
  }
  return all;
}

TEST(BootCorpus, NoWrongClaimAboutRealHosts) {
  if (!fs::exists(corpus())) GTEST_SKIP() << corpus() << " is not there";
  int hosts = 0;
  for (const auto* family : {"F-bootconf", "C-passthrough-hosts"})
    for (const auto& entry : fs::directory_iterator(corpus() / family)) {
      if (!fs::exists(entry.path() / "etc") && !fs::exists(entry.path() / "boot")) continue;
      SCOPED_TRACE(entry.path().string());
      const auto host = gather_host(DirectoryRoot(entry.path().string()));
      // None of them records a running command line, so nothing can be said to be running or not; and where
      // both settings and menu are there, they agree.
      EXPECT_THAT(claims(host), IsEmpty());
      for (const auto& unread : host.boot.unread) EXPECT_EQ(unread.why, "not recorded in this tree") << unread.file;
      EXPECT_FALSE(host.boot.settings.empty() && host.boot.entries.empty() && fs::exists(entry.path() / "etc/default/grub"));
      ++hosts;
    }
  EXPECT_GT(hosts, 10);
}

TEST(BootCorpus, DropInsOverrideTheMainFile) {
  const auto tree = corpus() / "F-bootconf/F01-ubuntu2204-grubd-override";
  if (!fs::exists(tree)) GTEST_SKIP() << tree << " is not there";
  const auto host = gather_host(DirectoryRoot(tree.string()));
  const auto* setting = host.boot.find_setting(BootSettingKind::grub_defaults);
  ASSERT_NE(setting, nullptr);
  ASSERT_TRUE(setting->line.has_value());
  EXPECT_TRUE(setting->line->contains({"console", "ttyS0"}));
  EXPECT_FALSE(setting->line->contains({"splash", std::nullopt}));
  EXPECT_THAT(drift_of(host), IsEmpty());
  ASSERT_EQ(host.boot.esp_grub_configs.size(), 1u);
  EXPECT_TRUE(host.boot.esp_grub_configs[0].kind.is(EspGrubConfig::Kind::stub));
  // The same host, had it been running: everything agrees.
  auto running = host;
  running.kernel.arguments = KernelArguments::parse(
      "BOOT_IMAGE=/boot/vmlinuz-5.15.0-100-generic root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0");
  running.boot.loader = BootLoader::grub;
  const auto findings = run_check(command_line_drift_check(), running);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].status, Status::pass) << findings[0].summary;
}

TEST(BootCorpus, EveryGrubMenuOfTheGrubbyTests) {
  const auto folder = corpus() / "F-bootconf/F07-grubby-tests";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
  int menus = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path().string());
    const auto name = entry.path().filename().string();
    RecordedNodes nodes;
    nodes["/boot/grub2/grub.cfg"] = {RecordedNode::Kind::file, testing::read_test_file(entry.path().string())};
    nodes["/proc/cmdline"] = {RecordedNode::Kind::file, "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet\n"};
    const auto host = gather_host(MemoryRoot(testing::completed(nodes)));
    run_check(command_line_drift_check(), host);
    if (!name.starts_with("grub2.")) continue;
    ++menus;
    EXPECT_FALSE(host.boot.entries.empty());
    for (const auto& boot_entry : host.boot.entries) {
      EXPECT_FALSE(boot_entry.title.empty());
      EXPECT_FALSE(boot_entry.kernel.empty());
      EXPECT_TRUE(boot_entry.command_line.has_value());
    }
  }
  EXPECT_GT(menus, 20);
}

}  // namespace
}  // namespace vfio_doctor
