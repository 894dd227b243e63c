// SPDX-License-Identifier: GPL-2.0-or-later
// What a plan consists of, on small machines: nothing that is so already, nothing that the host must not lose.
#include <gmock/gmock.h>

#include <algorithm>

#include "plans.hpp"

namespace vfio_doctor {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace testing;

PlanRequest bound(PlanRequest request, BindWhen when) {
  request.bind = when;
  return request;
}

TEST(MakePlan, ASingleDeviceIsBoundByItsAddress) {
  const auto plan = plan_on(usual_host(), want({"02:00.0"}));
  ASSERT_EQ(plan.state, PlanState::plan) << (plan.unseen.empty() ? "" : plan.unseen.front());
  EXPECT_THAT(ids_of(plan), ElementsAre("load-vfio-pci", "bind-0000:02:00.0"));
  const auto bind = step(plan, "bind-0000:02:00.0");
  EXPECT_THAT(bind.commands, ElementsAre("echo vfio-pci | sudo tee /sys/bus/pci/devices/0000:02:00.0/driver_override",
                                         "echo 0000:02:00.0 | sudo tee /sys/bus/pci/devices/0000:02:00.0/driver/unbind",
                                         "echo 0000:02:00.0 | sudo tee /sys/bus/pci/drivers_probe"));
  EXPECT_THAT(bind.undo, ElementsAre("echo 0000:02:00.0 | sudo tee /sys/bus/pci/devices/0000:02:00.0/driver/unbind",
                                     "echo | sudo tee /sys/bus/pci/devices/0000:02:00.0/driver_override",
                                     "echo 0000:02:00.0 | sudo tee /sys/bus/pci/drivers/e1000e/bind"));
  EXPECT_THAT(bind.verify, ElementsAre("readlink /sys/bus/pci/devices/0000:02:00.0/driver | grep -x -e '.*/vfio-pci'"));
  EXPECT_FALSE(plan.continues);
}

TEST(MakePlan, WhatIsSoAlreadyIsNoStep) {
  auto host = usual_host() + "pci 04:00.0 id=10ec:8168 class=020000 driver=vfio-pci group=7\n";
  const auto plan = plan_on(host, want({"04:00.0"}));
  EXPECT_EQ(plan.state, PlanState::plan);
  EXPECT_THAT(ids_of(plan), IsEmpty());
}

TEST(MakePlan, AGroupGoesAsAWholeOrIsLeftWithoutDriver) {
  const auto together = plan_on(usual_host(), want({"03:00.1"}));
  EXPECT_THAT(ids_of(together), ElementsAre("load-vfio-pci", "bind-0000:03:00.1", "bind-0000:03:00.0"));
  EXPECT_EQ(together.devices.at(1).role, DeviceRole::companion);
  auto request = want({"03:00.1"});
  request.companions = CompanionChoice::leave;
  const auto alone = plan_on(usual_host(), request);
  EXPECT_THAT(ids_of(alone), ElementsAre("free-0000:03:00.0", "load-vfio-pci", "bind-0000:03:00.1"));
  EXPECT_EQ(alone.devices.at(1).role, DeviceRole::idle);
}

TEST(MakePlan, WithTheIommuOffThereIsOneEditOneStartAndAnotherPlan) {
  const auto plan = plan_on(usual_host(false), want({"02:00.0"}));
  ASSERT_EQ(plan.state, PlanState::plan) << (plan.refused.empty() ? "" : plan.refused.front().reason)
                                         << (plan.unseen.empty() ? "" : plan.unseen.front());
  EXPECT_THAT(ids_of(plan), ElementsAre("kernel-arguments", "reboot", "plan-again"));
  const auto edit = step(plan, "kernel-arguments");
  EXPECT_THAT(edit.commands, ElementsAre(HasSubstr("sudo tee /etc/default/grub.d/90-intel_iommu.cfg"), "sudo update-grub"));
  EXPECT_THAT(edit.files, Contains("/etc/default/grub.d/90-intel_iommu.cfg"));
  EXPECT_THAT(edit.files, Contains("/boot/grub/grub.cfg"));
  EXPECT_EQ(std::ranges::count(plan.steps, true, &PlanStep::reboot), 1);
  EXPECT_TRUE(plan.continues);
}

TEST(MakePlan, SeveralReasonsToChangeTheCommandLineAreOneEdit) {
  auto host = usual_host(false);
  const std::string quiet = "ro quiet\n";
  for (auto at = host.find(quiet); at != std::string::npos; at = host.find(quiet, at + quiet.size()))
    host.replace(at, quiet.size(), "ro quiet pci=nomsi\n");
  const auto plan = plan_on(host, want({"02:00.0"}));
  EXPECT_THAT(ids_of(plan), ElementsAre("kernel-arguments", "reboot", "plan-again"));
  const auto edit = step(plan, "kernel-arguments");
  EXPECT_EQ(std::ranges::count(edit.commands, "sudo update-grub"), 1);
  EXPECT_THAT(edit.aims, Contains(Aim{AimKind::no_kernel_argument, {}, "pci=nomsi"}));
  EXPECT_THAT(edit.aims, Contains(Aim{AimKind::kernel_argument, {}, "intel_iommu=on"}));
  EXPECT_TRUE(edit.by_hand) << "what somebody wrote into a file is taken out by hand";
}

TEST(MakePlan, ATwinThatStaysIsNeverTakenByItsIds) {
  const auto plan = plan_on(usual_host(), bound(want({"02:00.0"}), BindWhen::start));
  const auto first = step(plan, "bind-at-start");
  EXPECT_THAT(first.commands.front(), HasSubstr("0000:02:00.0=0x80860x10d3"));
  EXPECT_THAT(first.commands.front(), HasSubstr("softdep e1000e pre: vfio-pci"));
  EXPECT_THAT(first.commands, Each(Not(HasSubstr("ids="))));
  EXPECT_THAT(first.why, HasSubstr("0000:01:00.0 has the same ids and stays with the host"));
}

TEST(MakePlan, WithoutATwinTheIdsDo) {
  const auto plan = plan_on(usual_host(), bound(want({"03:00.0"}), BindWhen::start));
  const auto first = step(plan, "bind-at-start");
  EXPECT_THAT(first.commands.front(), HasSubstr("options vfio_pci ids=1912:0014,1912:0015"));
  EXPECT_THAT(first.commands, Contains("sudo update-initramfs -u -k all"));
  EXPECT_THAT(ids_of(plan), ElementsAre("bind-at-start", "reboot"));
}

TEST(MakePlan, WhoseIdsWereNotReadMayBeATwin) {
  const auto plan = plan_on(usual_host() +
                                "pci 05:00.0 id=8086:10d3 class=020000 group=8\n"
                                "unreadable /sys/devices/pci0000:05/0000:05:00.0/uevent Input/output error\n",
                            bound(want({"03:00.0"}), BindWhen::start));
  const auto first = step(plan, "bind-at-start");
  EXPECT_THAT(first.commands, Each(Not(HasSubstr("ids="))));
  EXPECT_THAT(first.why, HasSubstr("0000:05:00.0 may have the same ids and stays with the host"));
}

/// Else the sound of a graphics card would be the host's again after the next start.
TEST(MakePlan, OneCardIsBoundInOneWay) {
  const auto plan = plan_on(usual_host() +
                                "pci 04:00.0 id=10de:2504 class=030000 driver=nouveau group=7 boot_vga=0\n"
                                "pci 04:00.1 id=10de:228e class=040300 driver=snd_hda_intel group=7\n",
                            want({"04:00.0", "02:00.0"}));
  EXPECT_THAT(ids_of(plan), ElementsAre("bind-at-start", "reboot", "load-vfio-pci", "bind-0000:02:00.0"));
  EXPECT_THAT(step(plan, "bind-at-start").commands.front(), HasSubstr("ids=10de:2504,10de:228e"));
}

/// Whoever holds it now is gone after the start that gives it to vfio-pci: nobody is told to end that afterwards.
TEST(MakePlan, WhoUsesACardNowIsNoStepBehindTheStart) {
  const std::string card =
      "pci 04:00.0 id=10de:2504 class=030000 driver=nvidia group=7 boot_vga=0\nlink /proc/1203/fd/14 /dev/nvidia0\n"
      "text /proc/1203/comm = Xorg\n";
  const auto at_start = plan_on(usual_host() + card, want({"04:00.0"}));
  EXPECT_THAT(ids_of(at_start), ElementsAre("bind-at-start", "reboot"));
  EXPECT_THAT(at_start.notes, Contains(HasSubstr("Xorg (process 1203)")));
  EXPECT_THAT(step(at_start, "bind-at-start").risk, HasSubstr("module_blacklist=vfio_pci"));
  const auto now = plan_on(usual_host() + card, bound(want({"04:00.0"}), BindWhen::now));
  EXPECT_THAT(ids_of(now), Contains("device-in-use-0000:04:00.0"));
}

/// Else the wrong device is taken from the host before somebody is asked.
TEST(MakePlan, WhetherAnotherDeviceWasMeantIsAskedFirst) {
  const auto host = gather_host(machine(usual_host()));
  auto findings = all_findings(host);
  const auto guest = managed_guest("0000:02:00.0");
  Finding intent;
  intent.id = "domain-intent";
  intent.status = Status::warn;
  intent.subject = domain_subject(guest);
  intent.summary = "It takes 0000:02:00.0: did you mean 0000:03:00.0?";
  intent.remedy = {{"Write this as the source, if so.", {}, {}, {}}};
  findings.push_back(intent);
  auto request = bound(want({"02:00.0"}), BindWhen::now);
  request.domain = &guest;
  const auto plan = make_plan(host, findings, {}, request);
  EXPECT_THAT(ids_of(plan), ElementsAre("domain-intent", "load-vfio-pci", "bind-0000:02:00.0"));
}

/// The second of two changes of one file would find no line any more that it could exchange.
TEST(MakePlan, AWordThatStandsInTheWrongFileIsCarriedOverOnce) {
  auto host = usual_host(false);
  const auto swap = [&host](const std::string& from, const std::string& to) {
    const auto at = host.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    host.replace(at, from.size(), to);
  };
  swap("BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=/dev/nvme0n1p1 ro quiet",
       "initrd=\\EFI\\proxmox\\6.1\\i root=ZFS=tank boot=zfs");
  swap("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"");
  swap("file /boot/grub/grub.cfg\n| menuentry 'Debian' {\n| linux /vmlinuz-6.1.0-18-amd64 root=/dev/nvme0n1p1 ro quiet\n| }\n",
       "dir /etc/pve\ntext /etc/kernel/proxmox-boot-uuids = A-B\ntext /etc/kernel/cmdline = root=ZFS=tank boot=zfs\n");
  const auto plan = plan_on(host, want({"02:00.0"}));
  EXPECT_THAT(ids_of(plan), ElementsAre("command-line-drift", "reboot", "plan-again"));
  EXPECT_FALSE(step(plan, "command-line-drift").by_hand);
}

TEST(MakePlan, BothTwinsMayBeTakenByTheirIds) {
  const auto plan = plan_on(usual_host(), bound(want({"01:00.0", "02:00.0"}), BindWhen::start));
  EXPECT_THAT(step(plan, "bind-at-start").commands.front(), HasSubstr("options vfio_pci ids=8086:10d3"));
}

TEST(MakePlan, AListOfIdsThatIsThereIsNotPushedAside) {
  const auto plan = plan_on(usual_host() + "text /etc/modprobe.d/old.conf = options vfio-pci ids=10de:1b80\n",
                            bound(want({"03:00.0"}), BindWhen::start));
  EXPECT_THAT(step(plan, "bind-at-start").commands, Each(Not(HasSubstr("ids="))));
}

TEST(MakePlan, ADriverThatIsBuiltInCannotBePreceded) {
  const auto plan = plan_on(usual_host() +
                                "dir /sys/module/xhci_hcd\n"
                                "link /sys/bus/pci/drivers/xhci_hcd/module ../../../../module/xhci_hcd\n",
                            bound(want({"03:00.0"}), BindWhen::start));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("always comes first")));
  EXPECT_THAT(ids_of(plan), ElementsAre("load-vfio-pci", "bind-0000:03:00.0", "bind-0000:03:00.1"));
}

TEST(MakePlan, VirtualFunctionsAreMadeAndPlannedForLater) {
  auto request = want({"05:00.0"});
  request.virtual_functions = 2;
  const auto host = usual_host() + "pci 05:00.0 id=8086:10c9 class=020000 driver=igb group=8 sriov_numvfs=0 sriov_totalvfs=7\n";
  const auto plan = plan_on(host, request);
  ASSERT_EQ(plan.state, PlanState::plan) << (plan.refused.empty() ? "" : plan.refused.front().reason)
                                         << (plan.unseen.empty() ? "" : plan.unseen.front());
  EXPECT_THAT(step(plan, "virtual-functions").commands,
              ElementsAre("echo 2 | sudo tee /sys/bus/pci/devices/0000:05:00.0/sriov_numvfs"));
  EXPECT_TRUE(plan.continues);
  request.virtual_functions = 8;
  EXPECT_EQ(plan_on(host, request).state, PlanState::refused);
  request.wanted = {at("02:00.0")};
  EXPECT_EQ(plan_on(host, request).state, PlanState::refused);
}

TEST(MakePlan, ACardWithVirtualFunctionsSwitchesThemOffFirst) {
  const auto plan = plan_on(usual_host() +
                                "pci 05:00.0 id=8086:10c9 class=020000 driver=igb group=8 sriov_numvfs=2 "
                                "sriov_totalvfs=7\n",
                            want({"05:00.0"}));
  EXPECT_THAT(ids_of(plan), ElementsAre("sriov-physical-function-0000:05:00.0", "load-vfio-pci", "bind-0000:05:00.0"));
}

TEST(MakePlan, WhatTheHostNeedsIsRefusedWithWhatWouldBeLost) {
  const auto host = gather_host(machine_file("hosts/twin-cards.machine"));
  const auto plan = plan_on(host, want({"01:00.0"}));
  ASSERT_EQ(plan.state, PlanState::refused);
  EXPECT_THAT(plan.steps, IsEmpty());
  EXPECT_THAT(plan.refused.front().reason, HasSubstr("default route"));
  EXPECT_EQ(plan.refused.front().accept, "host-network=0000:01:00.0");
  const auto accepted = plan_on(host, want({"01:00.0"}), {{"host-network", "0000:01:00.0", "serial line", "--accept"}});
  EXPECT_EQ(accepted.state, PlanState::plan);
  EXPECT_EQ(accepted.accepted.size(), 1u);
}

/// What is accepted may be lost; a host that does not start any more was not accepted.
TEST(MakePlan, WhatTheHostStandsOnIsNeverTakenAtTheStart) {
  const auto host = gather_host(machine_file("../machine/samples/hm170.machine"));
  const std::vector<Acceptance> accepted = {{"host-storage", "0000:3e:00.0", "a live system", "--accept"}};
  const auto plan = plan_on(host, bound(want({"3e:00.0"}), BindWhen::start), accepted);
  EXPECT_THAT(ids_of(plan), ElementsAre("bind-0000:3e:00.0"));
}

TEST(MakePlan, ABridgeIsRefused) { EXPECT_EQ(plan_on(usual_host(), want({"00:1c.0"})).state, PlanState::refused); }

TEST(MakePlan, ADeviceThatIsNotThereIsRefused) {
  EXPECT_EQ(plan_on(usual_host(), want({"09:00.0"})).state, PlanState::refused);
}

TEST(MakePlan, WhatCouldNotBeSeenIsSaidAndNothingIsPlanned) {
  const auto host = gather_host(MemoryRoot(parse_machine_text(usual_host(), "not complete")));
  const auto plan = plan_on(host, want({"02:00.0"}));
  EXPECT_EQ(plan.state, PlanState::undetermined);
  EXPECT_THAT(plan.unseen, Not(IsEmpty()));
  EXPECT_THAT(plan.steps, IsEmpty());
}

TEST(MakePlan, LibvirtTakesWhatItManages) {
  const auto host = gather_host(machine(usual_host()));
  auto domain = managed_guest("02:00.0");
  auto request = want({"02:00.0"});
  request.domain = &domain;
  EXPECT_THAT(ids_of(plan_on(host, request)), IsEmpty());
  domain.hostdevs[0].managed = false;
  EXPECT_THAT(ids_of(plan_on(host, request)), ElementsAre("load-vfio-pci", "bind-0000:02:00.0"));
  domain.hostdevs[0].source = at("03:00.0");
  request.wanted = {at("03:00.0")};
  EXPECT_THAT(ids_of(plan_on(host, request)), Contains("guest-definition"));
}

/// libvirt takes a companion from its driver and gives it to nobody: no step of anybody's.
TEST(MakePlan, WhatADomainOnlyFreesIsNoStep) {
  const auto host = gather_host(machine(usual_host() + "pci 00:1f.3 id=8086:a348 class=040300 driver=vfio-pci group=19\n"
                                                       "pci 00:1f.4 id=8086:a323 class=0c0500 driver=i801_smbus group=19\n"));
  Domain domain;
  domain.name = "guest";
  domain.hostdevs.resize(2);
  domain.hostdevs[0].source = at("00:1f.3");
  domain.hostdevs[1].source = at("00:1f.4");
  domain.hostdevs[0].managed = domain.hostdevs[1].managed = true;
  auto request = want({"00:1f.3", "00:1f.4"});
  request.domain = &domain;
  EXPECT_EQ(plan_on(host, request).state, PlanState::refused) << "nobody gives that one away";
  domain.hostdevs[1].address.type = "unassigned";
  const auto plan = plan_on(host, request);
  EXPECT_EQ(plan.state, PlanState::plan) << (plan.unseen.empty() ? "" : plan.unseen.front());
  EXPECT_THAT(ids_of(plan), IsEmpty());
  EXPECT_THAT(plan.notes, Contains(HasSubstr("gives it to nobody")));
}

/// What one plan wrote down is found by the next one.
TEST(MakePlan, ABindingThatIsWrittenDownAndTookEffectIsNoStep) {
  const auto request = bound(want({"02:00.0"}), BindWhen::start);
  const auto first = step(plan_on(usual_host(), request), "bind-at-start");
  std::string host = usual_host() + "file /etc/modprobe.d/vfio-doctor-0000-02-00.0.conf\n";
  for (const auto& aim : first.aims)
    if (aim.kind == AimKind::modprobe_line) host += "| " + aim.value + "\n";
  EXPECT_THAT(ids_of(plan_on(host, request)), ElementsAre("bind-at-start", "reboot")) << "the driver is still there";
  const std::string before = "pci 02:00.0 id=8086:10d3 class=020000 driver=e1000e";
  host.replace(host.find(before), before.size(), "pci 02:00.0 id=8086:10d3 class=020000 driver=vfio-pci");
  EXPECT_THAT(ids_of(plan_on(host, request)), IsEmpty());
}

TEST(MakePlan, HugePagesThatTheGuestWantsAreSetAside) {
  const std::string pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
  const auto host =
      gather_host(machine(usual_host() + "text " + pool + "nr_hugepages = 100\ntext " + pool + "free_hugepages = 40\n"));
  Domain domain;
  domain.name = "guest";
  domain.huge_pages = true;
  domain.huge_page_bytes = 2 << 20;
  domain.memory_bytes = 1ULL << 30;
  domain.hostdevs.resize(1);
  domain.hostdevs[0].source = at("02:00.0");
  domain.hostdevs[0].managed = true;
  auto request = want({"02:00.0"});
  request.domain = &domain;
  const auto pages = step(plan_on(host, request), "huge-pages");
  EXPECT_THAT(pages.commands, ElementsAre("echo 572 | sudo tee " + pool + "nr_hugepages"));
  EXPECT_THAT(pages.undo, ElementsAre("echo 100 | sudo tee " + pool + "nr_hugepages"));
  domain.memory_bytes = 80ULL << 20;
  EXPECT_THAT(ids_of(plan_on(host, request)), IsEmpty());
  domain.huge_page_bytes = 1 << 30;
  EXPECT_THAT(plan_on(host, request).notes, Contains(HasSubstr("pages of 1048576 KiB")));
  domain.huge_page_bytes.reset();
  domain.memory_bytes = 1ULL << 30;
  EXPECT_THAT(step(plan_on(host, request), "huge-pages").commands, ElementsAre("echo 572 | sudo tee " + pool + "nr_hugepages"));
  const std::string large = "/sys/kernel/mm/hugepages/hugepages-32768kB/";
  auto other = usual_host() + "text " + pool + "nr_hugepages = 0\ntext " + pool + "free_hugepages = 0\ntext " + large +
               "nr_hugepages = 2\ntext " + large + "free_hugepages = 0\n";
  EXPECT_THAT(plan_on(gather_host(machine(other)), request).notes, Contains(HasSubstr("of which size it needs is not known")));
  other.insert(other.find("| MemAvailable:"), "| Hugepagesize: 32768 kB\n");
  EXPECT_THAT(step(plan_on(gather_host(machine(other)), request), "huge-pages").commands,
              ElementsAre("echo 34 | sudo tee " + large + "nr_hugepages"));
}

}  // namespace
}  // namespace vfio_doctor
