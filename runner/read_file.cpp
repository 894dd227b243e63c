// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/read_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "facts/input_error.hpp"

namespace vfio_doctor {

std::string read_input_file(const std::string& path, std::size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) throw InputError(path + ": " + std::strerror(errno));
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } const closer{fd};
  std::string bytes;
  const auto buffer = std::make_unique<char[]>(1 << 16);
  for (;;) {
    const auto got = ::read(fd, buffer.get(), 1 << 16);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw InputError(path + ": " + std::strerror(errno));
    if (got == 0) return bytes;
    bytes.append(buffer.get(), static_cast<std::size_t>(got));
    if (bytes.size() > limit) throw InputError(path + ": larger than " + std::to_string(limit >> 20) + " MiB");
  }
}

}  // namespace vfio_doctor
