// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process/process_keeper.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace vfio_doctor {
namespace {

constexpr int most_children = 4096;
constexpr long round_ms = 2;
constexpr long forgiven_ms = 250;  // a pipe's last process may end a moment after the first

void sleep_ms(long milliseconds) {
  const timespec time{0, milliseconds * 1'000'000};
  ::nanosleep(&time, nullptr);
}

void close_all_but(int kept) {
#ifdef CLOSE_RANGE_UNSHARE
  if ((kept == 0 || ::close_range(0, static_cast<unsigned>(kept) - 1, 0) == 0) &&
      ::close_range(static_cast<unsigned>(kept) + 1, ~0U, 0) == 0)
    return;
#endif
  const long most = std::min(::sysconf(_SC_OPEN_MAX), 65536L);
  for (int fd = 0; fd < most; ++fd)
    if (fd != kept) ::close(fd);
}

/// Boost 1.81 means to close them itself and misses some. Shared with a program that runs on, a pipe never ends.
void close_all_on_exec() {
#ifdef CLOSE_RANGE_CLOEXEC
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
#endif
  const long most = std::min(::sysconf(_SC_OPEN_MAX), 65536L);
  for (int fd = 3; fd < most; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

class Keeper {
 public:
  Keeper(pid_t program, int report_fd) : program_(program), report_fd_(report_fd) {}

  [[noreturn]] void keep() {
    close_all_but(report_fd_);
    if (wait_for_program()) forgive_stragglers();
    end_everything();
    ssize_t ignored = ::write(report_fd_, &report_, sizeof report_);
    static_cast<void>(ignored);
    ::_exit(0);
  }

 private:
  bool has_ended(pid_t pid, int options) const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | options) != 0 || info.si_pid == pid;
  }

  /// False where it was told to end. The program is not reaped yet: until then its number and its group's stay its own.
  bool wait_for_program() const {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGCHLD);
    ::sigaddset(&signals, SIGTERM);
    while (!has_ended(program_, WNOWAIT)) {
      const timespec now_and_then{0, 100'000'000};
      if (::sigtimedwait(&signals, nullptr, &now_and_then) == SIGTERM) return false;
    }
    return true;
  }

  enum class Action { look, kill };
  /// Reaps what has ended of the children other than the program. Returns how many run on, -1 where that is not known.
  int visit_orphans(Action action) {
    static int children[most_children];
    const int count = read_own_children(children, most_children);
    int running = 0;
    for (int i = 0; i < count; ++i) {
      if (children[i] == program_ && !program_reaped_) continue;
      if (action == Action::kill) ::kill(children[i], SIGKILL);
      running += !has_ended(children[i], 0);
    }
    return count < 0 ? -1 : running;
  }

  void forgive_stragglers() {
    for (long waited = 0; waited < forgiven_ms; waited += round_ms) {
      const int running = visit_orphans(Action::look);
      report_.left_behind = running > 0 ? static_cast<unsigned>(running) : 0;
      if (running <= 0) return;
      sleep_ms(round_ms);
    }
  }

  void end_everything() {
    // The whole group at one stroke: those that fork as fast as they can do not get away.
    ::kill(-program_, SIGKILL);
    while (::waitpid(program_, &report_.status, 0) < 0 && errno == EINTR) {
    }
    program_reaped_ = true;
    for (;;) {
      const int running = visit_orphans(Action::kill);
      int status = 0;
      if (::waitpid(-1, &status, WNOHANG) < 0) return;
      if (running < 0) return;  // the group is all that could be reached
      sleep_ms(1);
    }
  }

  pid_t program_;
  int report_fd_;
  bool program_reaped_ = false;
  KeeperReport report_;
};

/// Room for the program itself: no terminal, no inherited descriptors or signal settings, no core file, no privileges
/// to gain.
void settle_program() {
  close_all_on_exec();
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::umask(077);
  if (::chdir("/") != 0) ::_exit(127);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t no_signals;
  ::sigemptyset(&no_signals);
  ::sigprocmask(SIG_SETMASK, &no_signals, nullptr);
}

}  // namespace

int start_keeper(int report_fd) {
  sigset_t all_signals;
  ::sigfillset(&all_signals);
  ::sigprocmask(SIG_SETMASK, &all_signals, nullptr);
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return errno;
  // The program starts when the keeper has closed what it shares with whoever started both: a program that stopped its
  // keeper before would keep that one waiting for ever.
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return errno;
  const pid_t program = ::fork();
  if (program < 0) return errno;
  if (program == 0) {
    ::close(ready[1]);
    char nothing;
    while (::read(ready[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    settle_program();
    return 0;
  }
  Keeper(program, report_fd).keep();
}

int read_own_children(int* pids, int most) {
  const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  int count = 0, number = 0;
  char buffer[4096];
  for (ssize_t length; count < most && (length = ::read(fd, buffer, sizeof buffer)) > 0;) {
    for (ssize_t i = 0; i < length && count < most; ++i) {
      if (buffer[i] >= '0' && buffer[i] <= '9') {
        number = number * 10 + (buffer[i] - '0');
      } else if (number != 0) {
        pids[count++] = number;
        number = 0;
      }
    }
  }
  ::close(fd);
  return count;
}

}  // namespace vfio_doctor
