// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <signal.h>

namespace vfio_doctor::testing {

/// Started in the background or under nohup, a program ignores SIGINT.
struct DiesOfSigint {
  struct sigaction before {};
  DiesOfSigint() {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(SIGINT, &usual, &before);
  }
  ~DiesOfSigint() { ::sigaction(SIGINT, &before, nullptr); }
  DiesOfSigint(const DiesOfSigint&) = delete;
  DiesOfSigint& operator=(const DiesOfSigint&) = delete;
};

}  // namespace vfio_doctor::testing
