// SPDX-License-Identifier: GPL-2.0-or-later
//
// -o writes to what the user named and destroys nothing else. Device nodes are made in a temporary directory and /dev is a
// private one: this machine's own are never touched.
#include "base/write_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/input_error.hpp"
#include "base/process/subprocess.hpp"
#include "machines.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::read_test_file;
using ::testing::StartsWith;

class WriteFile : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return directory_.path() / name; }
  void put(const std::string& name, const std::string& content) const { std::ofstream(at(name)) << content; }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory_.path())) found.push_back(entry.path().filename());
    std::ranges::sort(found);
    return found;
  }
  fs::perms mode(const std::string& name) const { return fs::status(at(name)).permissions(); }
  /// What is said where it is refused. What was there is there still, and nothing beside it.
  std::string refusal(const std::string& name) const {
    const auto before = names();
    struct stat old_status {
    }, new_status{};
    ::lstat(at(name).c_str(), &old_status);
    std::string what;
    try {
      write_file(at(name), "new");
    } catch (const InputError& error) {
      what = error.what();
    }
    EXPECT_THAT(what, StartsWith(at(name) + ": "));
    EXPECT_EQ(names(), before);
    ::lstat(at(name).c_str(), &new_status);
    EXPECT_EQ(old_status.st_ino, new_status.st_ino);
    EXPECT_EQ(old_status.st_mode, new_status.st_mode);
    return what;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(WriteFile, RegularFilesAreReplacedWhole) {
  const auto mask = ::umask(022);
  write_file(at("new"), "first");
  EXPECT_EQ(mode("new"), fs::perms(0644));
  put("old", "a longer text than the new one");
  fs::permissions(at("old"), fs::perms(0640));
  fs::create_hard_link(at("old"), at("other-name"));
  write_file(at("old"), "second");
  ::umask(mask);
  EXPECT_EQ(read_test_file(at("old")), "second");
  EXPECT_EQ(mode("old"), fs::perms(0640));
  EXPECT_EQ(read_test_file(at("other-name")), "a longer text than the new one");
  EXPECT_THAT(names(), ElementsAre("new", "old", "other-name"));
}

TEST_F(WriteFile, WhatIsForItsOwnerAloneIsSoEvenOverAnOpenFile) {
  write_file(at("new"), "secret", FileAccess::owner_only);
  EXPECT_EQ(mode("new"), fs::perms(0600));
  put("old", "");
  fs::permissions(at("old"), fs::perms(0666));
  write_file(at("old"), "secret", FileAccess::owner_only);
  EXPECT_EQ(mode("old"), fs::perms(0600));
}

TEST_F(WriteFile, LinksStayAndTheirTargetsAreWritten) {
  fs::create_directory(at("below"));
  put("below/target", "old");
  fs::create_symlink("below/link", at("first"));
  fs::create_symlink("target", at("below/link"));
  fs::create_symlink(at("not-there-yet"), at("dangling"));
  write_file(at("first"), "new");
  write_file(at("dangling"), "made");
  EXPECT_TRUE(fs::is_symlink(at("first")) && fs::is_symlink(at("below/link")) && fs::is_symlink(at("dangling")));
  EXPECT_EQ(read_test_file(at("below/target")), "new");
  EXPECT_EQ(read_test_file(at("not-there-yet")), "made");
  fs::create_symlink("loop", at("loop"));
  EXPECT_THAT(refusal("loop"), HasSubstr("Too many levels"));
}

TEST_F(WriteFile, AnotherUsersLinkInATmpIsNotFollowed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a link to another user";
  put("victim", "precious");
  fs::create_directory(at("tmp"));
  fs::permissions(at("tmp"), fs::perms(01777));
  fs::create_symlink("../victim", at("tmp/report"));
  write_file(at("tmp/report"), "one's own link");
  ASSERT_EQ(::lchown(at("tmp/report").c_str(), 64999, 64999), 0);
  EXPECT_THAT(refusal("tmp/report"), HasSubstr("another user"));
  EXPECT_EQ(read_test_file(at("victim")), "one's own link");
}

TEST_F(WriteFile, DirectoriesAndSocketsAreRefused) {
  fs::create_directory(at("directory"));
  fs::create_symlink("directory", at("link"));
  EXPECT_THAT(refusal("directory"), EndsWith("is a directory"));
  EXPECT_THAT(refusal("directory/"), EndsWith("is a directory"));
  EXPECT_THAT(refusal("link"), EndsWith("is a directory"));
  EXPECT_THAT(refusal("absent/file"), EndsWith("No such file or directory"));
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  at("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(refusal("socket"), EndsWith("is a socket"));
  ::close(listener);
}

TEST_F(WriteFile, DeviceNodesStayWhatTheyAre) {
  if (::mknod(at("full").c_str(), S_IFCHR | 0666, ::makedev(1, 7)) != 0 ||
      ::mknod(at("null").c_str(), S_IFCHR | 0666, ::makedev(1, 3)) != 0 ||
      ::mknod(at("disk").c_str(), S_IFBLK | 0666, ::makedev(240, 250)) != 0)
    GTEST_SKIP() << "device nodes cannot be made here";
  EXPECT_THAT(refusal("disk"), HasSubstr("is a block device"));
  fs::create_symlink("disk", at("by-id"));
  EXPECT_THAT(refusal("by-id"), HasSubstr("is a block device"));
  const int null = ::open(at("null").c_str(), O_WRONLY);
  if (null < 0) GTEST_SKIP() << "device nodes cannot be opened here";
  ::close(null);
  EXPECT_THAT(refusal("full"), EndsWith("No space left on device"));
  write_file(at("null"), "gone");
  EXPECT_TRUE(fs::is_character_file(at("null")));
}

TEST_F(WriteFile, FifosAreWrittenTo) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  fs::create_symlink("fifo", at("link"));
  const int reader = ::open(at("fifo").c_str(), O_RDWR);
  write_file(at("fifo"), "one,");
  write_file(at("link"), "two");
  char buffer[32]{};
  EXPECT_EQ(::read(reader, buffer, sizeof buffer), 7);
  EXPECT_STREQ(buffer, "one,two");
  EXPECT_TRUE(fs::is_fifo(at("fifo")));
  ::close(reader);
}

TEST_F(WriteFile, DescriptorsAreWrittenToWhateverLiesBehind) {
  put("behind", "");
  const int file = ::open(at("behind").c_str(), O_WRONLY);
  const auto number = std::to_string(file);
  write_file("/dev/fd/" + number, "a");
  write_file("/proc/self/fd/" + number, "b");
  write_file("/proc/thread-self/fd/" + number, "c");
  write_file("/proc/" + std::to_string(::getpid()) + "/fd/" + number, "d");
  fs::create_symlink("/dev/fd/" + number, at("link"));
  write_file(at("link"), "e");
  ::close(file);
  EXPECT_EQ(read_test_file(at("behind")), "abcde");
  EXPECT_THROW(write_file("/dev/fd/" + number, "closed"), InputError);
  EXPECT_THROW(write_file("/proc/1/fd/1", "another's"), InputError);
}

TEST_F(WriteFile, DescriptorsThatDoNotWaitAreWaitedFor) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const std::string bytes(1 << 20, 'x');
  std::thread writer([&] {
    write_file("/dev/fd/" + std::to_string(ends[1]), bytes);
    ::close(ends[1]);
  });
  ::fcntl(ends[0], F_SETFL, 0);
  std::size_t count = 0;
  char buffer[4096];
  for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) count += static_cast<std::size_t>(got);
  writer.join();
  ::close(ends[0]);
  EXPECT_EQ(count, bytes.size());
}

TEST_F(WriteFile, NamesMayBeAsLongAsTheFileSystemAllows) {
  const std::string longest(255, 'n');
  write_file(at(longest), "once");
  write_file(at(longest), "twice");
  EXPECT_EQ(read_test_file(at(longest)), "twice");
  EXPECT_THROW(write_file(at(longest + "n"), ""), InputError);
  EXPECT_THAT(names(), ElementsAre(longest));
}

/// The signal comes when something has appeared in the directory, and most of the content is still to be written.
TEST_F(WriteFile, NothingIsLeftAfterASignal) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM}) {
    const int watch = ::inotify_init1(IN_CLOEXEC);
    ASSERT_GE(::inotify_add_watch(watch, directory_.path().c_str(), IN_CREATE), 0);
    const auto child = ::fork();
    if (child == 0) {
      ::signal(signal, SIG_DFL);  // ignored under nohup and in background jobs
      const rlimit no_core{0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      write_file(at("report"), std::string(64 << 20, 'x'));
      ::_exit(0);
    }
    char event[4096];
    EXPECT_GT(::read(watch, event, sizeof event), 0);
    ::kill(child, signal);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(watch);
    for (const auto& name : names()) {
      EXPECT_EQ(name, "report");
      EXPECT_EQ(fs::file_size(at(name)), 64u << 20);
    }
    fs::remove(at("report"));
  }
}

/// The program in a mount namespace whose /dev holds nothing but the links that every /dev has. The directory may lie
/// below /dev: it is entered before.
ProcessResult run_in_private_dev(const fs::path& directory, const std::string& script) {
  ProcessRequest request;
  request.program = "unshare";
  // In a chroot, / is no mount point: unshare would fail over it, and /dev by itself is enough.
  request.arguments = {::geteuid() == 0 ? "-m" : "-rm",
                       "--propagation",
                       "unchanged",
                       "sh",
                       "-c",
                       "cd '" + directory.string() +
                           "' && { mount --make-rprivate / || mount --make-rprivate /dev; } 2>/dev/null && mount -t tmpfs none "
                           "/dev && ln -s /proc/self/fd/1 /dev/stdout && "
                           "ln -s /proc/self/fd/2 /dev/stderr && ln -s /proc/self/fd /dev/fd || exit 77\n" +
                           script,
                       PROGRAM};
  request.add_environment = {"SOURCE_DATE_EPOCH=1000000000"};
  return run_process(request);
}

TEST_F(WriteFile, StandardStreamsByNameAreThisProgramsOwn) {
  const auto result =
      run_in_private_dev(directory_.path(),
                         "$0 --sample hm170 >plain; $0 --sample hm170 -o /dev/stdout >named; $0 --sample hm170 -o /dev/fd/1 "
                         ">numbered\n"
                         "$0 --sample hm170 -o /proc/self/fd/1 | cat >piped; $0 --sample hm170 -o /dev/stderr 2>errors\n"
                         "echo kept >appended; $0 --sample hm170 -o /dev/stdout >>appended\n"
                         "test -L /dev/stdout && test -L /dev/stderr && test -L /dev/fd && echo unharmed");
  if (result.exit_code == 77) GTEST_SKIP() << "no private mounts here: " << result.errors;
  EXPECT_EQ(result.output, "unharmed\n") << result.errors;
  const auto plain = read_test_file(at("plain"));
  EXPECT_THAT(plain, StartsWith("Ready"));
  for (const auto* name : {"named", "numbered", "piped", "errors"}) EXPECT_EQ(read_test_file(at(name)), plain) << name;
  EXPECT_EQ(read_test_file(at("appended")), "kept\n" + plain);
}

ProcessResult run_program(const std::vector<std::string>& before, const std::vector<std::string>& arguments) {
  ProcessRequest request;
  request.program = before.empty() ? PROGRAM : before.front();
  if (!before.empty()) request.arguments.assign(before.begin() + 1, before.end());
  if (!before.empty()) request.arguments.push_back(PROGRAM);
  request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
  return run_process(request);
}

TEST_F(WriteFile, AFileLimitIsOneLineAndLeavesNothing) {
  const auto to_file = run_program({"prlimit", "--fsize=1000"}, {"--sample", "hm170", "-o", at("report")});
  EXPECT_EQ(to_file.exit_code, 2) << to_file.signal;
  EXPECT_THAT(to_file.errors, HasSubstr("report: File too large"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(WriteFile, ADirectoryThatIsClosedIsOneLine) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs another user";
  put("report", "old");
  fs::permissions(at("report"), fs::perms(0666));
  fs::permissions(directory_.path(), fs::perms(0555));
  const auto program = fs::path("/dev/shm") / ("vfio-doctor-test-program-" + std::to_string(::getpid()));
  fs::copy_file(PROGRAM, program);
  ProcessRequest request;
  request.program = "setpriv";
  request.arguments = {"--reuid", "64999", "--clear-groups", program.string(), "--sample", "hm170", "-o", at("report")};
  const auto result = run_process(request);
  fs::remove(program);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("report: Permission denied"));
  EXPECT_EQ(read_test_file(at("report")), "old");
}

TEST_F(WriteFile, SeveralFilesAtOnce) {
  const auto result = run_program({}, {"--sample", "hm170", "--format", "json", "-o", at("a"), "--format", "html", "-o",
                                       at("b"), "--format", "text", "-o", "/dev/stdout"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, StartsWith("Ready"));
  EXPECT_THAT(read_test_file(at("a")), StartsWith("{"));
  EXPECT_THAT(read_test_file(at("b")), HasSubstr("<html"));
  const auto twice =
      run_program({}, {"--sample", "hm170", "--format", "json", "-o", at("c"), "--format", "html", "-o", at("c")});
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_THAT(twice.errors, HasSubstr("is named for two formats"));
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_F(WriteFile, ASnapshotIsForItsOwnerAlone) {
  for (const auto* name : {"host.tar.zst", "host.machine"}) {
    EXPECT_EQ(run_program({}, {"--sample", "hm170", "snapshot", "-o", at(name)}).exit_code, 0);
    EXPECT_EQ(mode(name), fs::perms(0600)) << name;
  }
}

}  // namespace
}  // namespace vfio_doctor
