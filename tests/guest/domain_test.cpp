// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include <cstdint>

#include "base/input_error.hpp"
#include "facts/domain/domain_xml.hpp"
#include "facts/domain/other_forms.hpp"
#include "guest/guest_machines.hpp"
#include "runner/guest/make_manifest.hpp"
#include "verdicts/selection.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;

std::string domain_xml(const std::string& devices) {
  return "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>guest1</name><devices>"
         "<controller type='pci' index='0' model='pcie-root'/>"
         "<controller type='pci' index='1' model='pcie-root-port'>"
         "<address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x1' multifunction='on'/></controller>"
         "<controller type='pci' index='2' model='pcie-root-port'>"
         "<address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x2'/></controller>"
         "<controller type='pci' index='3' model='pcie-to-pci-bridge'>"
         "<address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></controller>"
         "<controller type='pci' index='4' model='pcie-expander-bus'>"
         "<address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/></controller>"
         "<controller type='pci' index='5' model='pcie-root-port'>"
         "<address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></controller>"
         "<controller type='usb' index='0' model='qemu-xhci'/>" +
         devices + "</devices></domain>";
}

std::string hostdev(const std::string& source, const std::string& guest) {
  return "<hostdev mode='subsystem' type='pci' managed='yes'><source><address " + source + "/></source>" + guest + "</hostdev>";
}

std::string guest_address(const std::string& bus, const std::string& slot) {
  return "<address type='pci' domain='0x0000' bus='" + bus + "' slot='" + slot + "' function='0x0'/>";
}

const std::string wireless_source = "domain='0x0000' bus='0x03' slot='0x00' function='0x0'";

std::optional<std::string> path_of(const std::string& guest) {
  const auto domain = parse_domain_xml(domain_xml(hostdev(wireless_source, guest)), "d");
  if (!domain.hostdevs.at(0).guest_path) return std::nullopt;
  return domain.hostdevs.at(0).guest_path->text();
}

TEST(DomainXml, BusIsTheIndexOfAController) {
  EXPECT_EQ(path_of(guest_address("0x01", "0x00")), "02.1/00.0");
  EXPECT_EQ(path_of(guest_address("0x03", "0x04")), "02.2/00.0/04.0");
  EXPECT_EQ(path_of(guest_address("0x00", "0x07")), "07.0");
  EXPECT_EQ(path_of(guest_address("0x05", "0x00")), "00.0/00.0") << "an expander is a root bus of its own";
  EXPECT_EQ(path_of(guest_address("0x63", "0x00")), std::nullopt);
  EXPECT_EQ(path_of(""), std::nullopt);
}

TEST(DomainXml, NumbersMayBeDecimalHexadecimalOrOctal) {
  const auto domain = parse_domain_xml(domain_xml(hostdev("domain='0' bus='10' slot='0x1f' function='03'", "")), "d");
  EXPECT_EQ(domain.hostdevs.at(0).source.text(), "0000:0a:1f.3");
  EXPECT_EQ(domain.name, "guest1");
  EXPECT_TRUE(domain.hostdevs.at(0).managed);
}

TEST(DomainXml, OtherWaysToAssign) {
  const auto domain =
      parse_domain_xml(domain_xml("<interface type='hostdev'><source><address type='pci' domain='0' bus='1' slot='2' "
                                  "function='3'/></source>"
                                  "</interface><disk type='nvme'><source/></disk>" +
                                  hostdev("domain='0' bus='4' slot='0' function='0'", "<address type='unassigned'/>")),
                       "d");
  ASSERT_EQ(domain.hostdevs.size(), 2u);
  EXPECT_EQ(domain.hostdevs[0].origin, DomainHostdev::Origin::interface);
  EXPECT_FALSE(domain.hostdevs[1].reaches_guest);
  EXPECT_EQ(domain.notes.size(), 1u);
}

// It looked as if the domain took nothing, while libvirt would take the host's disk.
TEST(DomainXml, NvmeDiskTakesItsControllerFromTheHost) {
  const auto domain =
      parse_domain_xml(domain_xml("<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'>"
                                  "<address domain='0x0000' bus='0x3e' slot='0x00' function='0x0'/></source><target dev='vda' "
                                  "bus='virtio'/>"
                                  "<address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/></disk>"),
                       "d");
  ASSERT_EQ(domain.hostdevs.size(), 1u);
  EXPECT_EQ(domain.hostdevs[0].source.text(), "0000:3e:00.0");
  EXPECT_TRUE(domain.hostdevs[0].managed);
  EXPECT_FALSE(domain.hostdevs[0].reaches_guest);
}

TEST(DomainXml, ControllersThatStandOnEachOtherEnd) {
  const auto domain =
      parse_domain_xml("<domain><devices><controller type='pci' index='1' model='pcie-root-port'>" + guest_address("1", "1") +
                           "</controller>" + hostdev(wireless_source, guest_address("1", "0")) + "</devices></domain>",
                       "d");
  EXPECT_FALSE(domain.hostdevs.at(0).guest_path);
}

TEST(DomainXml, RubbishIsRefused) {
  for (const auto& text : {std::string(), std::string("<network/>"), std::string("<domain>"),
                           std::string("\x7f"
                                       "ELF"),
                           std::string("<hostdev"), std::string("<network><forward mode='nat'/></network>"),
                           std::string("<interface type='bridge'/>")}) {
    try {
      parse_domain_xml(text, "d");
      ADD_FAILURE() << "accepted: " << text.substr(0, 60);
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  }
}

/// What libvirt refuses about the domain is told with its line, not thrown: the report names it.
TEST(DomainXml, AddressesThatAreNoneAreFaults) {
  for (const auto& devices : {std::string("<hostdev type='pci'/>"), hostdev("bus='0x1ff' slot='0' function='0'", ""),
                              hostdev("bus='x' slot='0' function='0'", "")}) {
    const auto domain = parse_domain_xml("\n" + domain_xml(devices), "d");
    EXPECT_TRUE(domain.hostdevs.empty());
    ASSERT_EQ(domain.faults.size(), 1u) << devices;
    EXPECT_EQ(domain.faults[0].line, 2u);
    EXPECT_THROW(manifest_of(machine("pci 0000:03:00.0 id=8086:24f3 class=028000\n"), domain), InputError);
  }
}

const std::string host =
    "pci 0000:00:14.0 id=8086:a12f class=0c0330 sub=8086:a12f rev=31 driver=xhci_hcd power_state=D0\n"
    "pci 0000:00:14.2 id=8086:a131 class=118000 rev=31\n"
    "text /sys/devices/pci0000:00/0000:00:14.0/usb1/idVendor = 1d6b\n"
    "text /sys/devices/pci0000:00/0000:00:14.0/usb1/idProduct = 0002\n"
    "text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/idVendor = 046d\n"
    "text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/idProduct = c077\n"
    "text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/product = USB Optical Mouse\n"
    "link /sys/bus/usb/devices/usb1 ../../../devices/pci0000:00/0000:00:14.0/usb1\n"
    "link /sys/bus/usb/devices/1-1 ../../../devices/pci0000:00/0000:00:14.0/usb1/1-1\n"
    "file /sys/devices/pci0000:00/0000:00:14.0/resource\n"
    "| 0x00000000f7200000 0x00000000f720ffff 0x0000000000140204\n";

TEST(MakeManifest, FromADomain) {
  const auto domain = parse_domain_xml(domain_xml(hostdev("bus='0' slot='0x14' function='0'", guest_address("3", "3")) +
                                                  hostdev("bus='0' slot='0x14' function='2'", guest_address("3", "4"))),
                                       "d");
  const auto manifest = manifest_of(machine(host), domain);
  ASSERT_EQ(manifest.devices.size(), 2u);
  EXPECT_EQ(manifest.domain, "guest1");
  EXPECT_EQ(manifest.devices[0].guest_path->text(), "02.2/00.0/03.0");
  EXPECT_EQ(manifest.devices[0].bars, std::vector<std::uint64_t>{65536});
  ASSERT_EQ(manifest.devices[0].usb.size(), 1u);
  EXPECT_EQ(manifest.devices[0].usb[0].id, "046d:c077");
  EXPECT_TRUE(manifest.devices[0].expect_driver);
  EXPECT_FALSE(manifest.devices[1].expect_driver);
  EXPECT_EQ(write_manifest(parse_manifest(write_manifest(manifest), "m")), write_manifest(manifest));
}

TEST(MakeManifest, RefusesWhatIsNotThere) {
  EXPECT_THROW(manifest_of(machine(host), std::vector<PciAddress>{}), InputError);
  EXPECT_THROW(manifest_of(machine(host), std::vector{*PciAddress::parse("0a:00.0")}), InputError);
  EXPECT_THROW(manifest_of(machine(host), parse_domain_xml(domain_xml(""), "d")), InputError);
}

/// check --domain judges what the domain takes, each once, beside what --device names. One that is taken twice or is not there
/// is a finding of domain-sources.
TEST(SelectDomain, TakesItsFunctionsEachOnce) {
  const auto wireless = *PciAddress::parse("03:00.0"), missing = *PciAddress::parse("09:00.0");
  const auto selected = [](const std::string& devices, std::vector<PciAddress> list) {
    select_domain(parse_domain_xml(domain_xml(devices), "d"), list);
    return list;
  };
  EXPECT_THAT(selected(hostdev(wireless_source, ""), {}), ::testing::ElementsAre(wireless));
  EXPECT_THAT(selected(hostdev(wireless_source, ""), {wireless}), ::testing::ElementsAre(wireless));
  EXPECT_THAT(selected("", {}), ::testing::IsEmpty());
  EXPECT_THAT(selected(hostdev("bus='0x1ff' slot='0' function='0'", ""), {}), ::testing::IsEmpty());
  EXPECT_THAT(selected(hostdev(wireless_source, "") + hostdev(wireless_source, ""), {}), ::testing::ElementsAre(wireless));
  EXPECT_THAT(selected(hostdev("domain='0x0000' bus='0x09' slot='0x00' function='0x0'", ""), {}),
              ::testing::ElementsAre(missing));
}

TEST(DomainXml, EveryWayToNameAFunctionOnTheCommandLine) {
  const auto domain =
      parse_domain_xml(replaced(domain_xml(""), "</domain>",
                                "<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='vfio-pci,host=03:00.0'/>"
                                "<qemu:arg value='vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:04:00.0,x-vga=on'/>"
                                "<qemu:arg value='vfio-pci-nohotplug,host=0000:05:00.0'/>"
                                "<qemu:arg value='{\"driver\":\"vfio-pci\",\"host\":\"0000:06:00.0\",\"id\":\"x\"}'/>"
                                "<qemu:arg "
                                "value='{\"driver\":\"virtio-net-pci\",\"host\":\"no\"}'/></qemu:commandline></domain>"),
                       "d");
  std::string all;
  for (const auto& hostdev : domain.hostdevs) all += hostdev.source.text() + " ";
  EXPECT_EQ(all, "0000:03:00.0 0000:04:00.0 0000:05:00.0 0000:06:00.0 ");
}

TEST(DomainXml, SaysWhatAManifestLeavesOut) {
  const auto domain = parse_domain_xml(domain_xml("<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address "
                                                  "uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/>"
                                                  "</source></hostdev><hostdev mode='subsystem' type='usb'><source><vendor "
                                                  "id='0x046d'/></source></hostdev>"),
                                       "d");
  EXPECT_TRUE(domain.hostdevs.empty());
  EXPECT_EQ(domain.notes.size(), 2u);
}

TEST(DomainXml, BrokenXmlIsNamedWithItsLine) {
  try {
    parse_domain_xml("<domain>\n<devices>\n</domain>\n", "d.xml");
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("d.xml:3: not valid XML"));
  }
}

TEST(SelectDomain, WhatIsNotManagedMustBeOnVfio) {
  const auto judged = [](const std::string& function, const std::string& managed) {
    Host here;
    here.functions = gather_pci(machine("pci 0000:03:00.0 id=8086:24f3 class=028000" + function), Wake::no);
    auto xml = domain_xml(hostdev(wireless_source, ""));
    const std::string_view yes = "managed='yes'";
    const auto at = xml.find(yes);
    if (at != std::string::npos) xml.replace(at, yes.size(), managed);
    return judge_unmanaged(here, parse_domain_xml(xml, "d"));
  };
  EXPECT_TRUE(judged(" driver=iwlwifi", "managed='yes'").empty());
  EXPECT_TRUE(judged(" driver=vfio-pci", "").empty());
  ASSERT_EQ(judged(" driver=iwlwifi", "").size(), 1u) << "libvirt's default is not managed";
  EXPECT_EQ(judged(" driver=iwlwifi", "managed='no'").at(0).status, Status::fail);
  EXPECT_EQ(judged(" driver=iwlwifi", "managed='no'").at(0).effect, Effect::blocked);
  EXPECT_EQ(judged("", "managed='no'").size(), 1u) << "a function without a driver is not detached either";
  EXPECT_EQ(judged(" driver=pci-stub", "managed='no'").size(), 1u);
  EXPECT_THAT(judged(" driver=iwlwifi", "").at(0).remedy.at(0).commands,
              ::testing::ElementsAre("sudo virsh nodedev-detach pci_0000_03_00_0"));
}

/// args: of Proxmox VE goes to QEMU as it stands, and driver=keep has nothing to do with it.
TEST(SelectDomain, WhyNobodyBindsItIsSaidOfItsForm) {
  const auto root = machine("pci 0000:03:00.0 id=8086:24f3 class=028000 driver=iwlwifi");
  Host here;
  here.functions = gather_pci(root, Wake::no);
  const auto why = [&](const std::string& line) {
    return judge_unmanaged(here, parse_domain("memory: 2048\n" + line, "100.conf", root)).at(0).summary;
  };
  EXPECT_THAT(why("args: -device vfio-pci,host=03:00.0\n"), ::testing::HasSubstr("QEMU binds nothing"));
  EXPECT_THAT(why("hostpci0: 03:00.0,driver=keep\n"), ::testing::HasSubstr("driver=keep"));
}

}  // namespace
}  // namespace vfio_doctor
