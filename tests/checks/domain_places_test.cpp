// SPDX-License-Identifier: GPL-2.0-or-later
// Places in the guest that a QEMU command line names, against what QEMU 7.2 said to each of them (with pci-testdev for the device);
// and what other programs' files say of the host's functions.
#include <gmock/gmock.h>

#include "checks/domain/domain_check.hpp"
#include "facts/domain/other_forms.hpp"
#include "facts/domain/surroundings.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string host_text =
    "pci 41:00.0 id=1b21:2142 class=0c0330 driver=vfio-pci group=4\npci 41:00.1 id=1b21:2143 class=0c0330 driver=vfio-pci "
    "group=4\n"
    "pci 42:00.0 id=10de:1eb8 class=030200 driver=vfio-pci group=5\npci 43:00.0 id=10de:1eb8 class=030200 driver=vfio-pci "
    "group=6\n";

/// The words of what fails about sources and places; "starts" where nothing does.
std::string said_of(const std::string& text, const std::string& name, const std::string& more = "") {
  const auto root = machine(host_text + more);
  const auto host = gather_host(root);
  const auto domain = parse_domain(text, name, root);
  const auto around = gather_surroundings(root, domain, true);
  std::string said;
  for (const auto& check : all_domain_checks()) {
    if (check.id != "domain-addresses" && check.id != "domain-sources") continue;
    for (const auto& finding : run_domain_check(check, {host, domain, around})) {
      if (finding.status == Status::fail || finding.status == Status::unknown) said += finding.summary + "\n";
      for (const auto& evidence : finding.evidence)
        if (finding.status == Status::fail) said += evidence.value + "\n";
    }
  }
  return said.empty() ? "starts" : said;
}

std::string qemu(const std::string& arguments) {
  return said_of("qemu-system-x86_64 -nodefaults " + arguments + "\n", "vm.sh");
}

TEST(DomainPlaces, WhatQemuRefuses) {
  const std::string device = " -device vfio-pci,host=41:00.0,";
  const std::string port = " -device pcie-root-port,id=rp,chassis=1";
  for (const auto& [arguments, words] : std::initializer_list<std::pair<std::string, std::string>>{
           {"-M q35" + device + "bus=pcie.0,addr=0x1f", "slot 31 function 0 not available for vfio-pci, in use by ICH9-LPC"},
           {"-M q35" + device + "addr=1f.2", "in use by ich9-ahci"},
           {"-M q35" + device + "addr=0", "slot 0 function 0 not available for vfio-pci, in use by mch"},
           {"-M q35" + device + "addr=0.1", "PCI: single function device can't be populated in function 0.1"},
           {"-machine pc" + device + "addr=1", "in use by PIIX3"},
           {"-machine pc-i440fx-7.2" + device + "addr=0x1.3", "in use by PIIX4_PM"},
           {"-M q35 -device e1000e,addr=0x5 \\\n" + device + "addr=5",
            "slot 5 function 0 not available for vfio-pci, in use by e1000e"},
           {"-M q35" + port + " -device virtio-net-pci,bus=rp,addr=0.0 \\\n" + device + "bus=rp,addr=0",
            "in use by virtio-net-pci"},
           {"-M q35" + port + ",addr=4 \\\n" + device + "addr=4", "in use by pcie-root-port"},
           {"-M q35" + device + "bus=rp", "Bus 'rp' not found"},
           {"-M q35" + device + "bus=rp" + port, "Bus 'rp' not found"},
           {"-M q35" + device + "bus=pci.0", "Bus 'pci.0' not found"},
           {"-M pc" + device + "bus=pcie.0,addr=3", "Bus 'pcie.0' not found"},
           {"-M q35" + device + "addr=0x20", "addr' doesn't take value '0x20'"},
           {"-M q35" + device + "addr=3.8", "addr' doesn't take value '3.8'"},
           {"-M q35" + device + "addr=abz", "addr' doesn't take value 'abz'"},
           {"-M q35" + port + " -device pcie-root-port,id=rp,chassis=2" + device + "bus=rp", "Duplicate ID 'rp' for device"},
           {"-M q35 -device pcie-root-port,id=a -device pcie-root-port,id=b" + device + "bus=b",
            "Can't add chassis slot, error -16"},
           {"-M q35" + device + "addr=7 -device vfio-pci,host=42:00.0,addr=7.1",
            "PCI: single function device can't be populated in function 7.1"},
           {"-M q35 -device '{\"driver\":\"vfio-pci\",\"host\":\"0000:41:00.0\",\"addr\":40}' -device virtio-blk-pci,addr=5",
            "slot 5 function 0 not available for"}})
    EXPECT_THAT(qemu(arguments), HasSubstr(words)) << arguments;
}

TEST(DomainPlaces, WhatAGuestNeverFinds) {
  EXPECT_THAT(qemu("-M q35 -device pcie-root-port,id=rp,chassis=1 -device vfio-pci,host=41:00.0,bus=rp,addr=1"),
              HasSubstr("never finds it"));
  EXPECT_THAT(qemu("-M q35 -device vfio-pci,host=41:00.0,addr=6.1"), HasSubstr("never finds it"));
}

TEST(DomainPlaces, WhatStarts) {
  for (const std::string arguments :
       {"-M q35 -device vfio-pci,host=41:00.0", "-M q35 -device vfio-pci,host=41:00.0,bus=pcie.0,addr=0x1f.1",
        "-M q35 -device pcie-root-port,id=rp,chassis=1 -device vfio-pci,host=41:00.0,bus=rp -device "
        "pcie-root-port,id=rq,chassis=2 "
        "-device vfio-pci,host=42:00.0,bus=rq,addr=0",
        "-M q35 -device vfio-pci,host=41:00.0,addr=7,multifunction=on -device vfio-pci,host=42:00.0,addr=7.1",
        "-M q35 -device pcie-pci-bridge,id=br,addr=3 -device vfio-pci,host=41:00.0,bus=br,addr=0",
        "-M pc -device pci-bridge,id=b,chassis_nr=1 -device vfio-pci,host=41:00.0,bus=b,addr=0",
        "-M pc -device vfio-pci,host=41:00.0,addr=1.2",
        "-M q35 -device nec-usb-xhci,id=xhci,addr=5 -device usb-host,bus=xhci.0,hostbus=1,hostaddr=5 -device "
        "vfio-pci,host=41:00.0,addr=6",
        "-M virt -device vfio-pci,host=41:00.0,bus=own.7,addr=0x1f",
        "-M q35 -device ioh3420,id=p,slot=1 -device ioh3420,id=q,slot=2 "
        "-device vfio-pci,host=41:00.0,bus=q"})
    EXPECT_EQ(qemu(arguments), "starts") << arguments;
}

/// Without -nodefaults a PC has a display and a network card of QEMU's own.
TEST(DomainPlaces, WhatQemuAddsByItself) {
  const auto pc = [](const std::string& arguments) { return said_of("qemu-system-x86_64 " + arguments + "\n", "vm.sh"); };
  EXPECT_THAT(pc("-M q35 -device vfio-pci,host=41:00.0,addr=1"), HasSubstr("in use by VGA"));
  EXPECT_THAT(pc("-M q35 -device vfio-pci,host=41:00.0,addr=2"), HasSubstr("in use by e1000e"));
  EXPECT_THAT(pc("-M pc -device vfio-pci,host=41:00.0,addr=2"), HasSubstr("in use by VGA"));
  EXPECT_THAT(pc("-M pc -device vfio-pci,host=41:00.0,addr=3"), HasSubstr("in use by e1000"));
  EXPECT_EQ(pc("-M q35 -vga none -device vfio-pci,host=41:00.0,addr=1"), "starts");
  EXPECT_EQ(pc("-M q35 -netdev user,id=n -device vfio-pci,host=41:00.0,addr=2"), "starts");
}

TEST(DomainPlaces, ArgumentsThatLibvirtPassesOn) {
  const auto xml = [](const std::string& argument) {
    return said_of(
        "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>d</name><os><type "
        "machine='pc-q35-7.2'>hvm</type></os><devices><controller type='pci' index='0' model='pcie-root'/><controller "
        "type='pci' index='1' model='pcie-root-port'><address type='pci' bus='0' slot='2' function='0'/></controller>"
        "</devices><qemu:commandline><qemu:arg value='-device'/><qemu:arg value='" +
            argument + "'/></qemu:commandline></domain>",
        "d.xml");
  };
  EXPECT_THAT(xml("vfio-pci,host=41:00.0,addr=0x1f"), HasSubstr("ICH9-LPC"));
  EXPECT_THAT(xml("vfio-pci,host=41:00.0,addr=2"), HasSubstr("slot 2 function 0 not available for"));
  EXPECT_THAT(xml("vfio-pci,host=41:00.0,bus=pci.1,addr=1"), HasSubstr("never finds it"));
  EXPECT_EQ(xml("vfio-pci,host=41:00.0,bus=pci.1,addr=0"), "starts");
  EXPECT_EQ(xml("vfio-pci,host=41:00.0,bus=pci.9"), "starts") << "libvirt adds ports of its own";
}

std::string sources(const Domain& domain) {
  std::string all;
  for (const auto& device : domain.hostdevs) all += (all.empty() ? "" : " ") + device.source.text();
  return all;
}

std::string proxmox_sources(const std::string& text) { return sources(parse_domain(text, "208.conf", machine(host_text))); }

TEST(ProxmoxForms, WhatWaitsCountsAtTheNextStart) {
  EXPECT_EQ(proxmox_sources("memory: 2048\n[PENDING]\nhostpci0: 42:00.0\n"), "0000:42:00.0");
  EXPECT_EQ(proxmox_sources(
                "hostpci0: 41:00.0\nhostpci1: 42:00.0\n\n[PENDING]\ndelete: hostpci1, !hostpci7\nhostpci0: 43:00.0\n"),
            "0000:43:00.0");
  EXPECT_EQ(proxmox_sources("hostpci0: 41:00.0\n[before]\nhostpci1: 42:00.0\n[PENDING]\nhostpci2: 43:00.0\n"), "0000:41:00.0");
  EXPECT_EQ(proxmox_sources("hostpci0: 41:00.0\n[special:cloudinit]\nhostpci1: 42:00.0\n"), "0000:41:00.0");
  EXPECT_EQ(proxmox_sources("hostpci0: 41:00.0\nhostpci0: 42:00.0\n"), "0000:42:00.0") << "the last line of a key counts";
  EXPECT_EQ(proxmox_sources("hostpci0: 41:00\n"), "0000:41:00.0 0000:41:00.1");
  EXPECT_EQ(proxmox_sources("hostpci0: 0000:41:00;42:00.0\n"), "0000:41:00.0 0000:41:00.1 0000:42:00.0");
}

TEST(ProxmoxForms, WhatProxmoxRefuses) {
  const auto said = [](const std::string& text) { return said_of(text, "208.conf"); };
  const std::string igd = "memory: 2048\nvga: none\nhostpci0: ";
  EXPECT_THAT(said(igd + "41:00.0,legacy-igd=1\n"), HasSubstr("only works for devices on host bus 00:02.0"));
  EXPECT_THAT(said(igd + "41:00.0,legacy-igd=on,x-vga=1\n"), HasSubstr("not compatible with x-vga"));
  EXPECT_THAT(said("machine: q35\n" + igd + "00:02.0,legacy-igd=1\n"), HasSubstr("not compatible with q35"));
  EXPECT_THAT(said("memory: 2048\nhostpci0: 00:02.0,legacy-igd=1\n"), HasSubstr("requires VGA mode to be 'none'"));
  EXPECT_THAT(said(igd + "00:02.0,legacy-igd=1,rombar=0\n"), HasSubstr("requires rombar to be enabled"));
  EXPECT_THAT(said(igd + "00:02.0,legacy-igd=1\nhostpci1: 00:02.0,legacy-igd=1\n"), HasSubstr("only one device"));
  EXPECT_THAT(said("memory: 2048\nhostpci16: 41:00.0\n"), HasSubstr("unable to parse value of 'hostpci16'"));
  EXPECT_THAT(said("memory: 2048\nhostpci01: 41:00.0\n"), HasSubstr("leaves this line out"));
  EXPECT_THAT(said("memory: 2048\nhostpci0: 41:00.0,pcie=on\n"), HasSubstr("q35 machine model is not enabled"));
  EXPECT_THAT(said("memory: 2048\nhostpci0: host=41:00.0,mapping=a\n"), HasSubstr("Cannot set both 'host' and 'mapping'"));
  EXPECT_THAT(said("memory: 2048\nhostpci0: 41:00.0,nonsense=1\n"), HasSubstr("no option of hostpciN"));
  EXPECT_EQ(said("machine: q35\nmemory: 2048\nhostpci0: 42:00.0,pcie=1,rombar=0,romfile=a.rom,x-vga=0\n"), "starts");
}

Domain list(const std::string& text) { return parse_domain(text, "vm.yaml", machine(host_text)); }

TEST(DeviceLists, NothingIsPassedOver) {
  EXPECT_EQ(sources(list("devices: {a: {type: pci, address: \"42:00.0\"}, root: {type: disk, path: /}}\n")), "0000:42:00.0");
  EXPECT_EQ(sources(list("{devices: {\"a\": {'type': 'pci', 'address': '42:00.0'}}}\n")), "0000:42:00.0");
  EXPECT_EQ(sources(list("devices: [{note: it's, type: pci, address: 42:00.0}]\n")), "0000:42:00.0");
  EXPECT_EQ(sources(
                list("devices:\n  note: |\n    address: 43:00.0\n    type: pci\n  a:\n    type: pci\n    address: 42:00.0\n")),
            "0000:42:00.0")
      << "a text of several lines is text";
  for (const auto* text :
       {"devices:\n  a: *other\n  b:\n    <<: *base\n", "devices:\n  a: {type: pci,\n    address: 42:00.0}\n",
        "devices: &all\n  b: 1\n", "devices:\n  a: *other\n", "{devices: {a: *other}}\n", "i: [{name: n, sriov: {}}]\n",
        "devices:\n  a:\n    type: pci\n    address: |\n      42:00.0\n", "spec:\n  interfaces:\n  - name: n\n    sriov: {}\n",
        "spec:\n  interfaces:\n  - sriov:\n    name: n\n"})
    EXPECT_FALSE(list(text).unresolved.empty()) << text;
  EXPECT_THAT(list("cloudInit:\n  userData: |\n    #cloud-config\n    a: &b c\n").unresolved, IsEmpty());
}

TEST(DeviceLists, ResourcesOfKubeVirt) {
  const std::string permitted =
      "permittedHostDevices:\n  pciHostDevices:\n  - pciVendorSelector: \"10DE:1EB8\"\n    resourceName: \"vendor.com/T4\"\n"
      "  - pciVendorSelector: 1b21:2142\n    resourceName: vendor.com/usb\n";
  const auto wants = [](const std::string& name) { return "  - deviceName: " + name + "\n    name: x\n"; };
  const auto usb = list(permitted + "---\nhostDevices:\n" + wants("vendor.com/usb"));
  EXPECT_EQ(sources(usb), "0000:41:00.0");
  const auto one = list(permitted + "---\nhostDevices:\n" + wants("vendor.com/T4"));
  EXPECT_EQ(sources(one), "");
  EXPECT_FALSE(one.unresolved.empty()) << "one of two";
  EXPECT_EQ(sources(list(permitted + "---\ngpus:\n" + wants("vendor.com/T4") + wants("vendor.com/T4"))),
            "0000:42:00.0 0000:43:00.0");
  EXPECT_FALSE(list(permitted + "---\ngpus:\n" + wants("vendor.com/usb") + wants("vendor.com/usb")).faults.empty());
  EXPECT_EQ(list(permitted).unresolved.size(), 2U) << "guests may get any of them";
  EXPECT_EQ(list("gpus:\n" + wants("vendor.com/T4")).unresolved.size(), 1U);
}

TEST(OtherXml, ANodeDeviceIsNoDomain) {
  try {
    parse_domain(
        "<device><name>pci_0000_41_00_1</name><capability type='pci'><domain>0</domain><bus>65</bus><slot>0</slot>"
        "<function>1</function></capability></device>",
        "n.xml", machine(""));
    ADD_FAILURE() << "read as a domain";
  } catch (const std::exception& problem) {
    EXPECT_THAT(problem.what(), HasSubstr("--device 0000:41:00.1"));
  }
}

TEST(OtherXml, APoolOfACard) {
  const std::string xml = "<network><name>p</name><forward mode='hostdev' managed='yes'>\n<pf dev='own0'/></forward></network>";
  const auto with = [&xml](const std::string& host) { return parse_domain(xml, "n.xml", machine(host)); };
  const auto pool = with(
      "link /sys/class/net/own0/device ../../../devices/0000:41:00.0\ndir /sys/devices/0000:41:00.0\n"
      "link /sys/devices/0000:41:00.0/virtfn0 ../0000:41:10.0\nlink /sys/devices/0000:41:00.0/virtfn1 ../0000:41:10.2\n"
      "dir /sys/devices/0000:41:10.0\ndir /sys/devices/0000:41:10.2\n");
  EXPECT_EQ(sources(pool), "0000:41:10.0 0000:41:10.2");
  EXPECT_THAT(pool.unresolved, IsEmpty());
  EXPECT_TRUE(pool.hostdevs.front().managed);
  const auto none = with("link /sys/class/net/own0/device ../../../devices/0000:41:00.0\ndir /sys/devices/0000:41:00.0\n");
  ASSERT_EQ(none.faults.size(), 1U);
  EXPECT_THAT(none.faults.front().words, HasSubstr("No Vf's present on SRIOV PF own0"));
  EXPECT_EQ(with("").unresolved.size(), 1U);
}

/// What libvirt 9.0 said to each definition; nothing: it took it.
TEST(OtherXml, PartsOfInterfacesAndControllers) {
  const auto words_of = [](const std::string& devices) {
    const auto domain = parse_domain("<domain type='kvm'><name>d</name><os><type machine='q35'>hvm</type></os><devices>" +
                                         devices + "</devices></domain>",
                                     "d.xml", machine(""));
    std::string words;
    for (const auto& remark : domain.refused) words += remark.words;
    for (const auto& remark : domain.faults) words += remark.words;
    return words;
  };
  const std::string source = "<source><address type='pci' bus='0x41' slot='0' function='0'/></source>";
  for (const auto& [part, words] : std::initializer_list<std::pair<
           std::string, std::string>>{{"<mac address='52:54:00:1:2:3'/>", ""},
                                      {"<mac address='00:00:00:00:00:00'/>", ""},
                                      {"<mac address='03:00:00:00:00:01'/>",
                                       "expected unicast mac address, found multicast '03:00:00:00:00:01'"},
                                      {"<mac address='52-54-00-01-02-03'/>", "unable to parse mac address '52-54-00-01-02-03'"},
                                      {"<mac address='5254:00:01:02:03'/>", "unable to parse mac address '5254:00:01:02:03'"},
                                      {"<mac address='52:54:00:01:02:0g'/>", "unable to parse mac address '52:54:00:01:02:0g'"},
                                      {"<vlan><tag id='4095'/></vlan>", ""},
                                      {"<vlan><tag id='4'/><tag id='5'/></vlan>", ""},
                                      {"<vlan><tag id='4096'/></vlan>", "vlan tag id 4096 too large (maximum 4095)"},
                                      {"<vlan><tag id='0x10'/></vlan>",
                                       "Invalid value for attribute 'id' in element 'tag': '0x10'."},
                                      {"<vlan><tag/></vlan>", "Missing required attribute 'id' in element 'tag'"},
                                      {"<vlan/>",
                                       "missing tag id - each <vlan> must have at least one <tag id='n'/> subelement"},
                                      {"<vlan trunk='maybe'><tag id='4'/></vlan>",
                                       "invalid \"trunk='maybe'\" in <vlan> - must be yes or no"},
                                      {"<vlan trunk='no'><tag id='4'/><tag id='5'/></vlan>",
                                       "invalid \"trunk='no'\" in <vlan> - trunk='yes' is required for more than one vlan tag"},
                                      {"<mtu size='9000'/>", "setting MTU on interface type hostdev is not supported yet"}})
    EXPECT_EQ(words_of("<interface type='hostdev' managed='yes'>" + source + part + "</interface>"), words) << part;
  for (const auto& [part, words] : std::initializer_list<std::pair<std::string, std::string>>{
           {"<target chassis='255' port='0xff'/>", ""},
           {"<model name='ioh3420'/><target chassis='1' hotplug='off'/>", ""},
           {"<target chassis='256'/>", "PCI controller chassis '256' out of range - must be 0-255"},
           {"<target port='256'/>", "PCI controller port '256' out of range - must be 0-255"},
           {"<target chassis='x'/>", "Invalid value for attribute 'chassis' in element 'target': 'x'."},
           {"<target hotplug='maybe'/>", "Invalid value for attribute 'hotplug' in element 'target': 'maybe'."},
           {"<target busNr='5'/>", "Option 'busNr' is not valid for PCI controller with index '1', model 'pcie-root-port'"},
           {"<model name='pcie-root-prt'/>", "Invalid value for attribute 'name' in element 'model': 'pcie-root-prt'."},
           {"<model name='pci-bridge'/>",
            "Option 'modelName' has invalid value for PCI controller with index '1', model 'pcie-root-port'"}})
    EXPECT_EQ(words_of("<controller type='pci' index='1' model='pcie-root-port'>" + part + "</controller>"), words) << part;
  for (const auto* bus : {"+65", "+0x41", " 65"}) {
    const auto number =
        std::string("<hostdev mode='subsystem' type='pci'><source><address bus='") + bus + "' slot='0' function='0'/>";
    EXPECT_EQ(words_of(number + "</source></hostdev>"), "") << bus;
  }
}

TEST(DomainPlaces, LegacyVgaWantsAVgaController) {
  const std::string line = "qemu-system-x86_64 -nodefaults -M q35 -device vfio-pci,x-vga=on,host=";
  EXPECT_THAT(said_of(line + "42:00.0", "vm.sh"), HasSubstr("0000:42:00.0 is no VGA controller"));
  EXPECT_THAT(said_of(line + "42:00.0", "vm.sh"), HasSubstr("device does not support requested feature x-vga"));
  EXPECT_EQ(said_of(line + "42:00.0,x-vga=off", "vm.sh"), "starts");
  const std::string proxmox = "hostpci0: 42:00,pcie=1,x-vga=1\nmachine: q35\nmemory: 2048\n";
  EXPECT_THAT(said_of(proxmox, "1.conf"), HasSubstr("0000:42:00.0 is no VGA controller"));
  EXPECT_EQ(said_of("bios: ovmf\n" + proxmox, "1.conf"), "starts") << "Proxmox leaves it out with OVMF";
  EXPECT_EQ(said_of("hostpci0: 42:00.0,x-vga=1\n", "1.conf"), "starts") << "the firmware is not told";
  const std::string card = "pci 44:00.0 id=1002:67df class=030000 driver=vfio-pci group=7\n",
                    parameter = "text /sys/module/vfio_pci/parameters/disable_vga = ";
  EXPECT_EQ(said_of(line + "44:00.0", "vm.sh", card), "starts");
  EXPECT_EQ(said_of(line + "44:00.0", "vm.sh", card + parameter + "N\n"), "starts");
  EXPECT_THAT(said_of(line + "44:00.0", "vm.sh", card + parameter + "Y\n"), HasSubstr("loaded with disable_vga"));
}

}  // namespace
}  // namespace vfio_doctor
