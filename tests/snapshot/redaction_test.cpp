// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/redaction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "facts/network/network.hpp"
#include "facts/network/routes.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "machines.hpp"
#include "snapshot/text_redactor.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

std::string redacted_text(const std::string& text, const std::vector<PrivateName>& names = {}) {
  Pseudonyms pseudonyms([] { return true; });
  TextRedactor redactor(pseudonyms);
  for (const auto& name : names) redactor.learn(name);
  return redactor.redact(text);
}

TEST(Redaction, KeepsTheShapeOfWhatItReplaces) {
  EXPECT_EQ(redacted_text("link/ether 00:1b:21:aa:bb:cc brd ff:ff:ff:ff:ff:ff"),
            "link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff");
  EXPECT_EQ(redacted_text("root=UUID=3C2E1f4a-9D7b-4b0e-8d0a-55E0c0a1b2c3 ro"),
            "root=UUID=02000000-0000-0000-0000-000000000001 ro");
  EXPECT_EQ(redacted_text("PARTUUID=1a2b3c4d-02"), "PARTUUID=02000000-01");
  EXPECT_EQ(redacted_text("UUID=5C2E-1A3B /boot/efi"), "UUID=0200-0001 /boot/efi");
  EXPECT_EQ(redacted_text("CRYPT-LUKS2-3c2e1f4a9d7b4b0e8d0a55e0c0a1b2c3-root"),
            "CRYPT-LUKS2-02000000000000000000000000000001-root");
  EXPECT_THAT(redacted_text("gateway 203.0.113.7 dev eth0"), MatchesRegex("gateway 203\\.[0-9]+\\.[0-9]+\\.[0-9]+ dev eth0"));
  EXPECT_THAT(redacted_text("gateway 203.0.113.7 dev eth0"), Not(HasSubstr("203.0.113.7")));
  EXPECT_THAT(redacted_text("addr=2001:db8:1:2::17,"), MatchesRegex("addr=2001:[0-9a-f:]+,"));
  EXPECT_THAT(redacted_text("addr=2001:db8:1:2::17,"), Not(HasSubstr("db8:1:2")));
}

TEST(Redaction, TwoMentionsOfOneSecretStayOne) {
  EXPECT_EQ(redacted_text("00:1b:21:aa:bb:cc 00:1b:21:aa:bb:cd enx001b21aabbcc 00-1B-21-AA-BB-CD"),
            "02:00:00:00:00:01 02:00:00:00:00:02 enx020000000001 02-00-00-00-00-02");
  EXPECT_EQ(redacted_text("by-label/My\\x20Disk LABEL=\"My Disk\" /media/anna/My\\040Disk"),
            "by-label/label1 LABEL=\"label1\" /media/user1/label1");
}

TEST(Redaction, LeavesWhatMachinesTalkAbout) {
  for (const std::string text :
       {"0000:03:00.0 8086:24f3", "pci0000:00/0000:00:1c.0/0000:03:00.0", "PCI_SUBSYS_ID=8086:0010", "10000:e1:00.0",
        "AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x0000 address=0xfdf8000000]",
        "bypass=1 iommu.passthrough=1", "BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=/dev/nvme0n1p2 quiet",
        "intel_iommu=on iommu=pt vfio-pci.ids=10de:1b80,10de:10f0", "0x00000000fee00000 0x00000000feefffff msi",
        "[    0.012345] DMAR: DRHD base: 0x000000fed90000 flags: 0x0",
        "usb 1-1: New USB device strings: Mfr=1, Product=2, SerialNumber=3",
        "127.0.0.1 0.0.0.0 255.255.255.0 ::1 ::", "/@home /home /home/lost+found", "12:34:56 2026-01-31T12:00:00Z",
        "nqn.2014-08.org.nvmexpress.discovery", "00:00:00:00:00:00", "root=LABEL=$label"})
    EXPECT_EQ(redacted_text(text), text);
}

TEST(Redaction, FindsSecretsByWhatStandsBeforeThem) {
  EXPECT_EQ(redacted_text("usb 1-1: SerialNumber: 4C530001230507115234"), "usb 1-1: SerialNumber: serial1");
  EXPECT_EQ(redacted_text("systemd[1]: Hostname set to <annas-pc>."), "systemd[1]: Hostname set to <host1>.");
  EXPECT_EQ(redacted_text("//nas/x username=anna,password=#secret,rw"), "//nas/x username=user1,password=password1,rw");
  EXPECT_EQ(redacted_text("/home/anna/vm.img /run/media/anna/STICK/x"), "/home/user1/vm.img /run/media/user1/label1/x");
  EXPECT_EQ(redacted_text("Linux version 6.8.1 (anna@tower) (gcc 13)"), "Linux version 6.8.1 (user1@host1) (gcc 13)");
  EXPECT_EQ(redacted_text("iqn.1993-08.org.debian:01:annas-pc-lun-1"), "iqn.2001-04.com.example:target1-lun-1");
  EXPECT_EQ(redacted_text("password_pbkdf2 root grub.pbkdf2.sha512.10000.ABCDEF"),
            "password_pbkdf2 root grub.pbkdf2.password1");
}

TEST(Redaction, FindsNamesAsWordsOnly) {
  const std::vector<PrivateName> names = {{"host", "tower"}, {"user", "anna"}, {"volume", "tower-vg"}, {"volume", "tower--vg"}};
  EXPECT_EQ(redacted_text("fedora_tower anna-disk annabel towers TOWER", names),
            "fedora_host1 user1-disk annabel towers host1");
  EXPECT_EQ(redacted_text("/dev/tower-vg/root /dev/mapper/tower--vg-root", names),
            "/dev/volume1/root /dev/mapper/volume1-root");
}

TEST(Redaction, KeepsNetworksNested) {
  for (int run = 0; run < 20; ++run) {
    Pseudonyms pseudonyms;
    const auto in = [](const std::string& bytes) {
      InternetAddress address;
      std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
      return address;
    };
    const auto one = in(pseudonyms.address({'\xc0', '\x00', '\x02', '\x11'})),
               near = in(pseudonyms.address({'\xc0', '\x00', '\x02', '\x15'})),
               far = in(pseudonyms.address({'\xc0', '\x00', '\x03', '\x11'}));
    EXPECT_TRUE(one.lies_in(near, 29));
    EXPECT_FALSE(one.lies_in(near, 30));
    EXPECT_TRUE(one.lies_in(far, 23));
    EXPECT_FALSE(one.lies_in(far, 24));
  }
}

/// A machine full of secrets. Each of `secrets` stands in it somewhere.
const std::string private_machine = testing::read_test_file("fuzz/seeds/snapshot/private.machine");
const std::vector<std::string> secrets = {"annastower",  "ANNASTOWER",   "example.net",
                                          "annika",      "3c2e1f4a",     "storage",
                                          "198.51.100",  "HOLIDAY",      "016433C6",
                                          "006433C6",    "20010db80001", "abcdefghijklmnopqrstuvwxyz012345",
                                          "WD123456789", "5C2E-1A3B",    "S5GXNX0R123456A",
                                          "1b21aabbcc",  "1b:21:aa",     "0123456789abcdef",
                                          "CoffeeHouse", "0A1B2C3D4E5F"};

TEST(Redaction, LeavesNoSecretBehind) {
  const auto nodes = testing::completed(parse_machine_text(private_machine, "test"));
  const MemoryRoot root(nodes);
  auto recorded = nodes;  // what only tells the names is not part of a snapshot
  for (const auto* path :
       {"/etc/hostname", "/etc/passwd", "/etc/NetworkManager/system-connections/CoffeeHouse Guest.nmconnection"})
    recorded.erase(path);
  const auto before = write_machine_text(recorded);
  const auto redaction = redact(recorded, find_private_names(root));
  const auto after = write_machine_text(redaction.nodes);
  for (const auto& secret : secrets) {
    EXPECT_THAT(before, HasSubstr(secret)) << "the test looks for something that is not there";
    EXPECT_THAT(after, Not(HasSubstr(secret)));
  }
  EXPECT_EQ(redaction.nodes.size(), recorded.size());
  EXPECT_GE(redaction.counts.at("UUID"), 3u);
  EXPECT_EQ(redaction.counts.at("MAC address"), 1u);
}

TEST(Redaction, KeepsTogetherWhatBelongsTogether) {
  const auto nodes = testing::completed(parse_machine_text(private_machine, "test"));
  const MemoryRoot root(redact(nodes, find_private_names(MemoryRoot(nodes))).nodes);
  const auto link = root.list("/sys/class/net");
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(root.read_line("/sys/class/net/" + link->front() + "/address").why(), "");
  const auto mapped = root.read_line("/sys/class/block/dm-0/dm/name");
  ASSERT_TRUE(mapped.has_value());
  EXPECT_THAT(root.read("/proc/1/mountinfo").value(), HasSubstr("/dev/mapper/" + mapped.value() + " "));
  const auto routes = read_routes(root);
  ASSERT_TRUE(routes.has_value());
  const auto mounts = root.read("/proc/1/mountinfo").value();
  const auto at = mounts.find(",addr=") + 6;
  const auto server = InternetAddress::parse(mounts.substr(at, mounts.find(',', at) - at));
  ASSERT_TRUE(server.has_value()) << mounts;
  EXPECT_EQ(std::ranges::count_if(routes->routes,
                                  [&](const Route& route) { return server->lies_in(route.destination, route.prefix_length); }),
            2);
}

/// A card that is named after its address, a server in a small network, and somebody who is logged in.
const std::string remote_machine =
    "link /sys/class/net/enx001b21aabbcc ../../devices/pci0000:00/0000:00:14.0/usb1/1-1/net/enx001b21aabbcc\n"
    "dir /sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/net/enx001b21aabbcc\n"
    "link /sys/class/net/eth0 ../../devices/pci0000:00/0000:01:00.0/net/eth0\ndir "
    "/sys/devices/pci0000:00/0000:01:00.0/net/eth0\n"
    "file /run/systemd/sessions/5\n| USER=annika\n| REMOTE=1\n| REMOTE_HOST=198.51.100.130\n| FIFO=/run/annika\n";

TEST(Redaction, RoutesStillLeadWhereTheyLed) {
  const std::string told =
      "file /run/vfio-doctor/routes\n| unicast 0.0.0.0/0 dev eth0 table 254 metric 0 gateway\n"
      "| unicast 198.51.100.128/30 dev enx001b21aabbcc table 254 metric 0\n"
      "| unicast 2001:db8:7::/48 dev eth0 table 254 metric 0\n";
  const std::string text_files =
      "file /proc/net/route\n| Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
      "| eth0 00000000 010200C0 0003 0 0 0 00000000\n"
      "| enx001b21aabbcc 806433C6 00000000 0001 0 0 0 FCFFFFFF\n";
  for (const auto& routes : {told, text_files}) {
    const auto nodes = redact(testing::completed(parse_machine_text(remote_machine + routes, "test")), {}).nodes;
    const auto text = write_machine_text(nodes);
    for (const auto* secret : {"001b21aabbcc", "198.51.100", "806433C6", "annika", "db8:7"})
      EXPECT_THAT(text, Not(HasSubstr(secret)));
    const auto facts = gather_network(MemoryRoot(nodes));
    ASSERT_TRUE(facts.paths.has_value());
    ASSERT_EQ(facts.paths->size(), 2u) << text;
    EXPECT_EQ(facts.paths->back().use, "remote session");
    EXPECT_EQ(facts.paths->back().unresolved, "");
    ASSERT_EQ(facts.paths->back().functions.size(), 1u) << text;
    EXPECT_EQ(facts.paths->back().functions.front().text(), "0000:00:14.0");
  }
}

TEST(Redaction, ReplacesTheSerialNumberInConfigurationSpace) {
  std::string config(4096, '\0');
  config[0x100] = 3;  // Device Serial Number, version 1, next capability at 0x140
  config[0x102] = 1;
  config[0x103] = 0x14;
  config.replace(0x104, 8, "\x01\x02\x03\x04\x05\x06\x07\x08");
  config[0x140] = 0xd;
  const RecordedNodes nodes = {{"/sys/devices/pci0000:00/0000:00:1c.0/config", {RecordedNode::Kind::file, config}}};
  auto after = redact(nodes, {}).nodes.begin()->second.content;
  EXPECT_NE(after.substr(0x104, 8), config.substr(0x104, 8));
  after.replace(0x104, 8, config.substr(0x104, 8));
  EXPECT_EQ(after, config);
}

TEST(Redaction, ReachesIntoEfiVariables) {
  using namespace std::string_literals;
  const std::string guid =
      "\x4a\x1f\x2e\x3c\x7b\x9d\x0e\x4b\x8d\x0a\x55\xe0\xc0\xa1\xb2\xc3";  // 3c2e1f4a-9d7b-4b0e-8d0a-55e0c0a1b2c3
  const auto wide = [](const std::string& text) {
    std::string bytes;
    for (const char c : text) bytes += {c, '\0'};
    return bytes + std::string(2, '\0');
  };
  const auto variables = "/sys/firmware/efi/efivars/"s;
  const RecordedNodes nodes = {{variables + "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
                                {RecordedNode::Kind::file, "\x06\0\0\0"s + wide("3C2E1F4A-9D7B-4B0E-8D0A-55E0C0A1B2C3")}},
                               {variables + "Boot0001-8be4df61-93ca-11d2-aa0d-00e098032b8c",
                                {RecordedNode::Kind::file, "\x07\0\0\0"s + "\x01\0\0\0\x2e\0"s + wide("Linux") +
                                                               "\x04\x01\x2a\0"s + std::string(20, '\1') + guid + "\x02\x02"s}},
                               {"/sys/class/block/sda1/uevent",
                                {RecordedNode::Kind::file, "PARTUUID=3c2e1f4a-9d7b-4b0e-8d0a-55e0c0a1b2c3\n"}}};
  const auto after = redact(nodes, {}).nodes;
  ASSERT_EQ(after.size(), 3u);
  EXPECT_EQ(after.at("/sys/class/block/sda1/uevent").content, "PARTUUID=02000000-0000-0000-0000-000000000001\n");
  EXPECT_EQ(after.at(variables + "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f").content.substr(4),
            wide("02000000-0000-0000-0000-000000000001"));
  EXPECT_THAT(after.at(variables + "Boot0001-8be4df61-93ca-11d2-aa0d-00e098032b8c").content,
              HasSubstr("\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\x01"s));
}

TEST(Redaction, SaysWhichNamesItHadToKeep) {
  const RecordedNodes nodes = {{"/sys/bus/pci/drivers/nvme", {RecordedNode::Kind::directory, {}}}};
  const auto redaction = redact(nodes, {{"host", "nvme"}});
  EXPECT_TRUE(redaction.nodes.contains("/sys/bus/pci/drivers/nvme"));
  EXPECT_THAT(redaction.kept, ::testing::ElementsAre("nvme"));
}

}  // namespace
}  // namespace vfio_doctor
