// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process/subprocess.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Boost.Process v2 of Boost 1.81 forgets this include.
#include <boost/optional.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/asio/write.hpp>
// Not v2.hpp, which Boost 1.92 has no more.
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>

#include "base/process/process_keeper.hpp"
#include "base/process/process_tree.hpp"

namespace vfio_doctor {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr std::size_t kept_errors = 64 << 10;
constexpr std::size_t most_errors = 16 << 20;
constexpr std::size_t most_processes = 200;
constexpr auto between_counts = 50ms;  // of its processes
constexpr auto keeper_patience = 2s;   // for the keeper to end what it keeps, once told to
constexpr auto pipe_patience = 500ms;  // for the last bytes, once every writer is gone

/// How the child starts: it becomes the program's keeper and the program, with nothing of our environment.
/// (process_environment of Boost 1.81 does not link in header-only use.)
struct ChildSetup {
  std::vector<const char*> environment;
  int report_fd = -1;

  template <class Launcher>
  error_code on_setup(Launcher& launcher, const boost::filesystem::path&, const char* const*) {
    launcher.env = environment.data();
    return {};
  }
  template <class Launcher>
  error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*) {
    const int problem = start_keeper(report_fd);
    return problem == 0 ? error_code{} : error_code(problem, boost::system::system_category());
  }
  /// Boost would go on to exit(), which runs what our own program registered for its end.
  template <class... Anything>
  void on_exec_error(Anything&&...) {
    ::_exit(127);
  }
};

/// The keepers of all programs that run now. Whatever else is a child of this program has lost its keeper.
struct Keepers {
  std::mutex mutex;
  std::set<pid_t> running;
};

Keepers& keepers() {
  static Keepers all;
  return all;
}

/// A program that does not read its input must not end this one: asio writes to pipes without a way to say so.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeBlocked() {
    const timespec now{};
    if (::sigismember(&before_, SIGPIPE) == 0) ::sigtimedwait(&sigpipe_, nullptr, &now);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

 private:
  sigset_t sigpipe_{}, before_{};
};

boost::filesystem::path find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) return boost::filesystem::absolute(program);
  for (const std::string directory : {"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"})
    if (::access((directory + program).c_str(), X_OK) == 0) return directory + program;
  return {};
}

/// What the caller adds or keeps takes the place of the standard value.
std::vector<std::string> clean_environment(const ProcessRequest& request) {
  std::vector<std::string> variables = request.add_environment;
  for (const auto& name : request.keep_environment)
    if (const char* value = std::getenv(name.c_str())) variables.push_back(name + "=" + value);
  for (const std::string standard : {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "HOME=/"}) {
    const auto name = standard.substr(0, standard.find('=') + 1);
    if (std::ranges::none_of(variables, [&name](const std::string& one) { return one.starts_with(name); }))
      variables.push_back(standard);
  }
  return variables;
}

/// Once per program. A pipe that got the number of a closed standard stream would be mixed up with it in the child.
void prepare_this_program() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (int fd = 0; fd <= 2; ++fd)
      if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != fd) break;
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  });
}

/// One run: three pipes are read (output, errors, the keeper's report), one is written, and a clock is watched, all in
/// one thread. It is over when the keeper has reported that nothing is left.
class Run {
 public:
  explicit Run(const ProcessRequest& request)
      : request_(request),
        output_pipe_(context_),
        error_pipe_(context_),
        report_pipe_(context_),
        input_pipe_(context_),
        clock_(context_),
        counter_(context_),
        patience_(context_) {}

  ProcessResult execute() {
    prepare_this_program();
    const SigpipeBlocked no_sigpipe;
    if (!start()) return std::move(result_);
    write_input();
    read_output();
    read_errors();
    read_report();
    watch_clock();
    count_processes();
    context_.run();
    finish();
    return std::move(result_);
  }

 private:
  bool start() {
    const auto program = find_program(request_.program);
    if (program.empty()) {
      result_.problem = request_.program + " is not installed";
      return false;
    }
    int report[2];
    if (::pipe2(report, O_CLOEXEC) != 0) {
      result_.problem = error_code(errno, boost::system::system_category()).message();
      return false;
    }
    report_pipe_.assign(report[0]);
    const bool started = start(program, report[1]);
    ::close(report[1]);
    return started;
  }

  bool start(const boost::filesystem::path& program, int report_fd) {
    const auto environment = clean_environment(request_);
    ChildSetup setup;
    setup.report_fd = report_fd;
    for (const auto& variable : environment) setup.environment.push_back(variable.c_str());
    setup.environment.push_back(nullptr);
    process::posix::default_launcher launcher;
    error_code problem;
    const std::lock_guard lock(keepers().mutex);
    try {
      child_.emplace(launcher(context_.get_executor(), problem, program, request_.arguments,
                              process::process_stdio{input_pipe_, output_pipe_, error_pipe_}, setup));
    } catch (const boost::system::system_error& error) {
      problem = error.code();
    }
    if (problem) {
      result_.problem = problem.message();
      child_.reset();
      if (launcher.pid > 0) ::waitpid(launcher.pid, nullptr, 0);  // Boost 1.81 leaves it a zombie
      return false;
    }
    keeper_ = child_->id();
    keepers().running.insert(keeper_);
    return true;
  }

  /// Has the keeper end the program. What was written so far is kept.
  void stop(ProcessResult::End why) {
    if (result_.end != ProcessResult::End::not_started || keeper_done_) return;
    result_.end = why;
    close_pipes();
    ::kill(keeper_, SIGTERM);
    after(keeper_patience, [this] { ::kill(keeper_, SIGKILL); });
  }

  void close_pipes() {
    error_code ignored;
    output_pipe_.close(ignored);
    error_pipe_.close(ignored);
    input_pipe_.close(ignored);
  }

  template <class Action>
  void after(std::chrono::milliseconds time, Action action) {
    patience_.expires_after(time);
    patience_.async_wait([action](error_code error) {
      if (!error) action();
    });
  }

  void write_input() {
    asio::async_write(input_pipe_, asio::buffer(request_.input), [this](error_code, std::size_t) {
      error_code ignored;  // a child that does not read its input is free not to
      input_pipe_.close(ignored);
    });
  }

  void read_output() {
    output_pipe_.async_read_some(asio::buffer(output_buffer_), [this](error_code error, std::size_t count) {
      const auto room = request_.most_output - std::min(request_.most_output, result_.output.size());
      result_.output.append(output_buffer_.data(), std::min(count, room));
      if (count > room) stop(ProcessResult::End::too_much_output);
      if (!error && count <= room) return read_output();
      output_done_ = true;
      rest_if_done();
    });
  }

  void read_errors() {
    error_pipe_.async_read_some(asio::buffer(error_buffer_), [this](error_code error, std::size_t count) {
      const auto room = kept_errors - std::min(kept_errors, result_.errors.size());
      result_.errors.append(error_buffer_.data(), std::min(count, room));
      errors_seen_ += count;
      if (errors_seen_ > most_errors) stop(ProcessResult::End::too_much_output);
      if (!error && errors_seen_ <= most_errors) return read_errors();
      errors_done_ = true;
      rest_if_done();
    });
  }

  /// Shorter than a report, it means that the keeper is gone before its time: the program killed it.
  void read_report() {
    asio::async_read(report_pipe_, asio::buffer(&report_, sizeof report_), [this](error_code, std::size_t count) {
      keeper_done_ = true;
      keeper_lost_ = count != sizeof report_;
      clock_.cancel();
      counter_.cancel();
      patience_.cancel();
      if (keeper_lost_) end_strays();
      error_code ignored;
      input_pipe_.close(ignored);
      if (!output_done_ || !errors_done_) after(pipe_patience, [this] { close_pipes(); });
    });
  }

  void rest_if_done() {
    if (output_done_ && errors_done_ && keeper_done_) patience_.cancel();
  }

  /// What the lost keeper kept is now this program's own to end. A dying process closes its files before it hands on
  /// its children, hence the wait.
  void end_strays() {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(keeper_), &info, WEXITED | WNOWAIT);
    const std::lock_guard lock(keepers().mutex);
    end_children_except(keepers().running);
  }

  void watch_clock() {
    clock_.expires_after(request_.deadline);
    clock_.async_wait([this](error_code error) {
      if (!error) stop(ProcessResult::End::too_slow);
    });
  }

  void count_processes() {
    counter_.expires_after(between_counts);
    counter_.async_wait([this](error_code error) {
      if (error || keeper_done_) return;
      if (request_.stop_when && *request_.stop_when) return stop(ProcessResult::End::too_slow);
      if (count_descendants(keeper_, most_processes) > most_processes) return stop(ProcessResult::End::too_many_processes);
      count_processes();
    });
  }

  void finish() {
    error_code ignored;
    child_->wait(ignored);
    {
      const std::lock_guard lock(keepers().mutex);
      keepers().running.erase(keeper_);
    }
    if (result_.end != ProcessResult::End::not_started) return;
    result_.left_behind = report_.left_behind;
    if (keeper_lost_ || WIFSIGNALED(report_.status)) {
      result_.end = ProcessResult::End::signalled;
      result_.signal = keeper_lost_ ? SIGKILL : WTERMSIG(report_.status);
    } else {
      result_.end = ProcessResult::End::exited;
      result_.exit_code = WEXITSTATUS(report_.status);
    }
  }

  const ProcessRequest& request_;
  asio::io_context context_;
  asio::readable_pipe output_pipe_, error_pipe_, report_pipe_;
  asio::writable_pipe input_pipe_;
  asio::steady_timer clock_, counter_, patience_;
  std::optional<process::process> child_;
  pid_t keeper_ = 0;
  KeeperReport report_;
  bool keeper_done_ = false, keeper_lost_ = false;
  bool output_done_ = false, errors_done_ = false;
  std::size_t errors_seen_ = 0;
  std::array<char, 16384> output_buffer_{}, error_buffer_{};
  ProcessResult result_;
};

}  // namespace

ProcessResult run_process(const ProcessRequest& request) { return Run(request).execute(); }

}  // namespace vfio_doctor
