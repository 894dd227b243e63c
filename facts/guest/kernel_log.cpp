// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/guest/kernel_log.hpp"

#include <sys/klog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vfio_doctor {

Observed<std::string> read_kernel_ring() {
  constexpr int read_all = 3, buffer_size = 10;  // SYSLOG_ACTION_*, see syslog(2)
  const int size = ::klogctl(buffer_size, nullptr, 0);
  if (size < 0) return Observed<std::string>::unreadable(std::strerror(errno));
  std::string log(static_cast<std::size_t>(std::min(size, 16 << 20)), '\0');
  const int got = ::klogctl(read_all, log.data(), static_cast<int>(log.size()));
  if (got < 0) return Observed<std::string>::unreadable(std::strerror(errno));
  log.resize(static_cast<std::size_t>(got));
  return log;
}

}  // namespace vfio_doctor
