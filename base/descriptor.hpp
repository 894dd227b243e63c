// SPDX-License-Identifier: GPL-2.0-or-later
// A file descriptor that closes itself, and the system calls that a look at thousands of files consists of.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

namespace vfio_doctor {

/// The calls themselves, not the functions of the C library: those are cancellation points, and as soon as there is a second
/// thread each of them takes two atomic operations to be one. No thread is cancelled here.
namespace system_call {

inline int open_at(int directory, const char* path, int flags) {
#ifdef O_LARGEFILE
  flags |= O_LARGEFILE;  // what the C library adds
#endif
  return static_cast<int>(::syscall(SYS_openat, directory, path, flags));
}
inline ssize_t read(int fd, char* buffer, std::size_t size) { return ::syscall(SYS_read, fd, buffer, size); }
inline void close(int fd) { ::syscall(SYS_close, fd); }

}  // namespace system_call

/// Owns a descriptor, or none where it is negative.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) system_call::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd) {
    if (fd_ >= 0) system_call::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

}  // namespace vfio_doctor
