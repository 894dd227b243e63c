// SPDX-License-Identifier: GPL-2.0-or-later
// Every way in which a function enters a domain, and every form in which people have their domains.
#include <gmock/gmock.h>

#include "base/input_error.hpp"
#include "facts/domain/command_words.hpp"
#include "facts/domain/other_forms.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::ElementsAre;

std::string sources(const Domain& domain) {
  std::string all;
  for (const auto& device : domain.hostdevs)
    all += (all.empty() ? "" : " ") + device.source.text() + "@" + std::to_string(device.line);
  return all;
}

std::string sources_of(const std::string& text, const std::string& name = "d.xml", const std::string& host = "") {
  return sources(parse_domain(text, name, machine(host)));
}

const std::string address = "<address domain='0' bus='0x41' slot='0x00' function='0x1'/>";

TEST(DomainForms, CommandLineInAnySpellingOfTheNamespace) {
  const std::string uri = "http://libvirt.org/schemas/domain/qemu/1.0";
  const std::string arguments = "arg value='-device'/>\n<";
  for (const auto& [declared, element, prefix] :
       {std::tuple{" xmlns:qemu='" + uri + "'", std::string("qemu:commandline"), std::string("qemu:")},
        std::tuple{" xmlns:q='" + uri + "'", std::string("q:commandline"), std::string("q:")},
        std::tuple{std::string(), "commandline xmlns='" + uri + "'", std::string()},
        std::tuple{std::string(), "x:commandline xmlns:x=\"" + uri + "\"", std::string("x:")}}) {
    const auto closing = element.substr(0, element.find(' '));
    const auto text = "<domain" + declared + "><" + element + ">\n<" + prefix + "arg value='-device'/>\n<" + prefix +
                      "arg value='vfio-pci,host=41:00.1'/></" + closing + "></domain>";
    EXPECT_EQ(sources_of(text), "0000:41:00.1@3") << text;
  }
  const std::string other =
      "<domain><commandline xmlns='http://libvirt.org/schemas/domain/bhyve/1.0'><arg value='vfio-pci,host=41:00.1'/>"
      "</commandline></domain>";
  EXPECT_EQ(sources_of(other), "") << "libvirt hands it to another hypervisor";
}

TEST(DomainForms, EveryArgumentOfQemuThatTakesAFunction) {
  const auto of = [](const std::string& value) {
    Domain domain;
    read_command_words({{"-x", 1}, {value, 2}}, domain);
    return sources(domain);
  };
  for (const auto* value :
       {"vfio-pci,host=41:00.1", "vfio-pci,id=a,,b,host=0000:41:00.1", "driver=vfio-pci,host=41:00.1",
        "vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:41:00.1/", "vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:41:00.1//",
        "vfio-pci-nohotplug,sysfsdev=/sys/devices/pci0000:40/0000:41:00.1", "file=nvme://0000:41:00.1/1,if=none",
        "nvme://0000:41:00.1/1", "driver=nvme,device=0000:41:00.1,namespace=1,node-name=n",
        "driver=raw,file.driver=nvme,file.device=0000:41:00.1",
        R"({"driver":"raw","file":{"driver":"nvme","device":"0000:41:00.1","namespace":1}})",
        R"({"driver":"vfio-pci","host":"0000:41:00.1"})", "json:{\"driver\":\"nvme\",\"device\":\"0000:41:00.1\"}"})
    EXPECT_EQ(of(value), "0000:41:00.1@2") << value;
  for (const auto* value :
       {"virtio-net-pci,host=41:00.1", "driver=file,filename=/dev/41", "", "{", "nvme://", ",,,,", "vfio-pci"})
    EXPECT_EQ(of(value), "") << value;
  Domain wrong;  // QEMU 7.2 refuses both
  read_command_words({{"-device vfio-pci,host=41:00.1", 1}, {"-device", 2}, {" vfio-pci,host=41:00.1", 3}}, wrong);
  EXPECT_EQ(wrong.faults.size(), 2u);
  Domain domain;
  read_command_words({{"-set", 1}, {"device.hostdev0.host=41:00.1", 4}, {"-readconfig", 5}}, domain);
  EXPECT_EQ(sources(domain), "0000:41:00.1@4");
  EXPECT_EQ(domain.unresolved.size(), 1u);
}

TEST(DomainForms, NvmeBelowADiskAndWhatLibvirtChose) {
  const auto source = "<source type='pci' managed='yes' namespace='1'>" + address + "</source>";
  EXPECT_EQ(sources_of("<domain><devices>\n<disk type='file'><source file='/a'/><backingStore type='file'><source file='/b'/>"
                       "<backingStore type='nvme'>" +
                       source + "</backingStore></backingStore></disk></devices></domain>"),
            "0000:41:00.1@2");
  EXPECT_EQ(sources_of("<domain><devices><disk type='nvme'>" + source + "</disk>\n<disk type='nvme'>" + source +
                       "</disk></devices></domain>"),
            "0000:41:00.1@1")
      << "two namespaces of one controller";
  EXPECT_EQ(
      sources_of(
          "<domstatus><domain><devices><interface type='network'><source network='p'/><actual type='hostdev' managed='yes'>"
          "<source><address type='pci' domain='0' bus='0x41' slot='0' function='1'/></source></actual></interface></devices>"
          "</domain></domstatus>"),
      "0000:41:00.1@1");
}

TEST(DomainForms, PartsOfADomain) {
  const auto hostdev = "<hostdev mode='subsystem' type='pci'>\n<source>" + address + "</source></hostdev>";
  EXPECT_EQ(sources_of(hostdev), "0000:41:00.1@1");
  EXPECT_EQ(sources_of("<devices>\n" + hostdev + "</devices>"), "0000:41:00.1@2");
  EXPECT_EQ(sources_of("<domainsnapshot><name>s</name><domain><devices>" + hostdev + "</devices></domain></domainsnapshot>"),
            "0000:41:00.1@1");
  EXPECT_EQ(sources_of("<network><name>p</name><forward mode='hostdev' managed='yes'>\n"
                       "<address type='pci' domain='0' bus='0x41' slot='0' function='1'/></forward></network>"),
            "0000:41:00.1@2");
  const auto pool =
      parse_domain("<network><name>p</name><forward mode='hostdev'><pf dev='eno7'/></forward></network>", "n.xml", machine(""));
  EXPECT_EQ(pool.unresolved.size(), 1u);
}

TEST(DomainForms, Proxmox) {
  const std::string host = "pci 0000:41:00.0 id=10de:2204 class=030000\npci 0000:41:00.1 id=10de:1aef class=040300\n";
  const std::string config =
      "# hostpci0: 99:00\nagent: 1\nhostpci0: 0000:41:00,pcie=1\nhostpci3: host=41:00.1;42:00.0,pcie=1\nmemory: 2048\n"
      "args: -device 'vfio-pci,host=43:00.0'\n[snap]\nhostpci1: 44:00.0\n";
  const auto domain = parse_domain(config, "/etc/pve/qemu-server/207.conf", machine(host));
  EXPECT_EQ(sources(domain), "0000:41:00.0@3 0000:41:00.1@3 0000:41:00.1@4 0000:42:00.0@4 0000:43:00.0@6");
  EXPECT_EQ(domain.memory_bytes, 2048ULL << 20);
  EXPECT_EQ(domain.name, "207");
  EXPECT_EQ(parse_domain("hostpci0: nonsense\n", "1.conf", machine("")).faults.size(), 1u);
}

TEST(DomainForms, ProxmoxMappings) {
  const std::string host =
      "text /etc/hostname = alpha\nfile /etc/pve/mapping/pci.cfg\n| pci: card\n| \tmap "
      "id=10de:2204,node=beta,path=0000:42:00.0\n"
      "| \tmap id=10de:2204,iommugroup=9,node=alpha,path=0000:41:00.0\n| pci: many\n"
      "| \tmap id=1:2,node=alpha,path=0000:45:00.0\n| \tmap id=1:2,node=alpha,path=0000:46:00.0\n";
  const auto of = [&host](const std::string& mapping) {
    return parse_domain("hostpci0: mapping=" + mapping + ",pcie=1\n", "1.conf", machine(host));
  };
  EXPECT_EQ(sources(of("card")), "0000:41:00.0@1");
  EXPECT_EQ(of("card").hostdevs.at(0).expected_id, "10de:2204");
  EXPECT_EQ(of("many").unresolved.size(), 1u);
  EXPECT_EQ(of("none").faults.size(), 1u);
  EXPECT_EQ(parse_domain("hostpci0: mapping=card\n", "1.conf", machine("")).unresolved.size(), 1u)
      << "no table to look it up in";
}

TEST(DomainForms, PlainCommandLines) {
  EXPECT_EQ(sources_of("#!/bin/sh\nexec qemu-system-x86_64 -name guest=w,debug-threads=on -m 8G \\\n -device "
                       "\"vfio-pci,host=41:00.1\"\n",
                       "run.sh"),
            "0000:41:00.1@3");
  constexpr char words[] =
      "/usr/bin/qemu-system-x86_64\0-m\0size=2097152k\0-device\0{\"driver\":\"vfio-pci\",\"host\":\"0000:41:00.1\"}\0";
  const std::string running(words, sizeof words - 1);
  const auto domain = parse_qemu_command_line(running, "/proc/9/cmdline");
  EXPECT_EQ(sources(domain), "0000:41:00.1@1");
  EXPECT_EQ(domain.memory_bytes, 2ULL << 30);
  EXPECT_THROW(sources_of("ls -l\n", "run.sh"), InputError);
}

/// "host's width" or not, and the limit, as each form writes it.
TEST(DomainForms, AddressBitsOfTheProcessor) {
  const auto told = [](const std::string& text, const std::string& name) {
    const auto domain = parse_domain(text, name, machine(""));
    const auto& bits = domain.processor.address_bits;
    return std::string(domain.processor.has_the_hosts_width() ? "host" : "own") + (bits ? " " + std::to_string(*bits) : "") +
           (domain.loader.empty() ? "" : " uefi");
  };
  const auto xml = [](const std::string& cpu) { return "<domain type='kvm'><name>x</name>" + cpu + "</domain>"; };
  EXPECT_EQ(told(xml("<os firmware='efi'/><cpu mode='host-passthrough'/>"), "a.xml"), "host uefi");
  EXPECT_EQ(told(xml("<cpu mode='maximum'><maxphysaddr mode='passthrough' limit='39'/></cpu>"), "a.xml"), "host 39");
  EXPECT_EQ(told(xml("<cpu mode='host-passthrough'><maxphysaddr mode='emulate' bits='42'/></cpu>"), "a.xml"), "own 42");
  EXPECT_EQ(told(xml("<cpu mode='host-model'/>"), "a.xml"), "own");
  EXPECT_EQ(told(xml("<cpu mode='host-model'><maxphysaddr mode='passthrough'/></cpu>"), "a.xml"), "host");
  const std::string qemu = "qemu-system-x86_64 -device vfio-pci,host=41:00.0 ";
  EXPECT_EQ(told(qemu + "-cpu host,kvm=off -machine q35,pflash0=code", "run.sh"), "host uefi");
  EXPECT_EQ(told(qemu + "-cpu host,host-phys-bits-limit=39", "run.sh"), "host 39");
  EXPECT_EQ(told(qemu + "-cpu max -cpu Skylake-Server,phys-bits=40", "run.sh"), "own 40") << "the last one counts";
  EXPECT_EQ(told(qemu + "-cpu Skylake-Server,host-phys-bits=on -bios OVMF.fd", "run.sh"), "host uefi");
  EXPECT_EQ(told("bios: ovmf\ncpu: host\nhostpci0: 41:00.0\n", "9.conf"), "host uefi");
  EXPECT_EQ(told("cpu: cputype=x86-64-v3,phys-bits=host\nhostpci0: 41:00.0\n", "9.conf"), "host");
  EXPECT_EQ(told("cpu: host,phys-bits=39\nhostpci0: 41:00.0\n", "9.conf"), "own 39");
  EXPECT_EQ(told("args: -cpu host,host-phys-bits-limit=39\ncpu: x86-64-v2-AES\nhostpci0: 41:00.0\n", "9.conf"), "host 39")
      << "args: stands behind";
}

TEST(DomainForms, DeviceLists) {
  EXPECT_EQ(sources_of("devices:\n  gpu:\n    type: gpu\n    pci: \"0000:41:00.1\"\n  nic:\n    address: 192.0.2.1\n",
                       "i.yaml"),
            "0000:41:00.1@4");
  EXPECT_EQ(parse_domain("hostDevices:\n- deviceName: vendor.example/card\n", "vm.yaml", machine("")).unresolved.size(), 1u);
}

/// QEMU takes numbers of any length, and follows paths.
TEST(DomainForms, AddressesAndPathsAsQemuReadsThem) {
  const auto of = [](const std::string& value) {
    Domain domain;
    read_command_words({{"-device", 1}, {value, 2}}, domain);
    return sources(domain) + (domain.faults.empty() ? "" : "!");
  };
  for (const auto* value :
       {"vfio-pci,host=41:0.1", "vfio-pci,host=0:41:00.1", "vfio-pci,host=0x41:0x0.1", "vfio-pci,host= 41:00.1",
        "vfio-pci,sysfsdev=/sys//bus/pci/devices/./0000:41:00.1/.", "vfio-pci,sysfsdev=/sys/bus/pci/devices/x/../0000:41:00.1"})
    EXPECT_EQ(of(value), "0000:41:00.1@2") << value;
  for (const auto* value : {"vfio-pci,host=41:00:1", "vfio-pci,host=41:00.8", "vfio-pci,host=41:20.0", "vfio-pci,host=41:00.1x",
                            "vfio-pci,host=", "vfio-pci,host=:.", "vfio-pci,host=1:2:3:4.5"})
    EXPECT_EQ(of(value), "!") << value;
  const std::string host =
      "pci 0000:41:00.1 id=8086:1572 class=020000\nlink /sys/class/net/eno7/device ../../../bus/pci/devices/0000:41:00.1\n";
  const auto on = [&host](const std::string& interface) {
    return parse_domain("qemu-system-x86_64 -device vfio-pci,sysfsdev=/sys/class/net/" + interface + "/device\n", "run.sh",
                        machine(host));
  };
  EXPECT_EQ(sources(on("eno7")), "0000:41:00.1@1");
  EXPECT_TRUE(on("eno7").unresolved.empty());
  EXPECT_EQ(on("eno8").unresolved.size(), 1u);
}

TEST(DomainForms, DevicesOfIncusOneByOne) {
  const std::string host =
      "pci 0000:41:00.1 id=8086:1572 class=020000\nlink /sys/class/net/eno7/device ../../../bus/pci/devices/0000:41:00.1\n";
  const auto of = [&host](const std::string& device) {
    return parse_domain("config: {}\ndevices:\n  d:\n" + device + "  root:\n    path: /\n    type: disk\n", "i.yaml",
                        machine(host));
  };
  EXPECT_EQ(sources(of("    nictype: physical\n    parent: eno7\n    type: nic\n")), "0000:41:00.1@5");
  EXPECT_EQ(sources(of("    type: pci\n    address: 0000:41:00.1 # the card\n")), "0000:41:00.1@5");
  EXPECT_EQ(of("    nictype: physical\n    parent: eno8\n    type: nic\n").unresolved.size(), 1u);
  EXPECT_EQ(of("    nictype: sriov\n    parent: eno7\n    type: nic\n").unresolved.size(), 1u);
  EXPECT_EQ(of("    type: gpu\n    gputype: mdev\n    mdev: i915\n    pci: 0000:00:02.0\n").unresolved.size(), 1u)
      << "a part of it";
  EXPECT_EQ(of("    type: gpu\n").unresolved.size(), 1u) << "every card";
  const std::string card =
      "pci 0000:42:00.0 id=10de:2489 class=030000 group=5\npci 0000:42:00.1 id=10de:228b class=040300 group=5\n"
      "pci 0000:42:00.2 id=10de:1ad8 class=0c0330 group=6\npci 0000:43:00.0 id=10de:1eb8 class=030200 group=7\n"
      "pci 0000:44:00.0 id=10de:1eb8 class=030200 group=8\n";
  const auto gpu = [&card](const std::string& words) {
    return parse_domain("devices:\n  g: {type: gpu, " + words + "}\n", "i.yaml", machine(card));
  };
  EXPECT_EQ(sources(gpu("pci: \"42:00.0\"")), "0000:42:00.0@2 0000:42:00.1@2") << "with what shares its group and slot";
  EXPECT_EQ(sources(gpu("vendorid: 10de, productid: \"2489\"")), "0000:42:00.0@2 0000:42:00.1@2");
  EXPECT_EQ(gpu("vendorid: 10de, productid: \"1eb8\"").faults.at(0).words, "VMs cannot match multiple GPUs per device");
  EXPECT_EQ(gpu("vendorid: 10de, productid: \"2488\"").faults.at(0).words, "Failed to detect requested GPU device");
  EXPECT_EQ(gpu("vendorid: 10de").unresolved.size(), 1u);
  EXPECT_EQ(of("    type: pci\n    address: nonsense\n").faults.size(), 1u);
  const auto bridged = of("    nictype: bridged\n    parent: eno7\n    type: nic\n");
  EXPECT_TRUE(bridged.hostdevs.empty() && bridged.unresolved.empty() && bridged.faults.empty());
  EXPECT_EQ(sources_of("devices:\n  a: {type: pci, address: \"0000:41:00.1\"}\n", "i.yaml", host), "0000:41:00.1@2");
}

TEST(DomainForms, ProxmoxWantsQ35ForExpress) {
  const auto faults = [](const std::string& text) { return parse_domain(text, "100.conf", machine("")).faults; };
  EXPECT_EQ(faults("hostpci0: 41:00.0,pcie=1\nmachine: pc-q35-8.1+pve0\nmemory: 4096\n").size(), 0u);
  EXPECT_EQ(faults("hostpci0: 41:00.0\nmemory: 4096\n").size(), 0u);
  ASSERT_EQ(faults("hostpci0: 41:00.0,pcie=1\nmemory: 4096\n").size(), 1u);
  EXPECT_EQ(faults("hostpci0: 41:00.0,pcie=1\nmemory: 4096\n")[0].words, "q35 machine model is not enabled");
  EXPECT_EQ(faults("hostpci0: 41:00.0,pcie=1\nmemory: 4096\n")[0].line, 1u);
}

TEST(DomainForms, HostileTextEndsInOneLine) {
  std::string deep = "<domain><devices><disk type='file'>", chain;
  for (int i = 0; i < 20000; ++i) deep += "<backingStore type='file'>";
  for (int i = 0; i < 300; ++i) chain += "<backingStore type='file'>";
  std::string closed;
  for (int i = 0; i < 300; ++i) closed += "</backingStore>";
  EXPECT_EQ(parse_domain("<domain><devices><disk>" + chain + closed + "</disk></devices></domain>", "d.xml", machine(""))
                .faults.size(),
            1u);
  std::string many = "<devices>";
  for (int i = 0; i < 5000; ++i) many += "<hostdev type='pci'><source>" + address + "</source></hostdev>";
  const std::string entities = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><domain><name>&b;</name>";
  std::string braces = "qemu-system-x86_64";  // none of the objects ends: the line is looked through once, not from each
  for (int i = 0; i < 150'000; ++i) braces += " {\"a\"";
  for (const auto& text : {deep, many + "</devices>", entities, braces, std::string("\xff\xfe<\0d\0", 6),
                           std::string(5 << 20, ' '), std::string(1, '\0')})
    try {
      parse_domain(text, "d.xml", machine(""));
      ADD_FAILURE() << "accepted " << text.substr(0, 40);
    } catch (const InputError& problem) {
      EXPECT_EQ(std::string(problem.what()).find('\n'), std::string::npos);
    }
}

/// Proxmox leaves a line out that it does not understand, and starts the guest without the device.
TEST(DomainForms, ProxmoxReadsALineAsItIsWritten) {
  const auto told = [](const std::string& line) {
    const auto domain = parse_domain("machine: q35\nhostpci0: " + line + "\n", "1.conf", machine(""));
    return sources(domain) + "|" + (domain.faults.empty() ? "" : domain.faults[0].what);
  };
  for (const auto* line : {"42:00.1,pcie=1", "pcie=1,42:00.1", "pcie=On,,rombar=off,host=0000:42:00.1", "10000:42:00.1",
                           "42:00.1,device-id=0x1234 "})
    EXPECT_THAT(told(line), ::testing::EndsWith(":42:00.1@2|")) << line;
  const auto left_out = [](const std::string& why) {
    return "|Proxmox does not understand this line (" + why + ") and leaves it out: the guest starts without the device.";
  };
  EXPECT_EQ(told("42:00.1, pcie=1"), left_out("invalid key in comma-separated list property:  pcie"));
  EXPECT_EQ(told("mapping=card, pcie=1"), left_out("invalid key in comma-separated list property:  pcie"));
  EXPECT_EQ(told("42:00.0,42:00.1,pcie=1"), left_out("duplicate key in comma-separated list property: host"));
  EXPECT_EQ(told("42:00.0,host=42:00.1"), left_out("duplicate key in comma-separated list property: host"));
  EXPECT_EQ(told("42:00.1,pcie=1,pcie=0"), left_out("duplicate key in comma-separated list property: pcie"));
  EXPECT_EQ(told("42:00.1,x-vga=always"), left_out("x-vga: type check ('boolean') failed - got 'always'"));
  EXPECT_EQ(told("42:00.1,romfile="), left_out("missing key in comma-separated list property"));
  EXPECT_EQ(told("4A:00.1"), left_out("host: value does not match the regex pattern"));
  EXPECT_EQ(told("42:00.0; 42:00.1"), left_out("host: value does not match the regex pattern"));
}

/// `ps`, /proc/PID/cmdline with blanks and some logs show JSON without the quotes around it.
TEST(DomainForms, JsonWithoutAShellsQuotes) {
  const std::string start = "LC_ALL=C /usr/bin/qemu-system-x86_64 -machine q35 -device ";
  EXPECT_EQ(sources_of(start + R"({"driver":"vfio-pci","host":"0000:41:00.1","id":"a b"} -S)", "log"), "0000:41:00.1@1");
  EXPECT_EQ(sources_of(start + R"({ "driver": "vfio-pci", "host": "0000:41:00.1" } -device vfio-pci,host=42:00.0)", "log"),
            "0000:41:00.1@1 0000:42:00.0@1");
  EXPECT_EQ(sources_of(start + R"('{"driver":"vfio-pci","host":"0000:41:00.1"}')", "log"), "0000:41:00.1@1");
  for (const auto* lost : {"{driver:vfio-pci,host:0000:41:00.1}", R"({"driver":"vfio-pci","host":"0000:41:00.1")"}) {
    const auto domain = parse_domain(start + lost, "log", machine(""));
    EXPECT_EQ(domain.hostdevs.size(), 0u) << lost;
    EXPECT_EQ(domain.unresolved.size(), 1u) << lost;
  }
}

/// What a domain opens by name, in each form: domain-sources compares it with the functions that it takes.
TEST(DomainForms, WhatItOpensByName) {
  const auto opened = [](const std::string& text, const std::string& name) {
    std::string all;
    for (const auto& one : parse_domain(text, name, machine("")).opens)
      all += one.what + " " + one.path + "@" + std::to_string(one.line) + ";";
    return all;
  };
  EXPECT_EQ(opened("memory: 2048\nscsi1: /dev/disk/by-id/ata-x,size=1T\nscsi2: file=/dev/sdq\nide2: none,media=cdrom\n"
                   "virtio0: local:vm-1\nscsihw: virtio-scsi-single\n",
                   "1.conf"),
            "disk /dev/disk/by-id/ata-x@2;disk /dev/sdq@3;");
  EXPECT_EQ(opened("qemu-system-x86_64 -drive file=/dev/sdq,if=virtio -object input-linux,id=k,evdev=/dev/input/event7 "
                   R"(-blockdev '{"driver":"raw","file":{"driver":"host_device","filename":"/dev/sdr"}}' )"
                   "-display egl-headless,rendernode=/dev/dri/renderD129 -drive file=disk.img",
                   "vm.sh"),
            "disk /dev/sdq@1;input device /dev/input/event7@1;disk /dev/sdr@1;render node /dev/dri/renderD129@1;");
  EXPECT_EQ(opened("<domain><devices><hostdev mode='subsystem' type='usb'/><input type='passthrough'><source "
                   "evdev='/dev/input/event3'/></input><interface type='direct'><source dev='../x'/></interface>"
                   "<interface type='bridge'><source bridge='br0'/></interface></devices></domain>",
                   "d.xml"),
            "input device /dev/input/event3@1;");
}

}  // namespace
}  // namespace vfio_doctor
