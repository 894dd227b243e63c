// SPDX-License-Identifier: GPL-2.0-or-later
// IOMMUs of the guest, and what else a host function meets there, on command lines and in Proxmox VE's files. What QEMU says is from
// hw/i386/x86-iommu.c, intel_iommu.c and amd_iommu.c, hw/arm/smmuv3.c (7.2, 10.0, 10.2); what Proxmox says from qemu-server 9.
#include <gmock/gmock.h>

#include <algorithm>

#include "checks/domain/domain_check.hpp"
#include "facts/domain/other_forms.hpp"
#include "facts/domain/surroundings.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

/// Its IOMMU has 39 address bits.
const std::string host_text =
    "text /sys/class/iommu/dmar0/intel-iommu/cap = 1c0000c40660462\n"
    "pci 31:00.0 id=10de:2489 class=030000 driver=vfio-pci group=3\npci 31:00.1 id=10de:228b class=040300 driver=vfio-pci "
    "group=3\n"
    "pci 32:00.0 id=8086:1521 class=020000 driver=vfio-pci group=4\n"
    "file /etc/pve/mapping/pci.cfg\n| pci: ports\n| \tmap id=8086:1521,node=own,path=0000:32:00.0\n"
    "| \tmap id=10de:2489,node=own,path=0000:31:00.0\ntext /etc/hostname = own\n"
    "text /usr/share/kvm/there.rom = U\n";

/// "status: summary" of what one check finds, a line each.
std::string found(std::string_view id, const std::string& text, const std::string& name) {
  const auto root = machine(host_text);
  const auto host = gather_host(root);
  const auto domain = parse_domain(text, name, root);
  const auto around = gather_surroundings(root, domain, true);
  const auto check = std::ranges::find(all_domain_checks(), id, &DomainCheck::id);
  std::string all;
  for (const auto& finding : run_domain_check(*check, {host, domain, around}))
    all += std::string(to_text(finding.status)) + ": " + finding.summary + "\n";
  return all;
}

std::string qemu(std::string_view id, const std::string& arguments) {
  return found(id, "qemu-system-x86_64 -nodefaults " + arguments + "\n", "vm.sh");
}

std::string proxmox(std::string_view id, const std::string& lines) {
  return found(id, "memory: 2048\nostype: l26\n" + lines, "307.conf");
}

constexpr std::string_view viommu = "domain-viommu", sources = "domain-sources", express = "domain-machine";

TEST(CommandIommus, CachingMode) {
  EXPECT_THAT(qemu(viommu, "-M q35 -device intel-iommu,aw-bits=39 -device vfio-pci,host=32:00.0"),
              HasSubstr("fail: Without caching_mode='on'"));
  EXPECT_THAT(qemu(viommu, "-M q35 -device intel-iommu,aw-bits=39,caching-mode=yes -device vfio-pci,host=32:00.0"),
              HasSubstr("pass:"));
  EXPECT_THAT(qemu(viommu, R"(-M q35 -device '{"driver":"intel-iommu","caching-mode":true,"aw-bits":39}' -device )"
                           "vfio-pci,host=32:00.0"),
              HasSubstr("pass:"));
  EXPECT_THAT(qemu(viommu, "-M q35 -device intel-iommu -device virtio-net-pci"), HasSubstr("pass:")) << "nothing is assigned";
  EXPECT_THAT(qemu(viommu, "-M q35 -device vfio-pci,host=32:00.0"), HasSubstr("not-applicable:"));
}

TEST(CommandIommus, AddressBits) {
  const std::string device = " -device vfio-pci,host=32:00.0";
  EXPECT_THAT(qemu(viommu, "-M pc-q35-9.2 -device intel-iommu,caching-mode=on" + device),
              HasSubstr("fail: The guest's IOMMU has"));
  EXPECT_THAT(qemu(viommu, "-M pc-q35-9.1 -device intel-iommu,caching-mode=on" + device), HasSubstr("pass:"));
  EXPECT_THAT(qemu(viommu, "-M q35 -device intel-iommu,caching-mode=on" + device), HasSubstr("unknown: The guest's IOMMU has"));
}

TEST(CommandIommus, WhatQemuDoesNotMake) {
  const std::string device = " -device vfio-pci,host=32:00.0";
  EXPECT_THAT(qemu(viommu, "-M pc -device intel-iommu,caching-mode=on,aw-bits=39" + device),
              HasSubstr("fail: An i440fx has no"));
  EXPECT_THAT(qemu(viommu, "-M q35 -device intel-iommu,caching-mode=on,aw-bits=46" + device),
              HasSubstr("Supported values for aw-bits are: 39, 48"));
  EXPECT_THAT(qemu(viommu, "-M q35 -device virtio-iommu-pci -device intel-iommu,caching-mode=on,aw-bits=39" + device),
              HasSubstr("QEMU does not support multiple vIOMMUs for x86 yet"));
}

TEST(CommandIommus, InterruptRemappingWantsASplitChip) {
  const std::string rest = " -device intel-iommu,intremap=on,caching-mode=on,aw-bits=39 -device vfio-pci,host=32:00.0";
  EXPECT_THAT(qemu(viommu, "-M q35,kernel-irqchip=on" + rest), HasSubstr("please use 'split|off'"));
  EXPECT_THAT(qemu(viommu, "-M q35,accel=kvm" + rest), HasSubstr("please use 'split|off'"));
  EXPECT_THAT(qemu(viommu, "-M q35 -enable-kvm" + rest), HasSubstr("please use 'split|off'"));
  EXPECT_THAT(qemu(viommu, "-M q35 -accel kvm -machine kernel_irqchip=split" + rest), HasSubstr("pass:"));
  EXPECT_THAT(qemu(viommu, "-M q35,accel=tcg" + rest), HasSubstr("pass:"));
}

TEST(CommandIommus, OneGroupIsInOneAddressSpace) {
  const std::string card = " -device vfio-pci,host=31:00.0,addr=5,multifunction=on -device vfio-pci,host=31:00.1,addr=5.1";
  EXPECT_THAT(qemu(viommu, "-M q35 -device virtio-iommu-pci" + card), HasSubstr("fail: It takes 2 functions of host group 3"));
  EXPECT_THAT(qemu(viommu,
                   "-M q35 -device virtio-iommu-pci -device pcie-pci-bridge,id=b -device vfio-pci,host=31:00.0,bus=b,"
                   "addr=1 -device vfio-pci,host=31:00.1,bus=b,addr=2"),
              HasSubstr("pass:"));
}

TEST(CommandIommus, NotEachModelGoesWithAssignedDevices) {
  const std::string device = " -device vfio-pci,host=32:00.0";
  EXPECT_THAT(found(viommu, "qemu-system-aarch64 -M virt,iommu=smmuv3" + device, "vm.sh"), HasSubstr("iommu MAP notifier"));
  EXPECT_THAT(found(viommu, "qemu-system-aarch64 -M virt -device arm-smmuv3,primary-bus=pcie.0" + device, "vm.sh"),
              HasSubstr("iommu MAP notifier"));
  EXPECT_THAT(found(viommu, "qemu-system-aarch64 -M virt -device arm-smmuv3,primary-bus=pcie.0,accel=on" + device, "vm.sh"),
              HasSubstr("pass:"));
  EXPECT_THAT(qemu(viommu, "-M q35 -device amd-iommu" + device), HasSubstr("unknown: QEMU 7.2 and 10.0 start no"));
  EXPECT_THAT(qemu(viommu, "-M q35 -device amd-iommu,dma-remap=on" + device), HasSubstr("pass:"));
}

/// libvirt's own devices stand before the arguments that it passes on.
TEST(CommandIommus, AmongArgumentsThatLibvirtPassesOn) {
  const auto xml = [](const std::string& devices, const std::string& arguments) {
    return found(viommu,
                 "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>d</name><os><type "
                 "machine='q35'>hvm</type></os><devices>" +
                     devices +
                     "</devices><qemu:commandline><qemu:arg value='-device'/><qemu:arg value='intel-iommu,aw-bits=39'/>" +
                     arguments + "</qemu:commandline></domain>",
                 "d.xml");
  };
  EXPECT_THAT(xml("<hostdev mode='subsystem' type='pci' managed='yes'><source><address bus='0x32'/></source></hostdev>", ""),
              HasSubstr("pass:"));
  EXPECT_THAT(xml("", "<qemu:arg value='-device'/><qemu:arg value='vfio-pci,host=32:00.0'/>"),
              HasSubstr("fail: Without caching"));
}

TEST(CommandObjects, AnIommufdMustBeMade) {
  const std::string device = "-M q35 -device vfio-pci,host=32:00.0,iommufd=fd0";
  EXPECT_THAT(qemu(sources, device), HasSubstr("Device 'fd0' not found"));
  EXPECT_THAT(qemu(sources, device + " -object iommufd,id=fd0"), HasSubstr("pass:"));
  EXPECT_THAT(qemu(sources, device + R"( -object '{"qom-type":"iommufd","id":"fd0"}')"), HasSubstr("pass:"));
  EXPECT_THAT(qemu(sources, device + " -object iommufd,id=fd1"), HasSubstr("Device 'fd0' not found"));
  EXPECT_THAT(qemu(sources, device + " -readconfig own.cfg"), Not(HasSubstr("not found")));
  EXPECT_THAT(qemu("domain-assignment", device), HasSubstr("fail: It asks for iommufd, and the host has no /dev/iommu"));
}

/// What QEMU 7.2 said to each.
TEST(CommandProperties, OfVfioPci) {
  const auto with = [](const std::string& words) { return qemu(sources, "-M q35 -device " + words); };
  EXPECT_THAT(with("vfio-pci,x-vga=on"), HasSubstr("No provided host device"));
  EXPECT_THAT(with("vfio-pci,host=32:00.0,ramfb=on"), HasSubstr("Property 'vfio-pci.ramfb' not found"));
  EXPECT_THAT(with("vfio-pci-nohotplug,host=32:00.0,ramfb=on"), HasSubstr("pass:"));
  EXPECT_THAT(with("vfio-pci,host=32:00.0,multifunction=1"), HasSubstr("Parameter 'multifunction' expects 'on' or 'off'"));
  EXPECT_THAT(with("vfio-pci,host=32:00.0,display=maybe"), HasSubstr("Parameter 'display' does not accept value 'maybe'"));
  EXPECT_THAT(with("vfio-pci,host=32:00.0,x-pci-device-id=10de"), HasSubstr("Parameter 'x-pci-device-id' expects integer"));
  EXPECT_THAT(with("vfio-pci,host=32:00.0,x-vgaa=on"), HasSubstr("unknown: 'x-vgaa' is no property of vfio-pci"));
  EXPECT_THAT(with("vfio-pci,host=32:00.0, x-vga=on"), HasSubstr("Could not open 'x-vga=on'"));
  EXPECT_THAT(with("vfio-pci,host=32:00.0,bootindex=1,rombar=0,x-igd-gms=0x2,x-pci-device-id=0x10de,x-no-kvm-intx=y,addr=3.0"),
              HasSubstr("pass:"));
  EXPECT_THAT(with(R"('{"driver":"vfio-pci","host":"0000:32:00.0","x-req":true,"rombar":1,"display":"off"}')"),
              HasSubstr("pass:"));
}

/// QEMU finds no device by -set that it got as JSON.
TEST(CommandSettings, DevicesOfLibvirt) {
  const auto xml = [](const std::string& more) {
    return found("domain-definition",
                 "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>d</name><devices><hostdev "
                 "mode='subsystem' type='pci' managed='yes'><source><address bus='0x32'/></source></hostdev></devices>" +
                     more + "</domain>",
                 "d.xml");
  };
  const std::string set = "<qemu:arg value='-set'/><qemu:arg value='device.hostdev0.x-vga=on'/></qemu:commandline>";
  EXPECT_THAT(xml("<qemu:commandline>" + set), HasSubstr("unknown: -set finds no device"));
  EXPECT_THAT(xml("<qemu:commandline>" + set), HasSubstr("there is no device \"hostdev0\" defined"));
  EXPECT_THAT(xml("<qemu:capabilities><qemu:del capability='device.json+hotplug'/></qemu:capabilities><qemu:commandline>" +
                  set),
              HasSubstr("pass:"));
  EXPECT_THAT(xml("<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='vfio-pci,host=31:00.0,id=hostdev0'/>" + set),
              HasSubstr("pass:"))
      << "its own";
  EXPECT_THAT(xml("<qemu:commandline><qemu:arg value='-set'/><qemu:arg value='drive.d0.file=x'/></qemu:commandline>"),
              HasSubstr("pass:"));
}

TEST(CommandMachines, WithoutOneAPcIsMeant) {
  EXPECT_THAT(qemu(express, "-device vfio-pci,host=31:00.0"), HasSubstr("The machine type pc has no PCI Express"));
  EXPECT_THAT(qemu(express, "-machine accel=kvm -device vfio-pci,host=31:00.0"), HasSubstr("The machine type pc has no PCI"));
  EXPECT_THAT(qemu(express, "-readconfig own.cfg -device vfio-pci,host=31:00.0"), HasSubstr("pass:"));
  EXPECT_THAT(found(express, "qemu-kvm -device vfio-pci,host=31:00.0", "vm.sh"), HasSubstr("pass:")) << "which one has its own";
}

TEST(ProxmoxIommus, WhatProxmoxRefuses) {
  const std::string device = "hostpci0: 32:00.0\n";
  EXPECT_THAT(proxmox(sources, device + "machine: pc,viommu=intel\n"),
              HasSubstr("to use Intel vIOMMU please set the machine type"));
  EXPECT_THAT(proxmox(sources, device + "machine: viommu=intel\n"),
              HasSubstr("to use Intel vIOMMU please set the machine type"));
  EXPECT_THAT(proxmox(sources, device + "machine: q35,aw-bits=39\n"),
              HasSubstr("cannot set aw-bits if no vIOMMU is configured"));
  EXPECT_THAT(proxmox(sources, device + "machine: q35,viommu=intel,aw-bits=46\n"), HasSubstr("supports only 39 or 48 bits"));
  EXPECT_THAT(proxmox(sources, device + "machine: type=q35,viommu=virtio,aw-bits=46\n"), HasSubstr("pass:"));
}

TEST(ProxmoxIommus, WhatQemuRefuses) {
  const std::string device = "hostpci0: 32:00.0,pcie=1\n";
  EXPECT_THAT(proxmox(viommu, device + "machine: pc-q35-10.0+pve1,viommu=intel\n"), HasSubstr("fail: The guest's IOMMU has"));
  EXPECT_THAT(proxmox(viommu, device + "machine: q35,viommu=intel\n"), HasSubstr("unknown: The guest's IOMMU has"));
  EXPECT_THAT(proxmox(viommu, device + "machine: q35,viommu=intel,aw-bits=39\n"), HasSubstr("pass:"));
  EXPECT_THAT(proxmox(viommu, "hostpci0: 31:00,pcie=1\nmachine: q35,viommu=virtio\n"),
              HasSubstr("fail: It takes 2 functions of"));
  EXPECT_THAT(proxmox(viommu, "hostpci0: 31:00\nmachine: q35,viommu=virtio\n"), HasSubstr("pass:")) << "both on one bridge";
}

TEST(ProxmoxDevices, GraphicsWithoutExpress) {
  EXPECT_THAT(proxmox(express, "machine: q35\nhostpci0: 31:00\n"),
              HasSubstr("31:00.0 is an Express device on a conventional bus"));
  EXPECT_THAT(proxmox(express, "machine: q35\nhostpci0: 31:00,pcie=1\n"), HasSubstr("pass:"));
  EXPECT_THAT(proxmox(express, "hostpci0: 31:00\n"), HasSubstr("The machine type pc has no PCI Express"));
  EXPECT_THAT(proxmox(express, "machine: q35\nhostpci0: 32:00.0\n"), HasSubstr("pass:")) << "a network card does not mind";
  EXPECT_THAT(found(express, "hostpci0: 31:00\n", "307.conf"), HasSubstr("pass:")) << "one line is not the whole file";
}

TEST(ProxmoxDevices, RomsAreInTheirOwnDirectory) {
  EXPECT_THAT(proxmox("domain-rom", "hostpci0: 32:00.0,romfile=there.rom\n"), HasSubstr("pass:"));
  EXPECT_THAT(proxmox("domain-rom", "hostpci0: 32:00.0,romfile=gone.rom\n"),
              HasSubstr("/usr/share/kvm/gone.rom does not exist"));
}

TEST(ProxmoxDevices, DriverAndIds) {
  const auto root = machine(host_text);
  const auto domain = [&root](const std::string& line) { return parse_domain("memory: 2048\n" + line, "307.conf", root); };
  const auto kept = domain("hostpci0: 32:00.0,driver=keep\n");
  EXPECT_TRUE(kept.unresolved.empty());
  ASSERT_EQ(kept.hostdevs.size(), 1U);
  EXPECT_FALSE(kept.hostdevs[0].managed);
  EXPECT_TRUE(domain("hostpci0: 32:00.0,driver=vfio\n").hostdevs.at(0).managed);
  const auto other = domain("hostpci0: 31:00,vendor-id=0x10de,device-id=0x2484,romfile=there.rom\n");
  ASSERT_EQ(other.hostdevs.size(), 2U);
  EXPECT_EQ(other.hostdevs[0].shown_device_id, 0x2484);
  EXPECT_FALSE(other.hostdevs[1].shown_device_id) << "QEMU gets them for the first function";
  EXPECT_EQ(other.hostdevs[1].rom_file, "");
  EXPECT_EQ(domain("cpu: host,guest-phys-bits=39\n").processor.usable_bits, 39U);
  EXPECT_EQ(domain("memory: current=4096\n").memory_bytes, 4ULL << 30);
  EXPECT_EQ(domain("args: -cpu host,guest-phys-bits=40\ncpu: kvm64\n").processor.usable_bits, 40U);
}

TEST(ProxmoxMappings, AsManyLinesAsDevicesGetThemAll) {
  const auto root = machine(host_text);
  const auto domain = [&root](const std::string& lines) { return parse_domain("memory: 2048\n" + lines, "307.conf", root); };
  EXPECT_EQ(domain("hostpci0: mapping=ports\n").unresolved.size(), 1U);
  const auto both = domain("hostpci0: mapping=ports\nhostpci1: mapping=ports\n");
  EXPECT_TRUE(both.unresolved.empty());
  ASSERT_EQ(both.hostdevs.size(), 2U);
  EXPECT_EQ(both.hostdevs[1].source.text(), "0000:31:00.0");
  const auto three = domain("hostpci0: mapping=ports\nhostpci1: mapping=ports\nhostpci2: mapping=ports\n");
  ASSERT_EQ(three.faults.size(), 1U);
  EXPECT_EQ(three.faults[0].words, "could not find a free device for 'hostpci2'");
  const auto part = domain("hostpci0: mapping=ports,mdev=nvidia-63\n");
  EXPECT_TRUE(part.hostdevs.empty()) << "a part of a card, and not the card";
  EXPECT_EQ(part.unresolved.size(), 1U);
}

}  // namespace
}  // namespace vfio_doctor
