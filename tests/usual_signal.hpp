// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <signal.h>

namespace vfio_doctor::testing {

/// While it lives, a signal is neither ignored nor blocked, as it may be from the start: under nohup, in background jobs.
class UsualSignal {
 public:
  explicit UsualSignal(int signal, void (*handler)(int) = SIG_DFL) : signal_(signal) {
    struct sigaction wanted {};
    wanted.sa_handler = handler;
    ::sigaction(signal, &wanted, &disposition_);
    sigset_t one;
    ::sigemptyset(&one);
    ::sigaddset(&one, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &one, &mask_);
  }
  ~UsualSignal() {
    ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    ::sigaction(signal_, &disposition_, nullptr);
  }
  UsualSignal(const UsualSignal&) = delete;
  UsualSignal& operator=(const UsualSignal&) = delete;

 private:
  int signal_;
  struct sigaction disposition_ {};
  sigset_t mask_{};
};

}  // namespace vfio_doctor::testing
