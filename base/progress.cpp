// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/progress.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/printable.hpp"
#include "base/short_name.hpp"

namespace vfio_doctor {
namespace {

/// Short enough for one line: what wraps cannot be wiped away.
std::string shown(const std::string& text) { return cut_to(printable(text), 60); }

}  // namespace

Progress::Progress(const std::string& text) : text_(shown(text)) {
  const char* terminal = std::getenv("TERM");
  if (!::isatty(STDERR_FILENO) || (terminal && std::strcmp(terminal, "dumb") == 0)) return;
  try {
    thread_ = std::thread([this] { show(); });
  } catch (const std::system_error&) {  // a limit on processes: the work goes on unseen
  }
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Progress::set_text(const std::string& text) {
  const std::lock_guard lock(mutex_);
  text_ = shown(text);
}

void Progress::show() {
  using namespace std::chrono_literals;
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, 500ms, [this] { return done_; })) return;
  while (!done_) {
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::fprintf(stderr, "\r\033[K%s ... %.0f s", text_.c_str(), seconds);
    std::fflush(stderr);
    changed_.wait_for(lock, 500ms, [this] { return done_; });
  }
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace vfio_doctor
