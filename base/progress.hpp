// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace vfio_doctor {

/// A line on a terminal's standard error that appears when something takes longer than half a second and is wiped away
/// at the end. Does nothing where standard error is no terminal, or one that cannot wipe.
class Progress {
 public:
  explicit Progress(const std::string& text);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// What is being done now.
  void set_text(const std::string& text);

 private:
  void show();

  std::string text_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace vfio_doctor
