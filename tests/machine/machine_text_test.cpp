// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine_text.hpp"

#include <gmock/gmock.h>

#include <random>

#include "base/input_error.hpp"
#include "facts/pci/pci_function.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;

std::string error_of(const std::string& text) {
  try {
    parse_machine_text(text, "m");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

void expect_round_trip(const RecordedNodes& nodes) {
  const auto text = write_machine_text(nodes);
  const auto read = parse_machine_text(text, "round trip");
  ASSERT_EQ(read.size(), nodes.size()) << text;
  for (const auto& [path, node] : nodes) {
    ASSERT_TRUE(read.contains(path)) << path << "\n" << text;
    EXPECT_EQ(read.at(path).kind, node.kind) << path;
    EXPECT_EQ(read.at(path).content, node.content) << path << "\n" << text;
  }
}

TEST(MachineText, ReadsEveryKindOfRecord) {
  const auto nodes = parse_machine_text(
      "# a comment\n\ntext /a = one line \nfile /b\n| two\n|  lines\n|\nfile /c\n| no end\n|\\\nhex /d\n| 00 ff 0a\n"
      "link /e ../f\ndir /g\nseen /h\nspecial /i\nunreadable /j Permission denied\nclosed /k Permission denied\n"
      "hidden /with\\x20blank Permission denied\nfile /empty\n",
      "m");
  EXPECT_EQ(nodes.at("/a").content, "one line\n");
  EXPECT_EQ(nodes.at("/b").content, "two\n lines\n\n");
  EXPECT_EQ(nodes.at("/c").content, "no end");
  EXPECT_EQ(nodes.at("/d").content, std::string("\0\xff\n", 3));
  EXPECT_EQ(nodes.at("/e").kind, Kind::link);
  EXPECT_EQ(nodes.at("/g").kind, Kind::directory);
  EXPECT_EQ(nodes.at("/h").kind, Kind::seen);
  EXPECT_EQ(nodes.at("/i").kind, Kind::special);
  EXPECT_EQ(nodes.at("/j").content, "Permission denied");
  EXPECT_EQ(nodes.at("/k").kind, Kind::closed);
  EXPECT_EQ(nodes.at("/with blank").kind, Kind::hidden);
  EXPECT_EQ(nodes.at("/empty").content, "");
}

TEST(MachineText, ErrorsNameTheLine) {
  EXPECT_EQ(error_of("# fine\n\nfrobnicate /x\n"), "m:3: unknown record 'frobnicate'");
  EXPECT_EQ(error_of("text relative = x\n"), "m:1: a path starts with '/'");
  EXPECT_EQ(error_of("text /x\n"), "m:1: write: text PATH = VALUE");
  EXPECT_EQ(error_of("dir\n"), "m:1: a record needs a path");
  EXPECT_EQ(error_of("hex /x\n| 00 0g\n"), "m:2: bytes are two hexadecimal digits each");
  EXPECT_EQ(error_of("pci 3:00.0 id=8086:24f3\n"), "m:1: '3:00.0' is no PCI address");
  EXPECT_EQ(error_of("pci 03:00.0 id=8086\n"), "m:1: ids are VVVV:DDDD");
  EXPECT_EQ(error_of("pci 03:00.0 id=18086:1\n"), "m:1: ids are VVVV:DDDD");
  EXPECT_EQ(error_of("pci 03:00.0 id=8086:1 class=xyz\n"), "m:1: class, rev or header is out of range");
  EXPECT_EQ(error_of("pci 03:00.0 id=8086:1 under=00:1c.0\n"),
            "m:1: the bridge behind 'under=' must come first, as a 'pci' record");
  EXPECT_EQ(error_of("pci 03:00.0 rubbish\n"), "m:1: expected KEY=VALUE: 'rubbish'");
  EXPECT_EQ(error_of("group x\n"), "m:1: a group is a number");
  EXPECT_EQ(error_of("group 1 reserved=0-1\n"), "m:1: write: reserved=START-END:TYPE,...");
}

TEST(MachineText, WritesAndReadsTheSame) {
  RecordedNodes nodes;
  const std::vector<std::string> contents = {"",
                                             "\n",
                                             "plain\n",
                                             "plain",
                                             " blank in front\n",
                                             "blank behind \n",
                                             "a\nb\n",
                                             "a\nb",
                                             "\n\n",
                                             "\\\n",
                                             "\\",
                                             "| bar\n",
                                             "tab\tinside\n",
                                             "windows\r\n",
                                             std::string("\0", 1),
                                             "\x1b[31mred\x1b[0m\n",
                                             "\xff\xfe\n",
                                             "# no comment\n",
                                             "a\n\n",
                                             std::string(5000, 'x') + "\n"};
  for (std::size_t i = 0; i < contents.size(); ++i) nodes["/file" + std::to_string(i)] = {Kind::file, contents[i]};
  nodes["/with blank"] = {Kind::link, "to a place"};
  nodes["/back\\slash"] = {Kind::link, "\\x41"};
  nodes["/line\nend"] = {Kind::directory, {}};
  nodes["/seen"] = {Kind::seen, {}};
  nodes["/special"] = {Kind::special, {}};
  nodes["/unreadable"] = {Kind::unreadable, "Permission denied"};
  nodes["/closed"] = {Kind::closed, "Permission denied"};
  nodes["/hidden"] = {Kind::hidden, "Input/output error"};
  expect_round_trip(nodes);
}

TEST(MachineText, WritesAndReadsRandomBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    RecordedNodes nodes;
    for (int i = 0; i < 20; ++i) {
      std::string content(random() % 70, '\0');
      const bool text = random() % 2 == 0;
      for (char& c : content) c = text ? " \n\t|\\#=ax"[random() % 9] : static_cast<char>(random());
      std::string name = "/";
      for (int k = 0; k < 4; ++k) name += static_cast<char>(random() % 254 + 1 == '/' ? 'x' : random() % 200 + 48);
      nodes[name] = {Kind::file, content};
    }
    expect_round_trip(nodes);
    if (::testing::Test::HasFailure()) break;
  }
}

TEST(MachineText, RubbishIsAnErrorOrAMachineButNeverACrash) {
  std::mt19937 random(11);
  const std::vector<std::string> words =
      {"pci",     "group",          "text", "hex",  "file",  "link", "/x", "=",       "03:00.0", "id=1:2", "under=03:00.0",
       "class=1", "reserved=1-2:x", "|",    "| 00", "\\x",   "\\x4", "1",  "driver=", "group=1", "\n",     "\n",
       "\n",      "../..",          "/..",  "\xff", "hidden"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto count = random() % 12; count > 0; --count) text += words[random() % words.size()] + (random() % 5 ? " " : "");
    try {
      const MemoryRoot root(parse_machine_text(text, "m"));
      root.list("/");
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).rfind("m:", 0), 0u) << error.what();
    }
  }
}

TEST(MachineText, APciRecordStandsForWhatTheKernelShows) {
  const auto root = testing::machine(
      "pci 00:1c.0 id=8086:a110 class=060400 header=01 rev=f1 group=5 driver=pcieport\n"
      "pci 03:00.0 id=8086:24f3 sub=8086:0010 class=028000 rev=3a group=14 under=00:1c.0 reset_method=flr,bus\n");
  const std::string device = "/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0";
  EXPECT_EQ(root.canonical("/sys/bus/pci/devices/0000:03:00.0").value(), device);
  EXPECT_EQ(root.canonical(device + "/iommu_group").value(), "/sys/kernel/iommu_groups/14");
  EXPECT_EQ(root.canonical("/sys/kernel/iommu_groups/14/devices/0000:03:00.0").value(), device);
  EXPECT_EQ(root.read(device + "/uevent").value(),
            "PCI_CLASS=28000\nPCI_ID=8086:24F3\nPCI_SUBSYS_ID=8086:0010\nPCI_SLOT_NAME=0000:03:00.0\n");
  EXPECT_EQ(root.read(device + "/reset_method").value(), "flr bus\n");
  EXPECT_EQ(root.read(device + "/config")->size(), 64u);
  EXPECT_TRUE(root.read(device + "/driver").is_absent());
  EXPECT_EQ(root.read_line("/sys/bus/pci/devices/0000:00:1c.0/uevent").value().find("PCI_SUBSYS_ID"), std::string::npos);
}

TEST(MachineText, PathsCannotLeadOut) {
  const auto nodes = parse_machine_text("text /a/../../etc/passwd = x\ndir /\n", "m");
  for (const auto& [path, node] : nodes) EXPECT_EQ(path.find(".."), std::string::npos) << path;
}

}  // namespace
}  // namespace vfio_doctor
