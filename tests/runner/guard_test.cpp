// SPDX-License-Identifier: GPL-2.0-or-later
// The guard as libvirt calls it, what it makes of hostile input, and that it comes and goes without a trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/input_error.hpp"
#include "base/process/subprocess.hpp"
#include "facts/domain/other_forms.hpp"
#include "machines.hpp"
#include "runner/guard/guard_install.hpp"
#include "runner/guard/guard_policy.hpp"
#include "runner/guard/guard_watch.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

ProcessResult hook(const std::string& xml, const std::vector<std::string>& words = {"w", "prepare", "begin", "-"}) {
  ProcessRequest request;
  request.program = PROGRAM;
  request.arguments = {"--sample", "hm170", "guard", "--"};
  request.arguments.insert(request.arguments.end(), words.begin(), words.end());
  request.input = xml;
  return run_process(request);
}

std::string domain(const std::string& bus, const std::string& slot = "0") {
  return "<domain type='kvm'><name>other</name><devices><hostdev mode='subsystem' type='pci' managed='yes'><source><address "
         "domain='0' bus='" +
         bus + "' slot='" + slot + "' function='0'/></source></hostdev></devices></domain>";
}

TEST(Guard, RefusesWhatTheHostLivesOnAndHalfAGroup) {
  const auto disk = hook(domain("0x3e"));
  EXPECT_EQ(disk.exit_code, 1);
  EXPECT_THAT(disk.errors, HasSubstr("the start of 'w' is refused: 0000:3e:00.0: This host lives on it"));
  EXPECT_EQ(disk.output, "") << "libvirt takes what a hook prints for XML";
  EXPECT_EQ(hook(domain("0", "0x14")).exit_code, 1) << "its companion stays with the host";
  EXPECT_EQ(hook(domain("3")).exit_code, 0);
  EXPECT_EQ(hook("<domain><commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='-device'/>"
                 "<arg value='vfio-pci,host=3e:00.0'/></commandline></domain>")
                .exit_code,
            1);
}

TEST(Guard, JudgesStartsOnly) {
  for (const auto& operation : {"start", "started", "stopped", "release", "reconnect", "attach", "migrate", "restore"})
    EXPECT_EQ(hook(domain("0x3e"), {"w", operation, "begin", "-"}).exit_code, 0) << operation;
  EXPECT_EQ(hook(domain("0x3e"), {"install", "prepare", "begin", "-"}).exit_code, 1) << "a domain may be called so";
  EXPECT_EQ(hook(domain("0x3e"), {"--help", "prepare", "begin", "-"}).exit_code, 1);
}

TEST(Guard, HostileInputBricksNothing) {
  std::string deep = "<domain><devices>";
  for (int i = 0; i < 50000; ++i) deep += "<hostdev>";
  for (const auto& xml :
       {std::string(), std::string("\0\xff<", 3), std::string("<domain>"), deep, std::string(5 << 20, '<'),
        std::string("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><domain><name>&b;</name></domain>"),
        domain("99999999999999999999")}) {
    const auto result = hook(xml);
    EXPECT_EQ(result.exit_code, 0) << xml.substr(0, 40);
    EXPECT_EQ(result.output, "");
  }
}

TEST(GuardPolicy, ExceptionsAndMistakes) {
  const auto policy = parse_guard_policy(
      "# mine\nallow win 0000:3e:00.0\nallow lab *\nrefuse protected\non-error refuse\ndeadline 300\n"
      "alow x y\nallow win rubbish\ndeadline 5\non-error maybe\n");
  const auto disk = *PciAddress::parse("3e:00.0"), other = *PciAddress::parse("3d:00.0");
  EXPECT_TRUE(policy.allows("win", disk));
  EXPECT_FALSE(policy.allows("win", other));
  EXPECT_FALSE(policy.allows("Win", disk));
  EXPECT_TRUE(policy.allows("lab", other));
  EXPECT_TRUE(policy.protected_devices);
  EXPECT_FALSE(policy.groups);
  EXPECT_TRUE(policy.refuse_on_error);
  EXPECT_EQ(policy.deadline_milliseconds, 300u);
  ASSERT_EQ(policy.complaints.size(), 4u);
  EXPECT_THAT(policy.complaints[0], HasSubstr("guard.conf:7"));
}

TEST(GuardPolicy, AnExceptionIsForThatDeviceAlone) {
  const auto root = testing::machine_file(std::string(TESTS_DIR) + "/../machine/samples/hm170.machine");
  const auto host = gather_host(root);
  DomainSurroundings around;
  const auto refused = [&](const std::string& devices, const std::string& policy) {
    return !reasons_to_refuse(host, parse_domain_xml("<domain><name>w</name>" + devices + "</domain>", "d"), around,
                              parse_guard_policy(policy))
                .empty();
  };
  const auto xml = [](const std::string& bus, const std::string& slot) {
    return "<devices><hostdev type='pci' managed='yes'><source><address bus='" + bus + "' slot='" + slot +
           "'/></source></hostdev></devices>";
  };
  EXPECT_TRUE(refused(xml("0x3e", "0"), ""));
  EXPECT_FALSE(refused(xml("0x3e", "0"), "allow w 3e:00.0"));
  EXPECT_TRUE(refused(xml("0x3e", "0"), "allow v 3e:00.0"));
  EXPECT_TRUE(refused(xml("0x3e", "0") + xml("0", "0x14"), "allow w 3e:00.0"));
  EXPECT_FALSE(refused(xml("0x3e", "0"), "refuse nothing"));
}

/// Proxmox VE hands a hookscript a number and a phase.
ProcessResult hookscript(const std::string& configuration, const std::string& number = "100",
                         const std::string& phase = "pre-start", const std::string& policy = "") {
  testing::TemporaryDirectory directory;
  const auto machine = (directory.path() / "pve.machine").string();
  std::ofstream(machine) << testing::read_test_file(std::string(TESTS_DIR) + "/../machine/samples/hm170.machine")
                         << "file /etc/pve/qemu-server/100.conf\n"
                         << configuration << (policy.empty() ? "" : "file /etc/vfio-doctor/guard.conf\n" + policy);
  ProcessRequest request;
  request.program = PROGRAM;
  request.arguments = {"--from", machine, "guard", "--", number, phase};
  return run_process(request);
}

TEST(Guard, IsAHookscriptOfProxmox) {
  const auto disk = hookscript("| hostpci0: 0000:3e:00,pcie=1\n");
  EXPECT_EQ(disk.exit_code, 1);
  EXPECT_THAT(disk.errors, HasSubstr("the start of '100' is refused: 0000:3e:00.0: This host lives on it"));
  EXPECT_EQ(hookscript("| hostpci0: 0000:03:00,pcie=1\n").exit_code, 0);
  EXPECT_EQ(hookscript("| args: -device vfio-pci,host=3e:00.0\n").exit_code, 1);
  for (const auto* const phase : {"post-start", "pre-stop", "post-stop", "rubbish"})
    EXPECT_EQ(hookscript("| hostpci0: 0000:3e:00\n", "100", phase).exit_code, 0) << phase;
  EXPECT_EQ(hookscript("| hostpci0: 0000:3e:00\n", "101").exit_code, 0) << "no such guest: the guard's own failure";
  EXPECT_EQ(hookscript("| hostpci0: 0000:3e:00\n", "../100").exit_code, 0);
  EXPECT_EQ(hookscript("| hostpci0: 0000:3e:00\n", "100", "pre-start", "| allow 100 0000:3e:00.0\n").exit_code, 0);
}

/// Proxmox VE binds the whole group, so the host loses what it lives on although nobody named it.
TEST(GuardPolicy, OnProxmoxACompanionIsTakenToo) {
  const auto root = testing::machine(testing::read_test_file(std::string(TESTS_DIR) + "/../machine/samples/hm170.machine") +
                                     "\npci 3e:00.1 id=8086:1533 class=020000 group=16 driver=igb\n");
  const auto host = gather_host(root);
  const auto domain = parse_proxmox_configuration("hostpci0: 0000:3e:00.1\n", "100.conf", root);
  const auto reasons = reasons_to_refuse(host, domain, {}, {});
  ASSERT_FALSE(reasons.empty());
  EXPECT_THAT(reasons.front(), HasSubstr("0000:3e:00.0"));
  EXPECT_TRUE(reasons_to_refuse(host, domain, {}, parse_guard_policy("allow 100 0000:3e:00.0\n")).empty());
}

/// Debian, where kernel 6.1.0-18 runs and 6.1.0-19 starts next.
std::string two_kernels(const std::string& next_arguments, const std::string& modules) {
  return "text /etc/os-release = ID=debian\ntext /proc/sys/kernel/osrelease = 6.1.0-18-amd64\n"
         "pci 01:00.0 id=10de:2204 class=030000 group=3 driver=vfio-pci\n"
         "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=a ro intel_iommu=on\n"
         "text /boot/grub/grubenv = saved_entry=new\nfile /boot/grub/grub.cfg\n| set default=\"${saved_entry}\"\n"
         "| menuentry 'Newer' --id new {\n|  linux /vmlinuz-6.1.0-19-amd64 root=a ro " +
         next_arguments +
         "\n| }\n| menuentry 'Older' --id old {\n|  linux /vmlinuz-6.1.0-18-amd64 root=a ro intel_iommu=on\n| }\n" + modules;
}

RebootWatch watched(const std::string& text) {
  const auto root = testing::machine(text);
  return watch_next_boot(gather_host(root), root);
}

TEST(GuardWatch, SaysWhyTheNextBootBreaksIt) {
  const std::string modules = "text /lib/modules/6.1.0-19-amd64/modules.dep = kernel/drivers/vfio/pci/vfio-pci.ko: x\n";
  const auto good = watched(two_kernels("intel_iommu=on", modules));
  EXPECT_TRUE(good.breaks.empty()) << good.breaks.front();
  EXPECT_TRUE(good.unknown.empty()) << good.unknown.front();
  const auto off = watched(two_kernels("intel_iommu=off", modules));
  ASSERT_EQ(off.breaks.size(), 1u);
  EXPECT_THAT(off.breaks[0], HasSubstr("switches the IOMMU off. It is without intel_iommu=on."));
  const auto lost = watched(two_kernels("quiet", modules));
  EXPECT_TRUE(lost.breaks.empty()) << "a newer kernel may do without";
  const auto without = watched(two_kernels("intel_iommu=on", "text /lib/modules/6.1.0-19-amd64/modules.dep = kernel/a.ko:\n"));
  ASSERT_EQ(without.breaks.size(), 1u);
  EXPECT_THAT(without.breaks[0], HasSubstr("The kernel 6.1.0-19-amd64, which starts next, has no vfio-pci module"));
  EXPECT_EQ(watched(two_kernels("intel_iommu=on", "")).breaks.size(), 1u) << "its modules are not installed";
  EXPECT_TRUE(watched(two_kernels("intel_iommu=on",
                                  "text /lib/modules/6.1.0-19-amd64/modules.builtin = "
                                  "kernel/drivers/vfio/pci/vfio-pci.ko\n"))
                  .breaks.empty());
}

/// The image of the kernel that runs; another one has its own.
TEST(GuardWatch, SaysThatTheImageIsNotWhatTheFilesSay) {
  const std::string image =
      "file /etc/modprobe.d/vfio.conf\n| options vfio-pci ids=10de:2204\n"
      "text /run/vfio-doctor/initramfs/image = /boot/initrd.img-6.1.0-18-amd64\n"
      "text /run/vfio-doctor/initramfs/modules = vfio_pci\n"
      "text /run/vfio-doctor/initramfs/root/conf/modules = vfio_pci\n";
  const auto same =
      "text /proc/sys/kernel/osrelease = 6.1.0-18-amd64\npci 01:00.0 id=10de:2204 class=030000 group=3 driver=vfio-pci\n"
      "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=a ro intel_iommu=on\nfile /boot/grub/grub.cfg\n| set "
      "default=\"0\"\n"
      "| menuentry 'Only' --id only {\n|  linux /vmlinuz-6.1.0-18-amd64 root=a ro intel_iommu=on\n| }\n" +
      image;
  const auto breaks = watched(same).breaks;
  ASSERT_EQ(breaks.size(), 1u);
  EXPECT_THAT(breaks[0], HasSubstr("does not have \"options vfio_pci ids=10de:2204\""));
  const auto whole =
      same + std::string("text /run/vfio-doctor/initramfs/root/etc/modprobe.d/vfio.conf = options vfio-pci ids=10de:2204\n");
  EXPECT_TRUE(watched(whole).breaks.empty());
  const std::string modules = "text /lib/modules/6.1.0-19-amd64/modules.dep = kernel/drivers/vfio/pci/vfio-pci.ko: x\n";
  EXPECT_TRUE(watched(two_kernels("intel_iommu=on", modules + image)).breaks.empty()) << "another kernel starts next";
}

/// It may be built in.
TEST(GuardWatch, AModuleIsMissingOnlyWhereBothListsWereRead) {
  const auto hidden = watched(two_kernels("intel_iommu=on",
                                          "text /lib/modules/6.1.0-19-amd64/modules.dep = kernel/a.ko:\n"
                                          "unreadable /lib/modules/6.1.0-19-amd64/modules.builtin Permission denied\n"));
  EXPECT_TRUE(hidden.breaks.empty());
  ASSERT_EQ(hidden.unknown.size(), 1u);
  EXPECT_THAT(hidden.unknown[0], HasSubstr("modules.builtin: Permission denied"));
}

TEST(GuardWatch, WhatIsNotSeenIsUnknownAndWhoHasNothingLosesNothing) {
  const auto unseen = watched("pci 01:00.0 id=10de:2204 class=030000 group=3 driver=vfio-pci\n");
  EXPECT_TRUE(unseen.breaks.empty());
  EXPECT_FALSE(unseen.unknown.empty());
  const auto nothing = watched("pci 01:00.0 id=10de:2204 class=030000 group=3 driver=nouveau\n");
  EXPECT_TRUE(nothing.breaks.empty() && nothing.unknown.empty());
}

/// Each entry with its kind, its mode and its bytes.
std::set<std::string> tree(const fs::path& path) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const auto status = entry.symlink_status();
    names.insert(entry.path().string() + " " + std::to_string(static_cast<int>(status.type())) + " " +
                 std::to_string(static_cast<unsigned>(status.permissions())) + " " +
                 (fs::is_regular_file(status) ? testing::read_test_file(entry.path().string()) : ""));
  }
  return names;
}

TEST(GuardInstall, ComesAndGoesWithoutATrace) {
  for (const bool hook_there : {false, true}) {
    testing::TemporaryDirectory directory;
    const auto root = directory.path().string();
    const auto old_hook = directory.path() / "etc/libvirt/hooks/qemu";
    if (hook_there) {
      fs::create_directories(old_hook.parent_path());
      std::ofstream(old_hook) << "#!/bin/sh\nexit 0\n";
    }
    const auto before = tree(directory.path());
    EXPECT_FALSE(guard_status(root).installed);
    install_guard(root, PROGRAM);
    EXPECT_TRUE(guard_status(root).installed);
    EXPECT_NE(tree(directory.path()), before);
    install_guard(root, PROGRAM);
    uninstall_guard(root);
    EXPECT_EQ(tree(directory.path()), before);
    uninstall_guard(root);
  }
}

TEST(GuardInstall, LeavesAloneWhatIsNotOurs) {
  testing::TemporaryDirectory directory;
  const auto file = directory.path() / "etc/libvirt/hooks/qemu.d/50-vfio-doctor-guard";
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "#!/bin/sh\n";
  EXPECT_THROW(install_guard(directory.path().string(), PROGRAM), InputError);
  EXPECT_THROW(uninstall_guard(directory.path().string()), InputError);
  EXPECT_TRUE(fs::exists(file));
  EXPECT_THROW(install_guard(directory.path().string() + "/x", "/opt/a'b"), InputError);
}

/// The script of the hook stops a start for exit code 1 alone: not for a program that is gone or that the system cannot run.
TEST(GuardInstall, AProgramThatIsGoneBricksNothing) {
  testing::TemporaryDirectory directory;
  const auto root = directory.path().string();
  const auto code = [&](const std::string& program, const std::string& content) {
    if (!content.empty()) {
      std::ofstream(program) << content;
      fs::permissions(program, fs::perms::owner_all);
    }
    install_guard(root, program);
    ProcessRequest request;
    request.program = root + "/etc/libvirt/hooks/qemu.d/50-vfio-doctor-guard";
    request.arguments = {"w", "prepare", "begin", "-"};
    const auto result = run_process(request);
    uninstall_guard(root);
    return result.exit_code;
  };
  EXPECT_EQ(code(root + "/gone", ""), 0);
  EXPECT_EQ(code(root + "/refuses", "#!/bin/sh\nexit 1\n"), 1);
  EXPECT_EQ(code(root + "/usage", "#!/bin/sh\nexit 2\n"), 0);
  EXPECT_EQ(code(root + "/dies", "#!/bin/sh\nkill -9 $$\n"), 0);
  EXPECT_EQ(code(root + "/rubbish", "#!/no/such/interpreter\n"), 0);
}

}  // namespace
}  // namespace vfio_doctor
