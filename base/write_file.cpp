// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/write_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/input_error.hpp"

namespace vfio_doctor {
namespace {

void write_all(int fd, const std::string& bytes, const std::string& path) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto count = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw InputError(path + ": " + std::strerror(errno));
    done += static_cast<std::size_t>(count);
  }
}

/// Terminals, pipes and the like have no content to protect.
bool is_stream(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode));
}

void write_stream(const std::string& path, const std::string& bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) throw InputError(path + ": " + std::strerror(errno));
  try {
    write_all(fd, bytes, path);
  } catch (...) {
    ::close(fd);
    throw;
  }
  ::close(fd);
}

}  // namespace

void write_file_atomically(const std::string& path, const std::string& bytes) {
  if (is_stream(path)) return write_stream(path, bytes);
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw InputError(path + ": is a directory");
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) throw InputError(path + ": " + std::strerror(errno));
  try {
    write_all(fd, bytes, path);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    // Who closed a file to others meant what is in it.
    if (::fchmod(fd, exists ? status.st_mode & 0777 : 0666 & ~mask) != 0 || ::fsync(fd) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0)
      throw InputError(path + ": " + std::strerror(errno));
  } catch (...) {
    ::close(fd);
    ::unlink(temporary.c_str());
    throw;
  }
  ::close(fd);
}

}  // namespace vfio_doctor
