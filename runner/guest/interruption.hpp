// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <signal.h>

#include <array>
#include <atomic>

namespace vfio_doctor {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP does not end this program: it is remembered, so that what was put
/// into a guest can be taken out again. A later one ends it as always, and says what that may leave; what comes within a
/// second of the first is still the first. One at a time.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Set by the signal; for ProcessRequest::stop_when.
  static const std::atomic<bool>& flag();

 private:
  static constexpr std::array signals_{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, signals_.size()> before_{};
};

}  // namespace vfio_doctor
