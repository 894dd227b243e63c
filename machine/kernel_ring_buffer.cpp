// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/klog.h>

#include <cerrno>
#include <cstring>

#include "machine/kernel_ring_buffer.hpp"

namespace vfio_doctor {

Observed<std::string> read_kernel_ring_buffer() {
  constexpr int read_all = 3, size_of_buffer = 10;  // syslog(2)
  const int size = ::klogctl(size_of_buffer, nullptr, 0);
  if (size <= 0) return Observed<std::string>::unreadable(std::strerror(errno));
  std::string log(static_cast<std::size_t>(size), '\0');
  const int got = ::klogctl(read_all, log.data(), size);
  if (got < 0) return Observed<std::string>::unreadable(std::strerror(errno));
  log.resize(static_cast<std::size_t>(got));
  return log;
}

}  // namespace vfio_doctor
