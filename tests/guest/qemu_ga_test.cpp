// SPDX-License-Identifier: GPL-2.0-or-later
// The way through the QEMU guest agent, against the real one: qemu-ga runs here as root, on a Unix socket, and this machine
// is its guest. Between any two commands another user tries to open whatever has appeared.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/input_error.hpp"
#include "runner/guest/guest_channel.hpp"
#include "temporary_directory.hpp"
#include "usual_signal.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr const char* qemu_ga = "/usr/sbin/qemu-ga";
constexpr uid_t nobody = 65534;

using vfio_doctor::testing::TemporaryDirectory;

/// Every path of ours in the directories where everybody may write, with what lies below.
std::vector<fs::path> paths_of_ours() {
  std::vector<fs::path> found;
  for (const auto* place : {"/var/tmp", "/tmp", "/dev/shm"}) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(place, ignored)) {
      if (!entry.path().filename().string().starts_with("vfio-guest-agent-")) continue;
      found.push_back(entry.path());
      if (!entry.is_directory(ignored)) continue;
      for (const auto& below : fs::recursive_directory_iterator(entry.path(), ignored)) found.push_back(below.path());
    }
  }
  return found;
}

enum : int { cannot_try = 40, opens_for_writing, puts_beside, reads };

/// What an unprivileged user can do to `paths`, which root has found for them; empty where nothing.
std::string what_another_user_can_do(const std::vector<fs::path>& paths) {
  const auto child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(cannot_try);
    for (const auto& path : paths) {
      if (::open(path.c_str(), O_WRONLY) >= 0) ::_exit(opens_for_writing);
      if (::open((path / "mine").c_str(), O_WRONLY | O_CREAT, 0600) >= 0) ::_exit(puts_beside);
      if (::open(path.c_str(), O_RDONLY) >= 0) ::_exit(reads);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  switch (WIFEXITED(status) ? WEXITSTATUS(status) : cannot_try) {
    case 0:
      return "";
    case opens_for_writing:
      return "opens it for writing";
    case puts_beside:
      return "puts a file beside ours";
    case reads:
      return "reads it";
    default:
      return "cannot be tried";
  }
}

/// A guest: qemu-ga, its socket, and what is to happen at each command.
class RealGuest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "not root";
    if (::access(qemu_ga, X_OK) != 0) GTEST_SKIP() << qemu_ga << " is not installed";
    everybodys_ = ::open("/var/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_EQ(::flock(everybodys_, LOCK_EX), 0);  // one test at a time looks there
    for (const auto& path : paths_of_ours()) before_.insert(path);
    const auto directory = directory_.path().string();
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::umask(0);  // the worst that a guest's service manager could hand on
      ::execl(qemu_ga, qemu_ga, "-m", "unix-listen", "-p", (directory + "/socket").c_str(), "-f", (directory + "/pid").c_str(),
              "-t", directory.c_str(), "-l", (directory + "/log").c_str(), nullptr);
      ::_exit(127);
    }
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (directory + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    for (int tries = 0; ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0; ++tries) {
      ASSERT_LT(tries, 500) << "qemu-ga does not listen";
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    current_ = this;
  }
  void TearDown() override {
    if (socket_ >= 0) ::close(socket_);
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    if (process_ > 0)
      for (const auto& path : ours()) fs::remove_all(path);
    if (everybodys_ >= 0) ::close(everybodys_);
  }

  std::vector<fs::path> ours() const {
    auto paths = paths_of_ours();
    std::erase_if(paths, [this](const fs::path& path) { return before_.contains(path); });
    return paths;
  }

  /// Stands in for `virsh qemu-agent-command`.
  static ProcessResult virsh(const ProcessRequest& request) {
    auto& guest = *current_;
    const auto message = Json::parse(request.arguments.back());
    if (guest.before_command) guest.before_command(message);
    ProcessResult result;
    result.end = ProcessResult::End::exited;
    const auto answer = guest.ask(message);
    result.exit_code = answer.contains("error") ? 1 : 0;
    if (answer.contains("error"))
      result.errors =
          "error: internal error: unable to execute QEMU agent command: " + answer["error"]["desc"].get<std::string>();
    result.output = answer.dump();
    guest.look(message);
    return result;
  }

  Json ask(const Json& message) {
    const auto line = message.dump() + "\n";
    EXPECT_EQ(::send(socket_, line.data(), line.size(), MSG_NOSIGNAL), static_cast<ssize_t>(line.size()));
    std::string answer;
    for (char byte = 0; byte != '\n';) {
      if (::read(socket_, &byte, 1) != 1) throw std::runtime_error("qemu-ga is gone");
      answer += byte;
    }
    return Json::parse(answer);
  }

  void look(const Json& message) {
    const auto paths = ours();
    if (message["execute"] == "guest-file-open") {
      struct stat parent {};
      EXPECT_EQ(::lstat(fs::path(message["arguments"]["path"].get<std::string>()).parent_path().c_str(), &parent), 0);
      EXPECT_EQ(parent.st_mode, static_cast<mode_t>(S_IFDIR | 0700)) << "before the first byte is written";
      EXPECT_EQ(parent.st_uid, 0u);
    }
    if (!paths.empty()) ++times_seen;
    EXPECT_EQ(what_another_user_can_do(paths), "") << "after " << message["execute"];
  }

  static AgentAnswer run(const std::string& agent) {
    return run_agent_through_qga("guest1", agent, "the manifest", std::chrono::seconds(0), virsh);
  }

  std::function<void(const Json&)> before_command;
  int times_seen = 0;

 private:
  static inline RealGuest* current_ = nullptr;
  TemporaryDirectory directory_;
  pid_t process_ = -1;
  int socket_ = -1, everybodys_ = -1;
  std::set<fs::path> before_;  ///< left there by others
};

const std::string prints_the_manifest = "#!/bin/sh\ncat \"$2\"\nexit 3\n";

TEST_F(RealGuest, NobodyElseCanTouchWhatRootWillRun) {
  const auto answer = run(prints_the_manifest + "#" + std::string(200'000, '-') + "\n");
  EXPECT_EQ(answer.output, "the manifest");
  EXPECT_EQ(answer.exit_code, 3);
  EXPECT_GT(times_seen, 5) << "there was something to try";
  EXPECT_THAT(ours(), ::testing::IsEmpty());
}

// Somebody who sees the name of the directory on the command line of mkdir may be there first.
TEST_F(RealGuest, ADirectoryThatIsThereBeforeIsNotUsed) {
  std::string taken;
  before_command = [&taken](const Json& message) {
    if (message["execute"] != "guest-exec" || !message["arguments"]["path"].get<std::string>().ends_with("mkdir")) return;
    taken = message["arguments"]["arg"].back();
    fs::create_directory(taken);
    fs::permissions(taken, fs::perms::owner_all);  // what others could do to it is not the question here
    std::ofstream(taken + "/theirs") << "theirs";
    fs::permissions(taken + "/theirs", fs::perms::owner_read);
  };
  try {
    run(prints_the_manifest);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("directory"));
  }
  ASSERT_FALSE(taken.empty());
  EXPECT_THAT(ours(), ::testing::UnorderedElementsAre(fs::path(taken), fs::path(taken + "/theirs"))) << "and is not removed";
}

TEST_F(RealGuest, NothingIsLeftWhereverItStops) {
  int commands = 0;
  before_command = [&commands](const Json&) { ++commands; };
  run(prints_the_manifest);
  const int all = commands;
  for (int at = 1; at <= all; ++at) {
    commands = 0;
    before_command = [&](const Json&) {
      if (++commands == at) ::raise(SIGINT);
    };
    const testing::UsualSignal usual(SIGINT);
    try {
      run(prints_the_manifest);
    } catch (const InputError&) {
    }
    EXPECT_THAT(ours(), ::testing::IsEmpty()) << "interrupted at command " << at << " of " << all;
  }
}

TEST_F(RealGuest, HandlesAreClosedOnFailure) {
  std::vector<Json> open;
  before_command = [&](const Json& message) {
    if (message["execute"] == "guest-file-close") open.push_back(message["arguments"]["handle"]);
    if (message["execute"] != "guest-file-write") return;
    // The guest's file is full, as far as the writer can tell: nothing can be written to it any more.
    throw InputError("the line broke");
  };
  EXPECT_THROW(run(prints_the_manifest), InputError);
  EXPECT_EQ(open.size(), 1u);
  EXPECT_THAT(ours(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace vfio_doctor
