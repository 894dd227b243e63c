// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/interruption.hpp"

#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace vfio_doctor {
namespace {

std::atomic<bool> came{false};
std::atomic<long long> first_at{0};  ///< when the first signal came, in milliseconds; 0: none yet
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<long long>::is_always_lock_free,
              "a signal handler writes them");

/// timeout(1) sends its signal to the program and then to its whole group: those two are one.
constexpr long long same_signal_ms = 1000;

long long milliseconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000 + 1;
}

void remember(int signal) {
  const int error = errno;
  const auto now = milliseconds_now();
  if (first_at == 0) {
    first_at = now;
    came = true;
  } else if (now - first_at.load() >= same_signal_ms) {
    constexpr std::string_view words =
        "vfio-doctor: ended at once; /var/tmp/vfio-guest-agent-* may have been left in the guest\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words.data(), words.size());
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  errno = error;
}

}  // namespace

Interruption::Interruption() {
  came = false;
  first_at = 0;
  struct sigaction remembering {};
  remembering.sa_handler = remember;
  for (std::size_t at = 0; at < signals_.size(); ++at) {
    ::sigaction(signals_[at], nullptr, &before_[at]);
    // What was ignored (nohup) stays so.
    if (before_[at].sa_handler != SIG_IGN) ::sigaction(signals_[at], &remembering, nullptr);
  }
}

Interruption::~Interruption() {
  for (std::size_t at = 0; at < signals_.size(); ++at) ::sigaction(signals_[at], &before_[at], nullptr);
}

const std::atomic<bool>& Interruption::flag() { return came; }

}  // namespace vfio_doctor
