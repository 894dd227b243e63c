// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/input_error.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "machines.hpp"
#include "snapshot/archives.hpp"
#include "snapshot/snapshot.hpp"

namespace vfio_doctor {

bool operator==(const RecordedNode& one, const RecordedNode& other) {
  return one.kind == other.kind && one.content == other.content;
}
void PrintTo(const RecordedNode& node, std::ostream* stream) {
  *stream << "kind " << static_cast<int>(node.kind) << " '" << node.content << "'";
}

namespace {

using Kind = RecordedNode::Kind;
using testing::foreign_archive;
using ::testing::HasSubstr;
using testing::plain_manifest;

RecordedNodes every_kind_of_node() {
  return {{"/etc/file", {Kind::file, "text\n"}},
          {"/etc/empty", {Kind::file, ""}},
          {"/etc/bytes", {Kind::file, std::string("\0\x7f\xff\r\n", 5)}},
          {"/etc/directory", {Kind::directory, {}}},
          {"/etc/listed", {Kind::listed, {}}},
          {"/etc/complete", {Kind::complete, {}}},
          {"/etc/listed odd", {Kind::listed, {}}},
          {"/etc/absent", {Kind::absent, {}}},
          {"/etc/absent odd\n", {Kind::absent, {}}},
          {"/etc/file/below", {Kind::absent, {}}},
          {"/gone", {Kind::absent, {}}},
          {"/usr/lib/gone", {Kind::absent, {}}},
          {"/etc/link", {Kind::link, "../etc/file"}},
          {"/etc/absolute", {Kind::link, "/etc/file"}},
          {"/etc/outside", {Kind::link, "../../../../../etc/passwd"}},
          {"/etc/nowhere", {Kind::link, ""}},
          {"/etc/odd-target", {Kind::link, "a b\n\xff"}},
          {"/boot/seen", {Kind::seen, {}}},
          {"/dev/special", {Kind::special, {}}},
          {"/etc/unreadable", {Kind::unreadable, "Permission denied"}},
          {"/root", {Kind::closed, "Permission denied"}},
          {"/root/.config/known", {Kind::file, "below a closed directory"}},
          {"/etc/hidden", {Kind::hidden, "line\nend \\x20"}},
          {"/etc/odd name\n\x01\xff", {Kind::file, "odd"}},
          {"/etc/" + std::string(300, 'n'), {Kind::file, "long name"}},
          {"/etc/unreadable/below", {Kind::file, "below something unreadable"}},
          {"/.vfio-doctor/manifest.json", {Kind::file, "not ours"}}};
}

TEST(Archive, GivesBackEveryKindOfNode) {
  auto nodes = every_kind_of_node();
  nodes.erase("/.vfio-doctor/manifest.json");
  EXPECT_EQ(read_archive(write_archive(nodes, {"0.1.0", true, {{"UUID", 2}}}), "test"), nodes);
}

TEST(Archive, MachineTextGivesBackEveryKindOfNodeToo) {
  EXPECT_EQ(parse_machine_text(write_machine_text(every_kind_of_node()), "test"), every_kind_of_node());
}

TEST(Archive, IsTheSameForTheSameNodes) {
  EXPECT_EQ(write_archive(every_kind_of_node(), {}), write_archive(every_kind_of_node(), {}));
}

TEST(Archive, LeavesNoLinkThatLeadsOutOfAnUnpackedTree) {
  // Read as any tar program would, without the manifest.
  auto* handle = archive_read_new();
  archive_read_support_format_tar(handle);
  archive_read_support_filter_zstd(handle);
  const auto bytes = write_archive(every_kind_of_node(), {});
  ASSERT_EQ(archive_read_open_memory(handle, bytes.data(), bytes.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  int links = 0;
  while (archive_read_next_header(handle, &entry) == ARCHIVE_OK) {
    ASSERT_NE(archive_entry_pathname(entry)[0], '/');
    if (archive_entry_filetype(entry) != AE_IFLNK) continue;
    ++links;
    const std::string target = archive_entry_symlink(entry);
    EXPECT_FALSE(target.starts_with('/')) << target;
    EXPECT_THAT(target, ::testing::Not(HasSubstr("../.."))) << archive_entry_pathname(entry);
  }
  archive_read_free(handle);
  EXPECT_GE(links, 5);
}

TEST(Archive, CanBeUnpackedAndPackedAgainByHand) {
  const auto nodes = read_archive(foreign_archive({{"./", AE_IFDIR, ""}, {"./etc/", AE_IFDIR, ""}, {"./etc/x", AE_IFREG, "1"}},
                                                  plain_manifest(), false),
                                  "test");
  EXPECT_EQ(nodes.at("/etc/x").content, "1");
}

struct HostileCase {
  const char* what;
  std::string bytes;
  const char* message;
};

void PrintTo(const HostileCase& one, std::ostream* stream) { *stream << one.what; }

std::vector<HostileCase> hostile_cases() {
  const auto one = [](testing::ForeignEntry entry) { return foreign_archive({std::move(entry)}); };
  const std::string many(40u << 20, '\0');
  std::vector<HostileCase> cases =
      {{"AbsolutePath", one({"/etc/passwd", AE_IFREG, "x"}), "out of the tree"},
       {"DotDot", one({"sys/../../etc/passwd", AE_IFREG, "x"}), "out of the tree"},
       {"OnlyDotDot", one({"..", AE_IFDIR, ""}), "out of the tree"},
       {"ControlCharacters", one({"sys/a\nb", AE_IFREG, "x"}), "not plain"},
       {"HardLink", one({"sys/a", AE_IFREG, "etc/passwd", true}), "hard link"},
       {"CharacterDevice", one({"dev/mem", AE_IFCHR, ""}), "neither file, directory nor link"},
       {"BlockDevice", one({"dev/sda", AE_IFBLK, ""}), "neither file, directory nor link"},
       {"Twice", foreign_archive({{"sys/a", AE_IFREG, "1"}, {"sys/a", AE_IFREG, "2"}}), "twice"},
       {"FileOverDirectory", foreign_archive({{"sys/a", AE_IFDIR, ""}, {"sys/a", AE_IFREG, "2"}}), "twice"},
       {"DirectoryOverLink", foreign_archive({{"sys/a", AE_IFLNK, "/etc"}, {"sys/a", AE_IFDIR, ""}}), "twice"},
       {"BelowLink", foreign_archive({{"sys/a", AE_IFLNK, "/etc"}, {"sys/a/passwd", AE_IFREG, "x"}}), "no directory"},
       {"BelowFile", foreign_archive({{"sys/a", AE_IFREG, ""}, {"sys/a/b/c", AE_IFREG, "x"}}), "no directory"},
       {"Bomb", one({"sys/a", AE_IFREG, many}), "times its size"},
       {"NoManifest", foreign_archive({{"sys/a", AE_IFREG, "x"}}, ""), "no snapshot"},
       {"ManifestIsNoJson", foreign_archive({}, "{"), "not JSON"},
       {"ManifestIsAList", foreign_archive({}, "[]"), "not JSON"},
       {"ManifestIsDeep", foreign_archive({}, std::string(1 << 20, '[')), "not JSON"},
       {"ManifestOfAnotherFormat", foreign_archive({}, R"({"format": "vfio-doctor/snapshot/3", "nodes": []})"), "newer"},
       {"ManifestWithoutNodes", foreign_archive({}, R"({"format": "vfio-doctor/snapshot/1"})"), "no list"},
       {"NodeWithoutPath", foreign_archive({}, plain_manifest(R"([{"kind": "seen"}])")), "clean path"},
       {"NodeOutside", foreign_archive({}, plain_manifest(R"([{"path": "/../x", "kind": "seen"}])")), "clean path"},
       {"NodeIsANumber", foreign_archive({}, plain_manifest("[7]")), "clean path"},
       {"NodeOfNoKind", foreign_archive({}, plain_manifest(R"([{"path": "/x", "kind": "evil"}])")), "no known kind"},
       {"NodeTwice", foreign_archive({}, plain_manifest(R"([{"path": "/x", "kind": "seen"}, {"path": "/x", "kind": "seen"}])")),
        "twice"},
       {"NodeInOurs", foreign_archive({}, plain_manifest(R"([{"path": "/.vfio-doctor/x", "kind": "seen"}])")), "own directory"},
       {"StoredNowhere", foreign_archive({}, plain_manifest(R"([{"path": "/x", "kind": "file", "stored": "y"}])")),
        "no known kind"},
       {"StoredUsedTwice",
        foreign_archive({{".vfio-doctor/1", AE_IFREG, "x"}},
                        plain_manifest(R"([{"path": "/x", "kind": "file", "stored": ".vfio-doctor/1"},
                                          {"path": "/y", "kind": "file", "stored": ".vfio-doctor/1"}])")),
        "no known kind"},
       {"TooDeep",
        one({[] {
               std::string path = "a";
               for (int i = 0; i < 200; ++i) path += "/a";
               return path;
             }(),
             AE_IFREG, "x"}),
        "deeply"},
       {"CutShort", foreign_archive({{"sys/a", AE_IFREG, std::string(5000, 'x')}}, plain_manifest(), false).substr(0, 4000),
        ""},
       {"Rubbish", std::string("\x28\xb5\x2f\xfd") + std::string(500, 'x'), "not a readable archive"},
       {"Nothing", "", "not a readable archive"}};
  return cases;
}

class HostileArchive : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostileArchive, IsRefusedInOneLine) {
  try {
    read_archive(GetParam().bytes, "evil.tar.zst");
    FAIL() << "was accepted";
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_THAT(message, ::testing::StartsWith("evil.tar.zst: "));
    EXPECT_THAT(message, HasSubstr(GetParam().message));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

INSTANTIATE_TEST_SUITE_P(All, HostileArchive, ::testing::ValuesIn(hostile_cases()),
                         [](const auto& parameter) { return std::string(parameter.param.what); });

TEST(Archive, RefusesCompressionInCompression) {
  const auto inner = foreign_archive({});
  auto* handle = archive_write_new();
  std::string outer;
  archive_write_set_format_raw(handle);
  archive_write_add_filter_zstd(handle);
  archive_write_set_bytes_in_last_block(handle, 1);
  archive_write_open(handle, &outer, nullptr, testing::append_bytes, nullptr);
  auto* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_pathname(entry, "x");
  archive_write_header(handle, entry);
  archive_write_data(handle, inner.data(), inner.size());
  archive_entry_free(entry);
  archive_write_close(handle);
  archive_write_free(handle);
  EXPECT_THROW(read_archive(outer, "test"), InputError);
}

TEST(Archive, LinksInACircleAreData) {
  const MemoryRoot root(
      read_archive(foreign_archive({{"a", AE_IFLNK, "b"}, {"b", AE_IFLNK, "a"}, {"up", AE_IFLNK, "../../../../etc"}}), "test"));
  EXPECT_TRUE(root.canonical("/a/x").is_unreadable());
  EXPECT_TRUE(root.read("/up/passwd").is_unreadable());  // nobody asked for /etc/passwd
}

/// Each bit flip, of a sample over the whole: refused, or the same nodes.
void expect_every_flip_is_noticed(const std::string& bytes, const RecordedNodes& nodes) {
  constexpr std::size_t flips = 2000;
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < flips; ++i) {
    auto damaged = bytes;
    const auto bit = i * (bytes.size() * 8 - 1) / (flips - 1);
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    try {
      ASSERT_EQ(read_archive(damaged, "damaged"), nodes) << "bit " << bit;
      ++accepted;
    } catch (const InputError&) {
    }
  }
  EXPECT_LT(accepted, flips);
}

RecordedNodes small_host() {
  const auto root = testing::machine_file("../machine/samples/hm170.machine");
  return take_snapshot(root, Wake::no);
}

TEST(Archive, NoFlippedBitGoesUnnoticed) {
  const auto nodes = small_host();
  expect_every_flip_is_noticed(write_archive(nodes, {}), nodes);
}

TEST(Archive, NoFlippedBitGoesUnnoticedWithoutCompression) {
  const auto nodes = small_host();
  expect_every_flip_is_noticed(write_archive(nodes, {}, Compression::none), nodes);
}

TEST(Archive, NamesTheEntryThatIsDamaged) {
  auto bytes = write_archive({{"/etc/file", {Kind::file, "some words"}}}, {}, Compression::none);
  bytes.replace(bytes.find("some words"), 4, "more");
  try {
    read_archive(bytes, "x");
    FAIL() << "was accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "x: 'etc/file' is damaged: its digest is not the one in the manifest");
  }
}

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST(Archive, GzipIsCheckedToo) {
  // Of format 1, where no digest helps.
  auto bytes = gzipped(foreign_archive({{"etc/x", AE_IFREG, "1"}}, plain_manifest(), false));
  EXPECT_EQ(read_archive(bytes, "x").at("/etc/x").content, "1");
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);  // the CRC
  EXPECT_THROW(read_archive(bytes, "x"), InputError);
}

TEST(Snapshot, IsRecognisedByItsContent) {
  EXPECT_EQ(read_snapshot("text /etc/hostname = x\n", "x.tar.zst").size(), 1u);
  EXPECT_EQ(read_snapshot(foreign_archive({{"etc/hostname", AE_IFREG, "x"}}), "x.machine").at("/etc/hostname").content, "x");
  EXPECT_THROW(read_snapshot(std::string("\x7f"
                                         "ELF\0\0",
                                         6),
                             "x"),
               InputError);
}

TEST(MachineText, IsBoundedToo) {
  EXPECT_THROW(parse_machine_text("dir /" + std::string(5000, 'a'), "test"), InputError);
  EXPECT_THROW(parse_machine_text("link /sys/bus/pci/devices/0000:00:1c.0 x\n"
                                  "pci 0000:01:00.0 id=8086:0001 class=020000 under=0000:00:1c.0\n",
                                  "test"),
               InputError);
  std::string many;
  for (int i = 0; i < 700; ++i) {
    many += "dir /" + std::to_string(i);
    for (int level = 0; level < 1800; ++level) many += "/a";
    many += "\n";
  }
  EXPECT_THROW(MemoryRoot(parse_machine_text(many, "test")), InputError);
}

}  // namespace
}  // namespace vfio_doctor
