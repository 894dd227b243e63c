// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/input_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/input_error.hpp"

namespace vfio_doctor {
namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : is_own_(path != "-") {
    fd_ = is_own_ ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
  }
  ~OpenFile() {
    if (is_own_ && fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return fd_; }

 private:
  bool is_own_;
  int fd_ = -1;
};

std::string size_text(std::size_t bytes) {
  return bytes >= 1 << 20 ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes >> 10) + " KiB";
}

}  // namespace

std::string read_input_file(const std::string& path, std::size_t limit) {
  const std::string name = path == "-" ? "standard input" : path;
  const OpenFile file(path);
  if (file.get() < 0) throw InputError(name + ": " + std::strerror(errno));
  std::string content;
  char buffer[16384];
  for (;;) {
    const auto got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw InputError(name + ": " + std::strerror(errno));
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > limit) throw InputError(name + ": larger than " + size_text(limit));
  }
}

}  // namespace vfio_doctor
