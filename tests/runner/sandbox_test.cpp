// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel refuses this program once it has closed the doors behind itself, and that nothing else changes.
#include "base/process/sandbox.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

#include "base/process/subprocess.hpp"
#include "base/write_file.hpp"
#include "machine/directory_root.hpp"
#include "machine/live/live_routes.hpp"
#include "machines.hpp"
#include "temporary_directory.hpp"

#ifdef VFIO_DOCTOR_SECCOMP
#include <seccomp.h>
#endif

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// What `work` returns in a process of its own: a sandbox is for good.
std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const auto child = ::fork();
  if (child == 0) {
    const auto text = work();
    const auto written = ::write(ends[1], text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << text;
  return text;
}

/// "name: why" for each call that did not give EPERM, and for what is still to work and did not.
class Attempts {
 public:
  void refused(const std::string& name, long result, int wanted = EPERM) {
    const int error = errno;
    if (result >= 0 || error != wanted) wrong_ += name + ": " + (result >= 0 ? "done" : std::strerror(error)) + "\n";
  }
  void works(const std::string& name, bool it_does) {
    if (!it_does) wrong_ += name + ": " + std::strerror(errno) + "\n";
  }
  const std::string& wrong() const { return wrong_; }

 private:
  std::string wrong_;
};

long openat2_for(const std::string& file, int flags) {
  open_how how{};
  how.flags = static_cast<__u64>(flags);
  how.mode = flags & O_CREAT ? 0600 : 0;
  return ::syscall(SYS_openat2, AT_FDCWD, file.c_str(), &how, sizeof how);
}

class Sandbox : public ::testing::Test {
 protected:
  void SetUp() override {
    state_ = in_child([] { return enter_sandbox(Writes::nothing); });
    if (!state_.starts_with("on")) GTEST_SKIP() << "sandbox " << state_;
  }
  std::string at(const std::string& name) const { return directory_.path() / name; }

  testing::TemporaryDirectory directory_;
  std::string state_;
};

TEST_F(Sandbox, NothingCanBeStartedReachedOrChanged) {
  const auto old = at("old");
  std::ofstream(old) << "content";
  const auto made = at("made"), link = at("link");
  EXPECT_EQ(in_child([&] {
              enter_sandbox(Writes::nothing);
              Attempts attempts;
              attempts.refused("open to create", ::open(made.c_str(), O_WRONLY | O_CREAT, 0600));
              attempts.refused("open to read and create", ::open(made.c_str(), O_RDONLY | O_CREAT, 0600));
              attempts.refused("open to write", ::open(old.c_str(), O_WRONLY));
              attempts.refused("open to read and write", ::open(old.c_str(), O_RDWR));
              attempts.refused("open to truncate", ::open(old.c_str(), O_RDONLY | O_TRUNC));
              attempts.refused("open a nameless file", ::open("/tmp", O_TMPFILE | O_RDWR, 0600));
              attempts.refused("openat2 to write", openat2_for(old, O_WRONLY));
              attempts.refused("openat2 to create", openat2_for(made, O_WRONLY | O_CREAT));
              attempts.refused("truncate", ::truncate(old.c_str(), 0));
              attempts.refused("unlink", ::unlink(old.c_str()));
              attempts.refused("rename", ::rename(old.c_str(), made.c_str()));
              attempts.refused("link", ::link(old.c_str(), link.c_str()));
              attempts.refused("symlink", ::symlink(old.c_str(), link.c_str()));
              attempts.refused("mkdir", ::mkdir(made.c_str(), 0700));
              attempts.refused("mkfifo", ::mkfifo(made.c_str(), 0700));
              attempts.refused("chmod", ::chmod(old.c_str(), 0777));
              attempts.refused("chown", ::chown(old.c_str(), 1, 1));
              const char* const words[] = {"true", nullptr};
              attempts.refused("execve", ::execv("/bin/true", const_cast<char* const*>(words)));
              attempts.refused("fork", ::fork());
              for (const int family : {AF_INET, AF_INET6, AF_PACKET, AF_VSOCK})
                attempts.refused("socket " + std::to_string(family), ::socket(family, SOCK_DGRAM, 0));
              attempts.refused("mount", ::mount("none", "/tmp", "tmpfs", 0, nullptr));
              attempts.refused("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
              attempts.refused("kill", ::kill(::getppid(), 0));
              attempts.refused("setns", ::syscall(SYS_setns, 0, 0));
              attempts.refused("init_module", ::syscall(SYS_init_module, nullptr, 0, ""));
              attempts.refused("bpf", ::syscall(SYS_bpf, 0, nullptr, 0));
              attempts.refused("io_uring", ::syscall(SYS_io_uring_setup, 1, nullptr));
              attempts.refused("memfd_create", ::syscall(SYS_memfd_create, "x", 0));
              return attempts.wrong();
            }),
            "");
  EXPECT_EQ(testing::read_test_file(old), "content");
}

TEST_F(Sandbox, ReadingGoesOn) {
  std::ofstream(at("old")) << "content";
  const auto path = at("old");
  const auto routes = in_child([] { return read_live_routes().has_value() ? read_live_routes().value() : "none"; });
  EXPECT_EQ(in_child([&] {
              char name[IF_NAMESIZE]{};
              const bool has_loopback = ::if_indextoname(1, name) != nullptr;
              enter_sandbox(Writes::nothing);
              Attempts attempts;
              attempts.works("open", ::open(path.c_str(), O_RDONLY) >= 0);
              attempts.works("write to the screen", ::write(STDERR_FILENO, "", 0) == 0);
              const auto again = read_live_routes();
              attempts.works("routes", (again.has_value() ? again.value() : "none") == routes);
              attempts.works("name of an interface", !has_loopback || ::if_indextoname(1, name) != nullptr);
              // isatty(3) of glibc, before 2.42 and from then on: the answer is "no terminal", not "not permitted".
              for (const unsigned long asked : {0x5401ul, 0x802c542aul})
                attempts.works("terminal?", ::ioctl(::open(path.c_str(), O_RDONLY), asked, name) != 0 && errno == ENOTTY);
              const DirectoryRoot root("/");
              attempts.works("read below a root", root.read(path, 100).is(std::string("content")));
              attempts.works("list below a root", root.list("/etc").has_value());
              bool ran = false;
              std::thread([&ran] { ran = true; }).join();
              attempts.works("thread", ran);
              attempts.works("memory", !std::string(64 << 20, 'x').empty());
              attempts.works("second call", enter_sandbox(Writes::files).starts_with("on"));
              return attempts.wrong();
            }),
            "");
}

/// What another program has open is how a device that a guest has is told from a free one.
TEST_F(Sandbox, WhatOtherProgramsHaveOpenIsStillSeen) {
  std::ofstream(at("open")) << "content";
  const int file = ::open(at("open").c_str(), O_RDONLY);
  const auto link = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file);
  const auto target = [&link] {
    const auto seen = DirectoryRoot("/").read_link(link);
    return seen.has_value() ? seen.value() : seen.why();
  };
  const auto outside = in_child(target), inside = in_child([&target] {
                                           enter_sandbox(Writes::nothing);
                                           return target();
                                         });
  ::close(file);
  EXPECT_EQ(outside, at("open"));
  EXPECT_EQ(inside, outside);
}

TEST_F(Sandbox, FilesAreWrittenWhereTheyWereAskedForAndNothingElse) {
  std::ofstream(at("old")) << "content";
  const auto old = at("old"), made = at("made");
  EXPECT_EQ(in_child([&] {
              Attempts attempts;
              attempts.works("sandbox", enter_sandbox(Writes::files).starts_with("on"));
              write_file(old, "new");
              write_file(made, "new");
              const char* const words[] = {"true", nullptr};
              attempts.refused("execve", ::execv("/bin/true", const_cast<char* const*>(words)));
              attempts.refused("socket", ::socket(AF_INET, SOCK_STREAM, 0));
              attempts.refused("chmod", ::chmod(old.c_str(), 0777));
              attempts.refused("symlink", ::symlink(old.c_str(), at("link").c_str()));
              return attempts.wrong();
            }),
            "");
  EXPECT_EQ(testing::read_test_file(old) + testing::read_test_file(made), "newnew");
}

/// A thread that runs already, such as the one that shows the progress, is no way out.
TEST_F(Sandbox, HoldsForThreadsThatRunAlready) {
  EXPECT_EQ(in_child([] {
              int ends[2];
              if (::pipe(ends) != 0) return std::string("no pipe");
              Attempts attempts;
              std::thread other([&] {
                char go;
                attempts.works("wait", ::read(ends[0], &go, 1) == 1);
                attempts.refused("socket", ::socket(AF_INET, SOCK_STREAM, 0));
                attempts.refused("open", ::open("/dev/null", O_WRONLY));
              });
              enter_sandbox(Writes::nothing);
              attempts.works("go", ::write(ends[1], "g", 1) == 1);
              other.join();
              return attempts.wrong();
            }),
            "");
}

/// The program itself, not only its function: it sits before a pipe that nobody empties, and the kernel says what holds it.
TEST_F(Sandbox, EveryCommandThatNeedsNoOtherProgramIsInIt) {
  const std::vector<std::vector<std::string>> commands = {{"--sample", "hm170", "--format", "json"},
                                                          {"--sample", "hm170", "groups", "--format", "json"},
                                                          {"checks", "--format", "json"},
                                                          {"--sample", "hm170", "snapshot", "-o", "/dev/stdout"},
                                                          {"explain", "iommu-active"}};
  for (const auto& command : commands) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
    while (::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 && ::write(ends[1], "x", 1) == 1) {
    }  // full
    ::fcntl(ends[1], F_SETFL, 0);
    const auto child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      std::vector<char*> words = {const_cast<char*>(PROGRAM)};
      for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
      words.push_back(nullptr);
      ::execv(PROGRAM, words.data());
      ::_exit(127);
    }
    const auto process = "/proc/" + std::to_string(child);
    const auto write_number = std::to_string(SYS_write) + " 0x1 ";
    std::string status;
    while (::waitpid(child, nullptr, WNOHANG) == 0) {  // until it waits in write(1, ...); it cannot end before
      const auto now = testing::read_test_file(process + "/syscall");
      if (!now.starts_with(write_number)) continue;
      status = testing::read_test_file(process + "/status");
      break;
    }
    EXPECT_THAT(status, HasSubstr("Seccomp:\t2")) << command.front();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
  }
}

#ifdef VFIO_DOCTOR_SECCOMP
/// The program's output where the kernel does not know some system calls.
std::string output_without(const std::vector<const char*>& unknown_calls, const std::vector<std::string>& arguments) {
  return in_child([&] {
    const auto filter = seccomp_init(SCMP_ACT_ALLOW);
    seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
    for (const auto* name : unknown_calls)
      seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), seccomp_syscall_resolve_name(name), 0);
    if (!unknown_calls.empty() && std::string_view(unknown_calls.front()) == "seccomp")
      seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, 22));  // PR_SET_SECCOMP
    if (seccomp_load(filter) != 0) return std::string("no filter");
    ::setenv("SOURCE_DATE_EPOCH", "1000000000", 1);
    std::string output;
    ProcessRequest request;
    request.program = PROGRAM;
    request.arguments = arguments;
    request.most_output = 16 << 20;
    request.add_environment = {"SOURCE_DATE_EPOCH=1000000000"};
    const auto result = run_process(request);
    const auto sandbox = result.errors.find("sandbox: ");
    const auto line =
        sandbox == std::string::npos ? "?" : result.errors.substr(sandbox, result.errors.find('\n', sandbox) - sandbox);
    return line + "\n" + std::to_string(result.exit_code) + "\n" + result.output;
  });
}

std::string without_first_line(const std::string& text) { return text.substr(text.find('\n') + 1); }

TEST_F(Sandbox, NothingIsSaidDifferentlyInIt) {
  const std::vector<std::vector<std::string>> commands = {{"-v", "check", "--format", "json"},
                                                          {"-v", "--sample", "hm170"},
                                                          {"-v", "--root", "/", "groups"},
                                                          {"-v", "explain", "iommu-active"}};
  for (const auto& command : commands) {
    const auto inside = output_without({}, command), outside = output_without({"seccomp"}, command);
    EXPECT_THAT(inside, StartsWith("sandbox: " + state_ + "\n"));
    EXPECT_THAT(outside, StartsWith("sandbox: off: "));
    EXPECT_EQ(without_first_line(inside), without_first_line(outside));
    EXPECT_GT(inside.size(), 100u);
  }
}
#endif

}  // namespace
}  // namespace vfio_doctor
