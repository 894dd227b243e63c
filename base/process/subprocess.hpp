// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace vfio_doctor {

/// What to run and within which bounds. No shell is ever involved: `program` is a path, or a name looked up in the
/// system's own directories (/usr/bin, /bin, /usr/sbin, /sbin), and `arguments` reach it as they are. It starts in "/",
/// in a session of its own without a terminal, cannot gain privileges (setuid files have no effect), and leaves no core file.
struct ProcessRequest {
  std::string program;
  std::vector<std::string> arguments;
  std::string input;                             ///< given on its standard input; it need not read it
  std::chrono::milliseconds deadline{10'000};    ///< then it and everything it started is killed
  std::size_t most_output = 1 << 20;             ///< bytes on standard output; more ends it
  std::vector<std::string> keep_environment;     ///< passed on beside, or instead of, PATH, LANG=C.UTF-8 and HOME=/
  std::vector<std::string> add_environment;      ///< "NAME=VALUE"
  const std::atomic<bool>* stop_when = nullptr;  ///< becomes true where it is to end early, as if the deadline had passed
};

struct ProcessResult {
  enum class End {
    exited,             ///< see exit_code
    signalled,          ///< see signal
    not_started,        ///< see problem
    too_slow,           ///< the deadline passed
    too_much_output,    ///< standard output went beyond its limit, or standard error beyond 16 MiB
    too_many_processes  ///< more than 200 at a time
  };
  End end = End::not_started;
  int exit_code = -1;
  int signal = 0;
  std::string output;        ///< standard output, at most most_output bytes
  std::string errors;        ///< the first 64 KiB of standard error
  std::string problem;       ///< why it was not started
  unsigned left_behind = 0;  ///< processes it had started that were still running after its end; they are killed
};

/// Runs one program to its end. Afterwards nothing that it started is left, not even what moved to a session of its own
/// (see process_keeper.hpp). Safe to call from several threads. Makes this program the one that inherits orphans
/// (PR_SET_CHILD_SUBREAPER).
ProcessResult run_process(const ProcessRequest& request);

}  // namespace vfio_doctor
