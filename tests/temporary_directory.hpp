// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace vfio_doctor::testing {

/// A directory that is gone with everything in it at the end of the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    // Thousands of small files are made and removed: in memory that takes no time.
    const bool in_memory = !std::getenv("TMPDIR") && ::access("/dev/shm", W_OK | X_OK) == 0;
    const auto above = in_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string name = (above / "vfio-doctor-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary directory");
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace vfio_doctor::testing
