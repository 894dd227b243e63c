// SPDX-License-Identifier: GPL-2.0-or-later
#include "exercise/perform.hpp"

#include <fcntl.h>
#include <limits.h>  // PIPE_BUF
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>

#include "base/descriptor.hpp"

namespace vfio_doctor {
namespace {

using Result = GuestExercise::Result;
using std::chrono::milliseconds;

long long milliseconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

/// What the child tells: one letter, then words.
char letter_of(Result result) { return result == Result::worked ? 'w' : result == Result::failed ? 'f' : 'u'; }

std::optional<Outcome> outcome_of(const std::string& told) {
  if (told.empty()) return std::nullopt;
  return Outcome{told.front() == 'w'   ? Result::worked
                 : told.front() == 'f' ? Result::failed
                                       : Result::undecided,
                 told.substr(1)};
}

/// Nobody's signals end it in the middle of a change that it would take back; it holds none of our files, so that whoever waits
/// for their end does not wait for it.
[[noreturn]] void be_child(const std::function<Outcome()>& act, int pipe_end) {
  ::setsid();
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_IGN);
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (null < 0 || ::dup2(null, fd) < 0) ::close(fd);
  std::string told;
  try {
    const auto outcome = act();
    told = letter_of(outcome.result) + outcome.what;
  } catch (const std::exception& error) {
    told = std::string("u") + error.what();
  }
  [[maybe_unused]] const auto written = ::write(pipe_end, told.data(), std::min<std::size_t>(told.size(), PIPE_BUF));
  ::_exit(0);
}

/// All that comes until the other end closes, or what came when the time was up: nothing.
std::optional<std::string> read_until(int fd, long long end) {
  std::string told;
  for (;;) {
    const auto left = end - milliseconds_now();
    if (left <= 0) return std::nullopt;
    pollfd waiting{fd, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return std::nullopt;
    if (ready <= 0) continue;
    std::array<char, 512> buffer{};
    const auto count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return told;
    told.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

/// One that hangs in the kernel cannot be ended: it is not waited for.
void end_child(pid_t child) {
  ::kill(child, SIGKILL);
  for (int tries = 0; tries < 20; ++tries) {
    if (::waitpid(child, nullptr, WNOHANG) != 0) return;
    const timespec pause{0, 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

Outcome act_of(const Act& act, const Stage& stage) {
  switch (act.kind) {
    case Act::Kind::read_block:
      return read_block(act, stage);
    case Act::Kind::watch_link:
    case Act::Kind::bring_up:
      return try_link(act);
    case Act::Kind::ask_display:
      return ask_display(act);
    case Act::Kind::read_descriptor:
      return read_descriptor(act);
    case Act::Kind::ask_codec:
      return ask_codec(act);
  }
  return {};
}

bool stays_on(const Stage& stage, const Act& act) { return stage.is_live || act.kind == Act::Kind::read_block; }

/// A child that was killed in the middle cannot take back what it changed.
std::string put_back(const Act& act) {
  if (act.kind != Act::Kind::bring_up) return {};
  const auto done = run_apart([&act] { return take_down(act); }, milliseconds(3000));
  return done && done->result == Result::worked ? "" : "; " + act.name + " may still be up: ip link set " + act.name + " down";
}

}  // namespace

std::optional<Outcome> run_apart(const std::function<Outcome()>& act, milliseconds time) {
  const auto end = milliseconds_now() + time.count();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Outcome{Result::undecided, std::string("no pipe: ") + std::strerror(errno)};
  Descriptor ours(ends[0]), its(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return Outcome{Result::undecided, std::string("no process: ") + std::strerror(errno)};
  if (child == 0) be_child(act, its.get());
  its.reset(-1);
  const auto told = read_until(ours.get(), end);
  end_child(child);
  if (!told) return std::nullopt;
  const auto outcome = outcome_of(*told);
  return outcome ? outcome : Outcome{Result::undecided, "it ended without an answer"};
}

GuestExercise perform(const Act& act, const Stage& stage, milliseconds time) {
  GuestExercise exercise;
  exercise.act = act.announcement();
  if (!stays_on(stage, act)) {
    exercise.what = "not done: this is not the guest that runs here";
    return exercise;
  }
  if (const auto outcome = run_apart([&] { return act_of(act, stage); }, time)) {
    exercise.result = outcome->result;
    exercise.what = outcome->what;
    return exercise;
  }
  exercise.result = Result::failed;
  exercise.what = "no answer within " + std::to_string(time.count() / 1000) + " s" + put_back(act);
  return exercise;
}

int open_node(const Act& act, const Stage& stage, int flags, Outcome& refused) {
  const auto path = stage.root + act.node;
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) {
    refused = outcome_of_error(act.node + " cannot be opened", errno);
    return fd;
  }
  struct stat about {};
  const auto number = ::fstat(fd, &about) == 0
                          ? std::to_string(major(about.st_rdev)) + ":" + std::to_string(minor(about.st_rdev))
                          : std::string();
  const bool is_device = S_ISBLK(about.st_mode) || S_ISCHR(about.st_mode);
  if (is_device ? number == act.number : !stage.is_live && S_ISREG(about.st_mode)) return fd;
  ::close(fd);
  refused = {Result::undecided, act.node + " is not the device that sysfs calls " + act.name};
  return -1;
}

Outcome outcome_of_error(const std::string& doing, int error) {
  // What the kernel answers where a device does not: block layer (block/blk-core.c, blk_errors), usbcore
  // (Documentation/driver-api/usb/error-codes.rst), network drivers' open. Others tell of rights, of no medium, or of this program.
  constexpr std::array dead{EIO, ETIMEDOUT, ENODEV, EREMOTEIO, ENOLINK, EPROTO, EILSEQ, ESHUTDOWN, ETIME};
  bool is_dead = false;
  for (const int one : dead) is_dead = is_dead || one == error;
  return {is_dead ? Result::failed : Result::undecided, doing + ": " + std::strerror(error)};
}

}  // namespace vfio_doctor
