// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/network/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "facts/network/routes.hpp"
#include "machine/live/live_routes.hpp"
#include "machine/memory_root.hpp"
#include "machine/recording_root.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string card(const std::string& name, const std::string& address) {
  const auto path = "/sys/devices/pci0000:00/" + address + "/net/" + name;
  return "text " + path + "/flags = 0x1003\ntext " + path + "/operstate = up\nlink /sys/class/net/" + name + " ../.." +
         path.substr(4) + "\n";
}

std::string virtual_interface(const std::string& name, const std::vector<std::string>& lower) {
  const auto path = "/sys/devices/virtual/net/" + name;
  auto text = "text " + path + "/operstate = up\nlink /sys/class/net/" + name + " ../.." + path.substr(4) + "\n";
  for (const auto& below : lower) text += "link " + path + "/lower_" + below + " ../" + below + "\n";
  return text;
}

std::string routes(const std::string& lines) {
  return "file /proc/net/route\n| Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n" + lines;
}

std::string default_through(const std::string& name) {
  return routes("| " + name + " 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n");
}

NetworkPath only_path(const std::string& text) {
  const auto facts = gather_network(testing::machine(text));
  EXPECT_TRUE(facts.paths.has_value()) << facts.paths.why();
  if (!facts.paths.has_value() || facts.paths->size() != 1) {
    ADD_FAILURE() << "expected one path";
    return {};
  }
  return facts.paths->front();
}

std::vector<std::string> addresses(const NetworkPath& path) {
  std::vector<std::string> texts;
  for (const auto& function : path.functions) texts.push_back(function.text());
  return texts;
}

TEST(Network, PlainCard) {
  const auto path = only_path(card("eth0", "0000:00:1f.6") + default_through("eth0"));
  EXPECT_EQ(path.use, "default route (IPv4)");
  EXPECT_EQ(path.chain, "eth0");
  EXPECT_THAT(addresses(path), ElementsAre("0000:00:1f.6"));
}

TEST(Network, VlanOnBondOnTwoCards) {
  const auto path =
      only_path(card("eth0", "0000:01:00.0") + card("eth1", "0000:02:00.0") + virtual_interface("bond0", {"eth0", "eth1"}) +
                virtual_interface("vlan10", {"bond0"}) + default_through("vlan10"));
  EXPECT_EQ(path.chain, "vlan10 on bond0 on eth0, eth1");
  EXPECT_THAT(addresses(path), ElementsAre("0000:01:00.0", "0000:02:00.0"));
}

TEST(Network, BondOverAVlan) {
  const auto path =
      only_path(card("eth0", "0000:01:00.0") + virtual_interface("eth0.5", {"eth0"}) + virtual_interface("bond0", {}) +
                "text /sys/devices/virtual/net/bond0/bonding/slaves = eth0.5\n" + default_through("bond0"));
  EXPECT_EQ(path.chain, "bond0 on eth0.5 on eth0");
  EXPECT_THAT(addresses(path), ElementsAre("0000:01:00.0"));
}

TEST(Network, BridgeWithAGuestAndACard) {
  const auto path = only_path(card("eth0", "0000:01:00.0") + virtual_interface("vnet0", {}) +
                              "text /sys/devices/virtual/net/vnet0/tun_flags = 0x1002\n" + virtual_interface("br0", {}) +
                              "dir /sys/devices/virtual/net/br0/brif/eth0\ndir /sys/devices/virtual/net/br0/brif/vnet0\n" +
                              default_through("br0"));
  EXPECT_EQ(path.chain, "br0 on eth0, vnet0");
  EXPECT_EQ(path.unresolved, "");
  EXPECT_THAT(addresses(path), ElementsAre("0000:01:00.0"));
}

TEST(Network, IPv6OfEveryTable) {
  const std::string text = card("eth0", "0000:01:00.0") + card("eth1", "0000:02:00.0") + routes("") +
                           "file /proc/net/ipv6_route\n"
                           "| 00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                           "fe800000000000000000000000000001 00000400 00000002 00000000 00000003 eth1\n"
                           "| 00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                           "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n"
                           "| ff000000000000000000000000000000 08 00000000000000000000000000000000 00 "
                           "00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n";
  const auto path = only_path(text);
  EXPECT_EQ(path.use, "default route (IPv6)");
  EXPECT_THAT(addresses(path), ElementsAre("0000:02:00.0"));
}

TEST(Network, TunnelIsCarriedByTheGateway) {
  const auto path = only_path(card("eth0", "0000:01:00.0") + virtual_interface("tun0", {}) +
                              "text /sys/devices/virtual/net/tun0/tun_flags = 0x1001\n" +
                              routes("| tun0 00000000 00000000 0001 0 0 0 00000000\n"
                                     "| eth0 09027BCB 010200C0 0007 0 0 0 FFFFFFFF\n"));
  EXPECT_EQ(path.chain, "tun0, a tunnel through eth0");
  EXPECT_EQ(path.unresolved, "");
  EXPECT_THAT(addresses(path), ElementsAre("0000:01:00.0"));
}

TEST(Network, OpenVSwitchPortsAreFollowed) {
  const auto path = only_path(card("eth0", "0000:01:00.0") + virtual_interface("ovs-system", {"eth0"}) +
                              virtual_interface("br-ex", {}) + default_through("br-ex"));
  EXPECT_THAT(addresses(path), ElementsAre("0000:01:00.0"));
}

TEST(Network, OnlyPlainInterfacesAreOpenVSwitchs) {
  const auto ovs = card("eth0", "0000:01:00.0") + virtual_interface("ovs-system", {"eth0"});
  const auto tunnel = virtual_interface("vti0", {}) + "text /sys/devices/virtual/net/vti0/type = 768\n" +
                      routes("| vti0 00000000 00000000 0001 0 0 0 00000000\n");
  EXPECT_NE(only_path(ovs + tunnel).unresolved, "");
}

TEST(Network, PppOverEthernetNamesItsCard) {
  const auto ppp = card("eth0", "0000:01:00.0") + card("eth1", "0000:02:00.0") + virtual_interface("ppp0", {}) +
                   "text /sys/devices/virtual/net/ppp0/type = 512\n" +
                   routes("| ppp0 00000000 00000000 0001 0 0 0 00000000\n") +
                   "file /proc/net/pppoe\n| Id       Address              Device\n| 00001A2B 02:00:00:00:00:01     eth1\n";
  const auto path = only_path(ppp);
  EXPECT_EQ(path.chain, "ppp0 on eth1");
  EXPECT_EQ(path.unresolved, "");
  EXPECT_THAT(addresses(path), ElementsAre("0000:02:00.0"));
  const auto modem = virtual_interface("ppp1", {}) + "text /sys/devices/virtual/net/ppp1/type = 512\n";
  EXPECT_NE(only_path(ppp + modem).unresolved, "");
}

TEST(Network, OtherTablesAreDoubtAndCardsAreListed) {
  const std::string trie =
      "file /proc/net/fib_trie\n| Main:\n|   +-- 0.0.0.0/0 3 0 5\n|      |-- 0.0.0.0\n"
      "|         /0 universe UNICAST\n| Id 51820:\n|   |-- 0.0.0.0\n|      /0 universe UNICAST\n"
      "| Id 7:\n|   |-- 0.0.0.0\n|      /0 universe BLACKHOLE\n";
  const auto facts = gather_network(
      testing::machine(card("eth0", "0000:01:00.0") + card("eth1", "0000:02:00.0") + default_through("eth0") + trie));
  ASSERT_TRUE(facts.paths.has_value());
  ASSERT_EQ(facts.paths->size(), 2u);
  EXPECT_EQ(facts.paths->back().use, "default route (IPv4, table 51820)");
  EXPECT_NE(facts.paths->back().unresolved, "");
  ASSERT_TRUE(facts.cards.has_value());
  EXPECT_EQ(facts.cards->size(), 2u);
}

/// A tunnel's neighbour with a gateway, and something that is no tunnel in its place.
NetworkPath beside_a_gateway(const std::string& what) {
  return only_path(card("eth0", "0000:01:00.0") + what +
                   routes("| eth1 00000000 00000000 0001 0 0 0 00000000\n| eth0 09027BCB 010200C0 0007 0 0 0 FFFFFFFF\n"));
}

TEST(Network, WhatWasNotSeenIsNoTunnel) {
  for (const std::string& unseen : {std::string("hidden /sys/class/net/eth1 Permission denied\n"), std::string(),
                                    virtual_interface("eth1", {"a"}) + virtual_interface("a", {"eth1"}),
                                    virtual_interface("eth1", {}) + "closed /sys/devices/virtual/net/eth1 Permission denied\n",
                                    std::string("text /sys/class/net/eth1/operstate = up\n")}) {
    const auto path = beside_a_gateway(unseen);
    EXPECT_NE(path.unresolved, "") << unseen;
    EXPECT_THAT(path.functions, IsEmpty()) << unseen;
  }
  EXPECT_EQ(beside_a_gateway(virtual_interface("eth1", {})).unresolved, "");
  EXPECT_EQ(beside_a_gateway(virtual_interface("eth1", {"wg0"}) + virtual_interface("wg0", {})).unresolved, "");
}

TEST(Network, ATunnelMayLeaveThroughWhatWasNotSeen) {
  const auto path = only_path(virtual_interface("tun0", {}) + "hidden /sys/class/net/eth0 Permission denied\n" +
                              routes("| tun0 00000000 00000000 0001 0 0 0 00000000\n"
                                     "| eth0 09027BCB 010200C0 0007 0 0 0 FFFFFFFF\n"));
  EXPECT_NE(path.unresolved, "");
}

/// sysfs copied by a program that follows links: a directory where the kernel has a link into /sys/devices.
TEST(Network, ACopiedTreeDoesNotShowWhatAnInterfaceStandsOn) {
  const auto copied =
      "text /sys/class/net/eth0/flags = 0x1003\ntext /sys/class/net/eth0/operstate = up\n" + default_through("eth0");
  EXPECT_THAT(only_path(copied).unresolved, HasSubstr("no place below /sys/devices"));
  EXPECT_TRUE(gather_network(testing::machine(copied)).cards.is_unreadable());
}

TEST(Network, OneInterfaceThatWasNotSeenMayBeOnAnyCard) {
  const auto text = card("eth0", "0000:01:00.0") + default_through("eth1");
  EXPECT_EQ(gather_network(testing::machine(text)).cards->size(), 1u);
  EXPECT_TRUE(gather_network(testing::machine(text + "hidden /sys/class/net/eth1 Permission denied\n")).cards.is_unreadable());
}

TEST(Network, TablesWithoutTheirHeadingAreNoTables) {
  for (const std::string& masked : {std::string("file /proc/net/route\n"), std::string("file /proc/1/net/route\n"),
                                    std::string("file /proc/net/route\n| eth0 00000000 010200C0 0003 0 0 0 00000000\n")})
    EXPECT_TRUE(gather_network(testing::machine(card("eth0", "0000:01:00.0") + masked)).paths.is_unreadable()) << masked;
  // rtnetlink: not even the loopback interface has a route.
  const auto path = only_path(card("eth0", "0000:01:00.0") + "file /run/vfio-doctor/routes\n");
  EXPECT_THAT(path.unresolved, HasSubstr("no route at all"));
}

TEST(Network, AContainerDoesNotSeeTheRoutesOfTheHost) {
  const auto host = routes("") + "file /run/vfio-doctor/routes\n| local 127.0.0.0/8 dev lo table 255 metric 0\n";
  const std::string first = "link /proc/self/ns/pid pid:[4026531836]\n", other = "link /proc/self/ns/pid pid:[4026532499]\n";
  const std::string every = "text /proc/sys/net/core/somaxconn = 4096\n", init = "text /proc/sys/net/core/dev_weight = 64\n";
  const auto is_seen = [&](const std::string& text) { return gather_network(testing::machine(host + text)).paths.has_value(); };
  EXPECT_TRUE(is_seen("")) << "a copied tree says nothing about it";
  EXPECT_TRUE(is_seen(first + every + init));
  EXPECT_TRUE(is_seen(first + every)) << "a service in a network of its own sees the first process";
  EXPECT_TRUE(is_seen(other + every + init)) << "a container in the network of the host";
  EXPECT_TRUE(is_seen(every + init));
  EXPECT_FALSE(is_seen(other + every));
  EXPECT_FALSE(is_seen(other));
  EXPECT_FALSE(is_seen(every));
  EXPECT_FALSE(is_seen(every + "hidden /proc/self/ns/pid Permission denied\n"));
  EXPECT_FALSE(is_seen("hidden /proc/self/ns/pid Permission denied\n"));
}

TEST(Network, SessionsThatCannotBeReadAreDoubt) {
  const auto host = card("eth0", "0000:01:00.0") + routes("");
  for (const auto* hidden :
       {"closed /run/systemd/sessions Permission denied\n", "unreadable /run/systemd/sessions/5 Permission denied\n"}) {
    const auto path = only_path(host + hidden);
    EXPECT_EQ(path.use, "remote session") << hidden;
    EXPECT_EQ(path.unresolved, "Permission denied") << hidden;
  }
}

TEST(Network, CirclesAndHostileNamesEnd) {
  EXPECT_THAT(only_path(virtual_interface("a", {"b"}) + virtual_interface("b", {"a"}) + default_through("a")).unresolved,
              HasSubstr("circle"));
  EXPECT_NE(only_path(default_through("../../etc")).unresolved, "");
  EXPECT_NE(only_path(default_through("gone0")).unresolved, "");
}

TEST(Network, ContainerCableIsUnresolved) {
  EXPECT_NE(only_path(virtual_interface("eth0", {}) + default_through("eth0")).unresolved, "");
}

TEST(Network, NoFilesIsNotNoRoutes) {
  EXPECT_TRUE(gather_network(testing::machine("dir /proc")).paths.is_unreadable());
  const auto none = gather_network(testing::machine(routes("")));
  ASSERT_TRUE(none.paths.has_value());
  EXPECT_THAT(none.paths.value(), IsEmpty());
  const auto rubbish = gather_network(testing::machine(routes("| \xff\xfe\n")));
  ASSERT_TRUE(rubbish.paths.has_value());
  EXPECT_NE(rubbish.paths->back().unresolved, "");
}

TEST(Network, LongestRouteLeadsToAServer) {
  const auto root =
      testing::machine(routes("| eth0 00000000 010200C0 0003 0 0 0 00000000\n"
                              "| eth1 0001000A 00000000 0001 0 0 0 00FFFFFF\n"));
  const auto table = read_routes(root);
  EXPECT_THAT(interfaces_towards(table, "10.0.1.9").value(), ElementsAre("eth1"));
  EXPECT_THAT(interfaces_towards(table, "10.0.2.9").value(), ElementsAre("eth0"));
  EXPECT_THAT(interfaces_towards(table, "127.0.0.1").value(), ElementsAre("lo"));
  EXPECT_TRUE(interfaces_towards(table, "2001:db8::1").is_absent());
  EXPECT_TRUE(interfaces_towards(table, "filer.example").is_unreadable());
}

std::string told_routes(const std::string& lines) { return "file /run/vfio-doctor/routes\n" + lines; }

std::vector<std::string> uses(const std::string& text) {
  std::vector<std::string> found;
  const auto facts = gather_network(testing::machine(text));
  if (!facts.paths.has_value()) return {facts.paths.why()};
  for (const auto& path : facts.paths.value())
    found.push_back(path.use + ": " + path.chain + (path.unresolved.empty() ? "" : " ?"));
  return found;
}

TEST(Network, EveryNextHopOfEveryTable) {
  const auto text = card("eth0", "0000:01:00.0") + card("eth1", "0000:02:00.0") + card("eth2", "0000:03:00.0") +
                    default_through("eth0") +  // the text file tells less and is not asked
                    told_routes(
                        "| unicast 0.0.0.0/0 dev eth2 table 100 metric 0 gateway\n"
                        "| unicast 0.0.0.0/0 dev eth0 table 254 metric 0 gateway\n"
                        "| unicast 0.0.0.0/0 dev eth1 table 254 metric 0 gateway\n"
                        "| unicast ::/0 dev eth1 table 254 metric 1024 gateway\n"
                        "| local 192.0.2.1/32 dev eth0 table 255 metric 0\n");
  EXPECT_THAT(uses(text), ElementsAre("default route (IPv4): eth0", "default route (IPv4): eth1", "default route (IPv6): eth1",
                                      "default route (IPv4, table 100): eth2"));
  const auto table = read_routes(testing::machine(text));
  EXPECT_THAT(interfaces_towards(table, "192.0.2.1").value(), ElementsAre("lo"));
  EXPECT_THAT(interfaces_towards(table, "198.51.100.1").value(), ElementsAre("eth0", "eth1", "eth2"));
}

/// As the live machine answers: not from a file.
class AnsweringRoot : public MemoryRoot {
 public:
  AnsweringRoot(MemoryRoot files, Observed<std::string> routes) : MemoryRoot(std::move(files)), routes_(std::move(routes)) {}
  Observed<std::string> routes() const override { return routes_; }

 private:
  Observed<std::string> routes_;
};

TEST(Network, AnswersOfTheKernelAreRecorded) {
  const auto text = card("eth0", "0000:01:00.0") + card("eth1", "0000:02:00.0") + default_through("eth0");
  for (const auto& answer : {Observed<std::string>(std::string("unicast 0.0.0.0/0 dev eth1 table 254 metric 0 gateway\n")),
                             Observed<std::string>::unreadable("Permission denied")}) {
    const AnsweringRoot live(testing::machine(text), answer);
    const RecordingRoot recording(live);
    const auto seen = gather_network(recording), played = gather_network(MemoryRoot(recording.nodes()));
    ASSERT_TRUE(seen.paths.has_value() && played.paths.has_value());
    ASSERT_EQ(seen.paths->size(), 1u);
    ASSERT_EQ(played.paths->size(), 1u);
    EXPECT_EQ(seen.paths->front().chain, answer.has_value() ? "eth1" : "eth0");
    EXPECT_EQ(played.paths->front().chain, seen.paths->front().chain);
    EXPECT_EQ(played.paths->front().source, seen.paths->front().source);
  }
}

TEST(Network, WithinATableTheCheapestRouteLeads) {
  const auto table =
      read_routes(testing::machine(told_routes("| unicast 10.0.0.0/8 dev eth1 table 254 metric 600\n"
                                               "| unicast 10.0.0.0/8 dev eth0 table 254 metric 100\n"
                                               "| unicast 10.0.0.0/7 dev eth2 table 7 metric 0\n")));
  EXPECT_THAT(interfaces_towards(table, "10.0.0.1").value(), ElementsAre("eth0"));
}

TEST(Network, UnnamedNextHopIsUnresolved) {
  EXPECT_THAT(uses(card("eth0", "0000:01:00.0") + told_routes("| unicast 0.0.0.0/0 dev nexthop:17 table 254 metric 0\n")),
              ElementsAre("default route (IPv4): nexthop:17 ?"));
}

TEST(Network, RubbishAmongRecordedRoutesIsAProblem) {
  for (const auto* line : {"unicast", "unicast 0.0.0.0/33 dev eth0 table 254 metric 0",
                           "unicast 0.0.0.0 dev eth0 table 254 metric 0", "unicast ::/0 dev eth0 table x metric 0", "\xff\xfe"})
    EXPECT_THAT(uses(told_routes(std::string("| ") + line + "\n")), ElementsAre("routes:  ?")) << line;
}

TEST(Network, KernelIsAskedOnTheLiveMachine) {
  const auto told = read_live_routes();
  if (!told.has_value()) GTEST_SKIP() << told.why();
  const MemoryRoot root(testing::completed({{Root::routes_path, {RecordedNode::Kind::file, told.value()}}}));
  const auto table = read_routes(root);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->problem, "") << told.value();
  EXPECT_THAT(interfaces_towards(table, "127.0.0.2").value(), ElementsAre("lo"));
}

std::string session(const std::string& host, const std::string& more = "") {
  return "file /run/systemd/sessions/5\n| # This is private data. Do not parse.\n| USER=root\n| STATE=active\n| REMOTE=1\n"
         "| REMOTE_HOST=" +
         host + "\n| SERVICE=sshd\n" + more;
}

TEST(Network, RemoteSessionComesThroughItsCard) {
  const auto text = card("eth0", "0000:01:00.0") + card("eth1", "0000:02:00.0") +
                    routes("| eth0 00000000 010200C0 0003 0 0 0 00000000\n| eth1 0001000A 00000000 0001 0 0 0 00FFFFFF\n");
  EXPECT_THAT(uses(text + session("10.0.1.77")), ElementsAre("default route (IPv4): eth0", "remote session: eth1"));
  EXPECT_THAT(uses(text + session("fe80::1%eth1")), ElementsAre("default route (IPv4): eth0", "remote session: eth1"));
  EXPECT_THAT(uses(text + session("desk.example")), ElementsAre("default route (IPv4): eth0", "remote session:  ?"));
  EXPECT_THAT(uses(text + session("10.0.1.77", "| STATE=closing\n")), ElementsAre("default route (IPv4): eth0"));
}

TEST(Network, TunnelUnderABridgeIsNoCable) {
  const auto text = card("eth0", "0000:01:00.0") + virtual_interface("gretap1", {}) + virtual_interface("br0", {"gretap1"}) +
                    "dir /sys/devices/virtual/net/br0/bridge\ntext /sys/devices/virtual/net/gretap1/ifindex = 7\n"
                    "text /sys/devices/virtual/net/gretap1/iflink = 0\n";
  EXPECT_NE(only_path(text + default_through("br0")).unresolved, "");
  const auto path = only_path(text + routes("| br0 00000000 010200C0 0003 0 0 0 00000000\n"
                                            "| eth0 0001000A 020200C0 0003 0 0 0 00FFFFFF\n"));
  EXPECT_THAT(addresses(path), ElementsAre("0000:01:00.0"));
}

TEST(InternetAddress, ParsesAndRefuses) {
  EXPECT_TRUE(InternetAddress::parse("[2001:db8::1]"));
  EXPECT_TRUE(InternetAddress::parse("fe80::1%eth0"));
  EXPECT_EQ(InternetAddress::parse("::ffff:192.0.2.1")->family, InternetAddress::Family::v4);
  EXPECT_FALSE(InternetAddress::parse("1.2.3"));
  EXPECT_FALSE(InternetAddress::parse(""));
}

}  // namespace
}  // namespace vfio_doctor
