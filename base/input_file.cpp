// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
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

std::string name_of(const std::string& path) { return path == "-" ? "standard input" : path; }

/// Throws InputError where somebody else can change the file.
void require_trust(int file, const std::string& name) {
  struct stat status {};
  if (::fstat(file, &status) != 0) throw InputError(name + ": " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return;
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    throw InputError(name + ": belongs to user " + std::to_string(status.st_uid) + ", not to root or to you");
  const bool group_is_trusted = status.st_gid == 0 || status.st_gid == ::getegid();
  if ((status.st_mode & S_IWOTH) || ((status.st_mode & S_IWGRP) && !group_is_trusted))
    throw InputError(name + ": can be written by others (chmod go-w " + name + ")");
}

/// Throws InputError where the file could not be opened.
void require_open(const OpenFile& file, const std::string& name) {
  if (file.get() < 0) throw UnreadableFile(name, std::strerror(errno));
}

template <class Take>
void read_pieces(const OpenFile& file, const std::string& name, const Take& take) {
  char buffer[65536];
  for (;;) {
    const auto got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw UnreadableFile(name, std::strerror(errno));
    if (got == 0) return;
    take(std::string_view(buffer, static_cast<std::size_t>(got)));
  }
}

std::string content_of(const OpenFile& file, const std::string& name, std::size_t limit) {
  std::string content;
  read_pieces(file, name, [&](std::string_view piece) {
    content += piece;
    if (content.size() > limit) throw UnreadableFile(name, "larger than " + size_text(limit));
  });
  return content;
}

}  // namespace

std::string read_input_file(const std::string& path, std::size_t limit) {
  const OpenFile file(path);
  require_open(file, name_of(path));
  return content_of(file, name_of(path), limit);
}

void read_input_pieces(const std::string& path, const std::function<void(std::string_view)>& take) {
  const OpenFile file(path);
  require_open(file, name_of(path));
  read_pieces(file, name_of(path), take);
}

std::string read_trusted_file(const std::string& path, std::size_t limit) {
  const OpenFile file(path);
  require_open(file, name_of(path));
  require_trust(file.get(), name_of(path));
  return content_of(file, name_of(path), limit);
}

}  // namespace vfio_doctor
