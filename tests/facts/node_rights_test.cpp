// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/text.hpp"
#include "facts/access/access.hpp"
#include "machines.hpp"
#include "running_root.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A machine whose nodes have rights, as a running one has.
class NodeRoot : public testing::RunningRoot {
 public:
  NodeRoot(const Root& machine, std::map<std::string, NodeRights> rights) : RunningRoot(machine), rights_(std::move(rights)) {}
  Observed<NodeRights> rights(const std::string& path) const override {
    const auto found = rights_.find(path);
    return found == rights_.end() ? Observed<NodeRights>::unreadable("Permission denied") : Observed<NodeRights>(found->second);
  }

 private:
  std::map<std::string, NodeRights> rights_;
};

const std::string nodes = "special /dev/kvm\nspecial /dev/vfio/vfio\nspecial /dev/vfio/7\n";
const std::map<std::string, NodeRights> usual = {{"/dev/kvm", {0660, 0, 36}}, {"/dev/vfio/vfio", {0666, 0, 0}}};

AccessFacts access_of(const std::string& text) {
  const auto root = testing::machine(nodes + text);
  return gather_access(NodeRoot(root, usual));
}

TEST(NodeRights, AreReadByNumber) {
  const auto facts = access_of("");
  ASSERT_EQ(facts.nodes.size(), 3u);
  EXPECT_EQ(facts.nodes[0].path, "/dev/kvm");
  EXPECT_EQ(facts.nodes[0].rights.value(), (NodeRights{0660, 0, 36}));
  EXPECT_EQ(facts.nodes[1].path, "/dev/vfio/7");
  EXPECT_TRUE(facts.nodes[1].rights.is_unreadable());
  EXPECT_TRUE(facts.guest_account.is_absent()) << "no libvirt";
}

const std::string accounts =
    "file /etc/passwd\n| root:x:0:0::/root:/bin/sh\n| libvirt-qemu:x:64055:108::/:/bin/false\n| runner:x:1001:1002::/:/bin/sh\n"
    "file /etc/group\n| kvm:x:108:other,libvirt-qemu\n| guests:x:900:runner,libvirt-qemu\n| runner:x:1002:\n";

TEST(GuestAccount, IsTheOneOfQemuConfOrOfThePackage) {
  const auto usual_one = access_of("file /etc/libvirt/qemu.conf\n| #user = \"root\"\n" + accounts).guest_account;
  ASSERT_TRUE(usual_one.has_value()) << usual_one.why();
  EXPECT_EQ(usual_one->user, 64055u);
  EXPECT_THAT(usual_one->groups, ElementsAre(108u, 108u, 900u));
  EXPECT_TRUE(usual_one->changes_owners);
  const auto named =
      access_of("file /etc/libvirt/qemu.conf\n| user = \"runner\"\n| group = \"kvm\"\n| dynamic_ownership = 0\n" + accounts)
          .guest_account;
  EXPECT_EQ(named->user, 1001u);
  EXPECT_THAT(named->groups, ElementsAre(108u, 900u));
  EXPECT_FALSE(named->changes_owners);
  EXPECT_EQ(access_of("file /etc/libvirt/qemu.conf\n| user = \"+0\"\n" + accounts).guest_account->user, 0u);
  EXPECT_THAT(access_of("file /etc/libvirt/qemu.conf\n| user = \"nobody_here\"\n" + accounts).guest_account.why(),
              HasSubstr("not known"));
  EXPECT_THAT(access_of("text /etc/libvirt/qemu.conf = x\nfile /etc/passwd\n| qemu:x:107:107::/:\n| "
                        "libvirt-qemu:x:9:9::/:\ntext /etc/group = x\n")
                  .guest_account.why(),
              HasSubstr("not known"))
      << "which of the two, nobody says";
  EXPECT_THAT(access_of("text /etc/libvirt/qemu.conf = x\nunreadable /etc/passwd Permission denied\n").guest_account.why(),
              HasSubstr("/etc/passwd: Permission denied"));
}

TEST(NodeRights, ARecordingKeepsNumbersAndNoNames) {
  const auto root = testing::machine(nodes + "file /etc/libvirt/qemu.conf\n| user = \"runner\"\n" + accounts);
  const auto facts = gather_access(NodeRoot(root, usual));
  const auto text = recorded_nodes(facts);
  EXPECT_EQ(text, "0660 0 36 /dev/kvm\n0666 0 0 /dev/vfio/vfio\nguests 1001 1002,900 1\n");
  std::string lines;
  for (const auto line : split_lines(text)) lines += "| " + std::string(line) + "\n";
  const auto again = gather_access(
      testing::machine(nodes + "file " + recorded_nodes_path + "\n" + lines + "| 9999 0 0 /dev/vfio/7\n| junk\n"));
  EXPECT_EQ(recorded_nodes(again), text);
  ASSERT_EQ(again.nodes.size(), 3u);
  EXPECT_EQ(again.nodes[1].rights.why(), "not recorded");
  const auto old = gather_access(MemoryRoot(parse_machine_text(nodes, "old")));
  EXPECT_TRUE(old.guest_account.is_unreadable());
  for (const auto& node : old.nodes) EXPECT_TRUE(node.rights.is_unreadable()) << node.path;
}

}  // namespace
}  // namespace vfio_doctor
