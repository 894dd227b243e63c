// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/interruption.hpp"

namespace vfio_doctor {
namespace {

std::atomic<bool> came{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

}  // namespace

Interruption::Interruption() {
  came = false;
  struct sigaction remember {};
  remember.sa_handler = [](int) { came = true; };
  remember.sa_flags = static_cast<int>(SA_RESETHAND);
  for (std::size_t at = 0; at < signals_.size(); ++at) {
    ::sigaction(signals_[at], nullptr, &before_[at]);
    // What was ignored (nohup) stays so.
    if (before_[at].sa_handler != SIG_IGN) ::sigaction(signals_[at], &remember, nullptr);
  }
}

Interruption::~Interruption() {
  for (std::size_t at = 0; at < signals_.size(); ++at) ::sigaction(signals_[at], &before_[at], nullptr);
}

const std::atomic<bool>& Interruption::flag() { return came; }
void Interruption::forgive() { came = false; }

}  // namespace vfio_doctor
