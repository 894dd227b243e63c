// SPDX-License-Identifier: GPL-2.0-or-later
// The one door to the machine: every kind of root gives the same answers to the same questions.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <random>
#include <stdexcept>

#include "machine/directory_root.hpp"
#include "machine/memory_root.hpp"
#include "machine/recording_root.hpp"
#include "machine/trees.hpp"
#include "machines.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using testing::without_openat2;
using testing::write_file;

/// Random trees: few names, so that paths meet; links of all kinds, broken ones and circles too.
class RandomTree {
 public:
  explicit RandomTree(unsigned seed) : random_(seed) {
    nodes_["/sys"] = {RecordedNode::Kind::directory, {}};
    for (int i = 0; i < 60; ++i) add_node();
  }

  const RecordedNodes& nodes() const { return nodes_; }

  /// Dots only in front: behind a file the kernel refuses them, a memory root takes them as text.
  std::string path() {
    std::string path = pick(6) == 0 ? "/../." : "";
    const auto depth = pick(5) + 1;
    for (unsigned i = 0; i < depth; ++i) path += "/" + name();
    return path;
  }
  unsigned pick(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  void write_to(const fs::path& directory) const {
    for (const auto& [path, node] : nodes_) {
      const auto place = fs::path(directory.string() + path);
      fs::create_directories(place.parent_path());
      if (node.kind == RecordedNode::Kind::directory) fs::create_directories(place);
      if (node.kind == RecordedNode::Kind::file) write_file(place, node.content);
      if (node.kind == RecordedNode::Kind::link) fs::create_symlink(node.content, place);
      if (node.kind == RecordedNode::Kind::special && mkfifo(place.c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    }
  }

 private:
  std::string name() {
    static const std::vector<std::string> names = {"sys", "a", "b", "c", "d", "e", "with blank"};
    return names[pick(static_cast<unsigned>(names.size()))];
  }

  /// Below a directory that exists, so that the same tree can be made on disk.
  void add_node() {
    std::vector<std::string> directories;
    for (const auto& [path, node] : nodes_)
      if (node.kind == RecordedNode::Kind::directory) directories.push_back(path);
    const auto path = directories[pick(static_cast<unsigned>(directories.size()))] + "/" + name();
    if (nodes_.contains(path)) return;
    switch (pick(6)) {
      case 0:
        nodes_[path] = {RecordedNode::Kind::file, std::string(pick(50), 'x')};
        break;
      case 1:
        nodes_[path] = {RecordedNode::Kind::special, {}};
        break;
      case 2:
      case 3:
        nodes_[path] = {RecordedNode::Kind::link, link_target()};
        break;
      default:
        nodes_[path] = {RecordedNode::Kind::directory, {}};
    }
  }

  std::string link_target() {
    if (pick(2) == 0) return path();
    std::string target = name();
    for (auto more = pick(3); more > 0; --more) target += "/" + name();
    for (auto ups = pick(3); ups > 0; --ups) target = "../" + target;
    return target;
  }

  std::mt19937 random_;
  RecordedNodes nodes_;
};

enum class Question { read, read_head, list, read_link, kind, canonical };

std::string kind_text(NodeKind kind) {
  switch (kind) {
    case NodeKind::file:
      return "file";
    case NodeKind::directory:
      return "directory";
    case NodeKind::link:
      return "link";
    case NodeKind::other:
      return "other";
  }
  return "?";
}

/// The answer as text. Two roots need not give the same words for why something cannot be read.
std::string answer(const Root& root, Question question, const std::string& path) {
  const auto of = [](const Observed<std::string>& text) {
    return text.has_value() ? "'" + text.value() + "'" : text.is_absent() ? "absent" : "unreadable";
  };
  switch (question) {
    case Question::read:
      return of(root.read(path, 40));
    case Question::read_head:
      return of(root.read_head(path, 10));
    case Question::read_link:
      return of(root.read_link(path));
    case Question::canonical:
      return of(root.canonical(path));
    case Question::kind: {
      const auto kind = root.kind(path);
      return kind.has_value() ? kind_text(kind.value()) : kind.is_absent() ? "absent" : "unreadable";
    }
    case Question::list: {
      const auto names = root.list(path);
      if (!names.has_value()) return names.is_absent() ? "absent" : "unreadable";
      std::string text;
      for (const auto& name : names.value()) text += name + "|";
      return text;
    }
  }
  return {};
}

struct Asked {
  Question question;
  std::string path;
};

std::vector<Asked> random_questions(RandomTree& tree, int count) {
  std::vector<Asked> questions;
  for (int i = 0; i < count; ++i) {
    const auto question = static_cast<Question>(tree.pick(6));
    questions.push_back({question, tree.path()});
  }
  return questions;
}

std::vector<std::string> answers(const Root& root, const std::vector<Asked>& questions) {
  std::vector<std::string> all;
  for (const auto& [question, path] : questions)
    all.push_back(std::to_string(static_cast<int>(question)) + " " + path + " -> " + answer(root, question, path));
  return all;
}

/// The first difference, not the whole lists.
void expect_same(const std::vector<std::string>& got, const std::vector<std::string>& expected, unsigned seed) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], expected[i]) << "seed " << seed << ", question " << i;
}

TEST(Roots, DirectoryAndMemoryGiveEqualAnswers) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    RandomTree tree(seed);
    const testing::TemporaryDirectory directory;
    tree.write_to(directory.path());
    const MemoryRoot memory(testing::completed(tree.nodes()));
    const DirectoryRoot on_disk(directory.path().string());
    const auto questions = random_questions(tree, 300);
    const auto expected = answers(memory, questions);
    expect_same(answers(on_disk, questions), expected, seed);
    SCOPED_TRACE(write_machine_text(tree.nodes()));
    expect_same(without_openat2([&] { return answers(on_disk, questions); }), expected, seed);
    if (::testing::Test::HasFailure()) break;
  }
}

TEST(Roots, WhatWasRecordedGivesTheSameAnswers) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    RandomTree tree(seed);
    auto nodes = testing::completed(tree.nodes());
    for (auto& [path, node] : nodes) {  // a tree with locked doors, which root cannot make on disk
      if (node.kind == RecordedNode::Kind::file && tree.pick(3) == 0) node = {RecordedNode::Kind::hidden, "no way"};
      if (node.kind == RecordedNode::Kind::directory && path != "/sys" && tree.pick(5) == 0)
        node = {RecordedNode::Kind::closed, "no way"};
    }
    const MemoryRoot machine(nodes);
    const RecordingRoot recorder(machine);
    auto questions = random_questions(tree, 60);
    // A file longer than a reader's limit is kept only as that: one reader may not take the head of it.
    std::erase_if(questions, [](const Asked& asked) { return asked.question == Question::read_head; });
    const auto expected = answers(recorder, questions);
    expect_same(expected, answers(machine, questions), seed);  // a recorder changes nothing
    expect_same(answers(MemoryRoot(recorder.nodes()), questions), expected, seed);
    const auto text = write_machine_text(recorder.nodes());
    expect_same(answers(MemoryRoot(parse_machine_text(text, "replay")), questions), expected, seed);
    if (::testing::Test::HasFailure()) break;
  }
}

TEST(Roots, ARecordingKeepsTheLongestThatWasRead) {
  const auto machine = testing::machine("file /sys/config\n| 0123456789\n");
  const RecordingRoot recorder(machine);
  recorder.read_head("/sys/config", 4);
  recorder.read_head("/sys/config", 8);
  recorder.read_head("/sys/config", 2);
  const MemoryRoot replay(recorder.nodes());
  EXPECT_EQ(replay.read_head("/sys/config", 8).value(), "01234567");
  EXPECT_EQ(replay.read_head("/sys/config", 4).value(), "0123");
}

TEST(Roots, ARecordingTellsLockedFromAbsent) {
  const auto machine = testing::machine(
      "unreadable /boot/grub/grub.cfg Permission denied\nclosed /boot/efi Permission denied\n"
      "hidden /boot/efi/EFI Permission denied\n");
  const RecordingRoot recorder(machine);
  const auto ask = [](const Root& root) {
    return root.read("/boot/grub/grub.cfg").why() + "|" + root.list("/boot/efi").why() + "|" +
           root.list("/boot/efi/EFI").why() + "|" + root.kind("/boot/efi/EFI").why() + "|" + root.read("/boot/nothing").why() +
           "|" + (root.kind("/boot/efi").is(NodeKind::directory) ? "dir" : "") +
           (root.kind("/boot/grub/grub.cfg").is(NodeKind::file) ? "file" : "");
  };
  const std::string expected = "Permission denied|Permission denied|Permission denied|Permission denied|absent|dirfile";
  EXPECT_EQ(ask(recorder), expected);
  EXPECT_EQ(ask(MemoryRoot(recorder.nodes())), expected);
}

TEST(Roots, WhatNobodyAskedIsNotAbsent) {
  const auto machine = testing::machine(
      "text /sys/class/net/eth0/mtu = 1500\ntext /sys/class/net/eth1/mtu = 1500\nlink /sys/odd nowhere\ntext /etc/file = x\n");
  const RecordingRoot recorder(machine);
  EXPECT_EQ(recorder.list("/sys/class/net").value(), (std::vector<std::string>{"eth0", "eth1"}));
  recorder.read("/sys/class/net/eth0/mtu");
  EXPECT_TRUE(recorder.read("/proc/fb").is_absent());
  EXPECT_TRUE(recorder.kind("/sys/odd/below").is_absent());
  EXPECT_TRUE(recorder.read_link("/etc/file").is_absent());
  EXPECT_TRUE(recorder.list("/etc/file").is_absent());
  auto nodes = recorder.nodes();
  nodes[Root::recorder_path] = {RecordedNode::Kind::file, "0.1.0\n"};
  const MemoryRoot replay(parse_machine_text(write_machine_text(nodes), "replay"));

  EXPECT_TRUE(replay.read("/proc/fb").is_absent());
  EXPECT_TRUE(replay.kind("/sys/odd/below").is_absent());
  EXPECT_TRUE(replay.read_link("/etc/file").is_absent());
  EXPECT_TRUE(replay.list("/etc/file").is_absent());
  EXPECT_TRUE(replay.kind("/sys/class/net/eth2/mtu").is_absent());  // the list says so
  EXPECT_TRUE(replay.read("/proc/fb/below").is_absent());
  const std::string not_asked = "not asked when this was recorded by 0.1.0";
  EXPECT_EQ(replay.read("/proc/cmdline").why(), not_asked);
  EXPECT_EQ(replay.kind("/proc/cmdline").why(), not_asked);
  EXPECT_EQ(replay.read_link("/proc/cmdline").why(), not_asked);
  EXPECT_EQ(replay.canonical("/sys/class/drm").why(), not_asked);
  EXPECT_EQ(replay.read("/sys/class/net/eth0/speed").why(), not_asked);
  EXPECT_EQ(replay.list("/sys/class/drm").why(), not_asked);
  EXPECT_EQ(replay.list("/sys/class").why(), "not listed when this was recorded by 0.1.0");
}

TEST(Roots, ACompleteDirectoryTellsWhatIsAbsent) {
  const auto nodes = parse_machine_text("complete /sys\ntext /sys/a/b = 1\nabsent /etc x y\n", "test");
  const MemoryRoot root(nodes);
  EXPECT_TRUE(root.read("/sys/c").is_absent());
  EXPECT_EQ(root.list("/sys/a").value(), std::vector<std::string>{"b"});
  EXPECT_TRUE(root.read("/etc/x").is_absent());
  EXPECT_TRUE(root.read("/etc/y/z").is_absent());
  EXPECT_TRUE(root.read("/etc/z").is_unreadable());
  EXPECT_TRUE(root.kind("/etc").is_unreadable());  // it need not exist
}

TEST(Roots, ATextThatSaysNothingOfItselfIsOfFormatOne) {
  const MemoryRoot root(parse_machine_text("dir /sys/class/net\ndir /sys/class/rtc\nseen /sys/class/net/eth0\n", "test"));
  EXPECT_TRUE(root.kind("/sys/class/net/eth1").is_absent());  // that version listed it
  EXPECT_TRUE(root.list("/sys/class/rtc").is_unreadable());
  EXPECT_TRUE(root.read("/proc/fb").is_unreadable());
}

TEST(Roots, JoinPathStaysBelowTheTop) {
  EXPECT_EQ(join_path("/a/b", "../c/./d"), "/a/c/d");
  EXPECT_EQ(join_path("/a/b", "../../../../x"), "/x");
  EXPECT_EQ(join_path("/a/b", "/x"), "/x");
  EXPECT_EQ(join_path("/", ".."), "/");
  EXPECT_EQ(base_name("/a/b"), "b");
  EXPECT_EQ(parent_path("/a"), "/");
}

}  // namespace
}  // namespace vfio_doctor
