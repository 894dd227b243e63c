// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/subprocess.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// Boost.Process v2 of Boost 1.81 forgets this include.
#include <boost/optional.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/asio/write.hpp>
#include <boost/process/v2.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

namespace vfio_doctor {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using boost::system::error_code;

constexpr std::size_t most_errors = 64 << 10;

/// How the child starts: as the leader of a process group of its own, so that what it starts can be ended with it, and
/// with nothing of our environment. (process_environment of Boost 1.81 does not link in header-only use.)
struct ChildSetup {
  std::vector<const char*> environment;

  template <class Launcher>
  error_code on_setup(Launcher& launcher, const boost::filesystem::path&, const char* const*) {
    launcher.env = environment.data();
    return {};
  }
  template <class Launcher>
  error_code on_exec_setup(Launcher&, const boost::filesystem::path&, const char* const*) {
    ::setpgid(0, 0);
    ::signal(SIGPIPE, SIG_DFL);
    return {};
  }
};

boost::filesystem::path find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  for (const std::string directory : {"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"})
    if (::access((directory + program).c_str(), X_OK) == 0) return directory + program;
  return {};
}

std::vector<std::string> clean_environment(const ProcessRequest& request) {
  std::vector<std::string> variables = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "HOME=/"};
  for (const auto& name : request.keep_environment)
    if (const char* value = std::getenv(name.c_str())) variables.push_back(name + "=" + value);
  return variables;
}

/// One run: two pipes are read, one is written, and a clock is watched, all in one thread.
class Run {
 public:
  explicit Run(const ProcessRequest& request)
      : request_(request), output_pipe_(context_), error_pipe_(context_), input_pipe_(context_), clock_(context_) {}

  ProcessResult execute() {
    const auto program = find_program(request_.program);
    if (program.empty()) {
      result_.problem = request_.program + " is not installed";
      return result_;
    }
    const auto environment = clean_environment(request_);
    ChildSetup setup;
    for (const auto& variable : environment) setup.environment.push_back(variable.c_str());
    setup.environment.push_back(nullptr);
    try {
      child_.emplace(context_.get_executor(), program, request_.arguments,
                     process::process_stdio{input_pipe_, output_pipe_, error_pipe_},
                     setup);
    } catch (const boost::system::system_error& error) {
      result_.problem = error.code().message();
      return result_;
    }
    group_ = child_->id();
    write_input();
    read_output();
    read_errors();
    watch_clock();
    context_.run();
    finish();
    return std::move(result_);
  }

 private:
  void stop(ProcessResult::End why) {
    if (result_.end == ProcessResult::End::not_started) result_.end = why;
    error_code ignored;
    output_pipe_.close(ignored);
    error_pipe_.close(ignored);
    input_pipe_.close(ignored);
    clock_.cancel();
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
      if (count > room) return stop(ProcessResult::End::too_much_output);
      if (!error) return read_output();
      output_done_ = true;
      if (errors_done_) wait_for_exit();
    });
  }

  void read_errors() {
    error_pipe_.async_read_some(asio::buffer(error_buffer_), [this](error_code error, std::size_t count) {
      const auto room = most_errors - std::min(most_errors, result_.errors.size());
      result_.errors.append(error_buffer_.data(), std::min(count, room));
      if (!error) return read_errors();
      errors_done_ = true;
      if (output_done_) wait_for_exit();
    });
  }

  /// Both pipes are closed: the child has ended or is about to. Looks in short steps, until the deadline.
  void wait_for_exit() {
    if (result_.end != ProcessResult::End::not_started) return;
    if (has_exited()) return stop(ProcessResult::End::exited);
    poll_.emplace(context_, std::chrono::milliseconds(2));
    poll_->async_wait([this](error_code error) {
      if (!error) wait_for_exit();
    });
  }

  bool has_exited() {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(group_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == group_;
  }

  void watch_clock() {
    clock_.expires_after(request_.deadline);
    clock_.async_wait([this](error_code error) {
      if (!error) stop(ProcessResult::End::too_slow);
    });
  }

  /// The leader is not yet reaped here, so its group's number still belongs to this run alone.
  void finish() {
    ::kill(-group_, SIGKILL);
    error_code ignored;
    child_->wait(ignored);
    const int status = child_->native_exit_code();
    if (result_.end != ProcessResult::End::exited) return;
    if (WIFSIGNALED(status)) {
      result_.end = ProcessResult::End::signalled;
      result_.signal = WTERMSIG(status);
    } else {
      result_.exit_code = WEXITSTATUS(status);
    }
  }

  const ProcessRequest& request_;
  asio::io_context context_;
  asio::readable_pipe output_pipe_, error_pipe_;
  asio::writable_pipe input_pipe_;
  asio::steady_timer clock_;
  std::optional<asio::steady_timer> poll_;
  std::optional<process::process> child_;
  pid_t group_ = 0;
  bool output_done_ = false, errors_done_ = false;
  std::array<char, 16384> output_buffer_{}, error_buffer_{};
  ProcessResult result_;
};

}  // namespace

ProcessResult run_process(const ProcessRequest& request) { return Run(request).execute(); }

}  // namespace vfio_doctor
