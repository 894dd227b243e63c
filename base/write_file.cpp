// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/write_file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/descriptor.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr int most_links = 40;  // as the kernel allows (MAXSYMLINKS)

[[noreturn]] void fail(const std::string& path, int error = errno) { throw InputError(path + ": " + std::strerror(error)); }

/// A directory and a name in it: what is done to the name is done there, even if the path leads elsewhere meanwhile.
struct Place {
  std::string directory, name;

  explicit Place(const std::string& path) {
    const auto slash = path.rfind('/');
    directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    name = slash == std::string::npos ? path : path.substr(slash + 1);
  }
};

void write_all(int fd, const std::string& bytes, const std::string& path) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto count = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {  // whoever started this program made it so
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      fail(path);
    }
  }
}

/// N where the path is one of the names that Linux gives to this program's own descriptors.
std::optional<int> own_descriptor(const std::string& path) {
  const std::string own = "/proc/" + std::to_string(::getpid()) + "/fd/";
  for (const auto& directory :
       {std::string("/dev/fd/"), std::string("/proc/self/fd/"), std::string("/proc/thread-self/fd/"), own})
    if (path.starts_with(directory))
      if (const auto number = parse_unsigned(path.substr(directory.size())); number && *number <= 1'000'000)
        return static_cast<int>(*number);
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  return std::nullopt;
}

/// What fs.protected_symlinks forbids, which only holds where the kernel follows the link: a link that another user left in
/// /tmp would have this user's file overwritten.
bool is_trusted(int directory, const struct stat& link) {
  struct stat above {};
  if (::fstat(directory, &above) != 0) return false;
  constexpr mode_t shared = S_ISVTX | S_IWOTH;
  return (above.st_mode & shared) != shared || link.st_uid == ::geteuid() || link.st_uid == above.st_uid;
}

std::string target_of(int directory, const Place& place, const struct stat& link, const std::string& path) {
  struct statfs system {};
  if (::fstatfs(directory, &system) == 0 && system.f_type == PROC_SUPER_MAGIC)
    throw InputError(path + ": is a link of the kernel that is not followed; this program's own descriptors are /dev/fd/N");
  if (!is_trusted(directory, link))
    throw InputError(path + ": is a symbolic link that another user put into a directory for everybody; it is not followed");
  char target[4096];
  const auto length = ::readlinkat(directory, place.name.c_str(), target, sizeof target);
  if (length < 0) fail(path);
  const std::string text(target, static_cast<std::size_t>(length));
  return text.starts_with('/') || place.directory == "." ? text : place.directory + text;
}

/// While it lives, no signal ends this program: what is beside the file is taken away first. The program has no other thread
/// at this point, which would take the signal instead.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_{};
};

/// A new file beside `place`; its short name leaves room where that one's is as long as a name can be.
class FileBeside {
 public:
  FileBeside(int directory, mode_t mode, const std::string& path) : directory_(directory) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      std::uint64_t random = 0;
      if (::getrandom(&random, sizeof random, 0) != sizeof random) fail(path);
      name_ = ".vfio-doctor." + std::to_string(random);
      fd_ = ::openat(directory, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
      if (fd_ >= 0) return;
      if (errno != EEXIST) break;
    }
    fail(path);
  }
  ~FileBeside() {
    ::close(fd_);
    if (!name_.empty()) ::unlinkat(directory_, name_.c_str(), 0);
  }
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;

  int get() const { return fd_; }
  bool rename_to(const std::string& name) {
    if (::renameat(directory_, name_.c_str(), directory_, name.c_str()) != 0) return false;
    name_.clear();
    return true;
  }

 private:
  int directory_, fd_ = -1;
  std::string name_;
};

/// `replaced` is what was there: who closed a file to others meant what is in it.
void replace(int directory, const std::string& name, const struct stat* replaced, const std::string& bytes, FileAccess access,
             const std::string& path) {
  const mode_t most = access == FileAccess::owner_only ? 0600 : 0777;
  const SignalsHeld held;
  FileBeside file(directory, replaced ? 0600 : 0666 & most, path);
  write_all(file.get(), bytes, path);
  if ((replaced && ::fchmod(file.get(), replaced->st_mode & most) != 0) || ::fsync(file.get()) != 0 || !file.rename_to(name))
    fail(path);
}

/// Nothing is followed any more: what is opened is what was looked at.
void write_into(int directory, const std::string& name, const struct stat& seen, const std::string& bytes,
                const std::string& path) {
  const Descriptor file(::openat(directory, name.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW));
  if (file.get() < 0) fail(path);
  struct stat opened {};
  if (::fstat(file.get(), &opened) != 0) fail(path);
  if ((opened.st_mode & S_IFMT) != (seen.st_mode & S_IFMT)) throw InputError(path + ": was replaced while it was opened");
  write_all(file.get(), bytes, path);
}

}  // namespace

void write_file(const std::string& path, const std::string& bytes, FileAccess access) {
  std::string followed = path;
  for (int links = 0; links <= most_links; ++links) {
    if (const auto descriptor = own_descriptor(followed)) return write_all(*descriptor, bytes, path);
    const Place place(followed);
    if (place.name.empty() || place.name == "." || place.name == "..") throw InputError(path + ": is a directory");
    const Descriptor directory(::open(place.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0) fail(path);
    struct stat status {};
    if (::fstatat(directory.get(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) fail(path);
      return replace(directory.get(), place.name, nullptr, bytes, access, path);
    }
    switch (status.st_mode & S_IFMT) {
      case S_IFREG:
        return replace(directory.get(), place.name, &status, bytes, access, path);
      case S_IFCHR:
      case S_IFIFO:
        return write_into(directory.get(), place.name, status, bytes, path);
      case S_IFLNK:
        followed = target_of(directory.get(), place, status, path);
        break;
      case S_IFDIR:
        throw InputError(path + ": is a directory");
      case S_IFBLK:
        throw InputError(path + ": is a block device; a report would overwrite what is on it");
      case S_IFSOCK:
        throw InputError(path + ": is a socket");
      default:
        throw InputError(path + ": is no file that can be written to");
    }
  }
  fail(path, ELOOP);
}

}  // namespace vfio_doctor
