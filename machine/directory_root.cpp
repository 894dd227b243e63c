// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/directory_root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

template <class T>
Observed<T> from_errno(int error) {
  if (error == ENOENT || error == ENOTDIR) return Observed<T>::absent();
  return Observed<T>::unreadable(std::strerror(error),
                                 error == EACCES || error == EPERM ? UnreadCause::permission : UnreadCause::other);
}

/// The path below the root: "/sys/x" -> "sys/x"; the root itself is ".".
const char* relative(const std::string& path) {
  const auto first = path.find_first_not_of('/');
  return first == std::string::npos ? "." : path.c_str() + first;
}

int open_in_root(int root, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  int fd = -1;
  for (int attempt = 0; attempt < 16; ++attempt) {  // EAGAIN: the tree moved while ".." was resolved
    fd = static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

/// The target of the link at `path` below the directory, or of the one that was opened with O_PATH; absent where it is no link.
Observed<std::string> link_target(int directory_or_link, const char* path = "") {
  char target[4096];
  const auto length = ::readlinkat(directory_or_link, path, target, sizeof target);
  if (length >= 0) return std::string(target, static_cast<std::size_t>(length));
  if (errno == EINVAL || errno == ENOENT) return Observed<std::string>::absent();  // no link; of an open one "" is ENOENT then
  return from_errno<std::string>(errno);
}

/// sysfs hands out at most a page a time (kernfs_fop_readwrite), so fewer bytes than the smallest page are the end.
constexpr ssize_t smallest_page = 4096;

/// What every running kernel and system has. A tree without one of them was not recorded there, whatever the machine had.
/// /boot and /run are not among them: systems without the first exist, and the second is seldom copied.
constexpr auto always_there = std::to_array<const char*>(
    {"/proc", "/sys", "/dev", "/etc", "/sys/bus", "/sys/class", "/sys/devices", "/sys/firmware", "/sys/kernel", "/sys/module"});

/// A kernel with CONFIG_IOMMU_API makes both, with an IOMMU or without (iommu_init() in drivers/iommu/iommu.c,
/// iommu_dev_init() in drivers/iommu/iommu-sysfs.c). Without the option it has neither: gather_host() knows.
constexpr const char* iommu_groups = "/sys/kernel/iommu_groups";
constexpr const char* iommu_class = "/sys/class/iommu";

/// How many bytes a file says it has, which is a hint only.
std::size_t size_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

/// Opening it does nothing, and it is empty.
bool is_null_device(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3); }

/// openat2 is refused by the kernel (before 5.6) or by a container's system call filter.
bool openat2_refused(int error) { return error == ENOSYS || error == EPERM; }

/// Follows none of the links below /proc that lead anywhere ("/proc/7/root/x", "/proc/7/fd/3"; proc(5)).
bool is_plain_proc(std::string_view path, int flags) {
  if (!path.starts_with("/proc/")) return true;
  const auto parts = split(path.substr(1), '/');
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const bool leads_anywhere = parts[i] == "cwd" || parts[i] == "root" || parts[i] == "exe" || parts[i] == ".." ||
                                parts[i - 1] == "fd" || parts[i - 1] == "map_files" || parts[i - 1] == "ns";
    if (leads_anywhere && (i + 1 < parts.size() || (flags & O_NOFOLLOW) == 0)) return false;
  }
  return true;
}

}  // namespace

DirectoryRoot::DirectoryRoot(const std::string& directory, Guard guard) : guard_(std::move(guard)) {
  root_ = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_ < 0) throw InputError("--root " + directory + ": " + std::strerror(errno));
  const auto is_there = [this](const char* name) { return kind(name).is(NodeKind::directory); };
  if (!is_there("/sys") && !is_there("/proc") && !is_there("/etc") && !is_there("/boot")) {
    ::close(root_);
    throw InputError("--root " + directory + ": not a system tree: it has none of sys, proc, etc, boot");
  }
  find_unrecorded();
}

DirectoryRoot::DirectoryRoot(KernelLogReader log_reader, RouteReader route_reader, Guard guard)
    : log_reader_(std::move(log_reader)), route_reader_(std::move(route_reader)), guard_(std::move(guard)) {
  root_ = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_ < 0) throw InputError(std::string("/: ") + std::strerror(errno));
}

DirectoryRoot::~DirectoryRoot() { ::close(root_); }

void DirectoryRoot::find_unrecorded() {
  std::vector<std::string> missing;
  for (const auto* path : always_there)
    if (kind(path).is_absent()) missing.emplace_back(path);
  if (kind(iommu_groups).is_absent() && kind(iommu_class).is_absent())
    missing.insert(missing.end(), {iommu_groups, iommu_class});
  // Recorders of processor sets copy what is mounted in /dev and none of its nodes.
  const auto nodes = list("/dev");
  const auto is_directory = [this](const std::string& name) { return kind("/dev/" + name).is(NodeKind::directory); };
  if (nodes.has_value() && std::ranges::all_of(nodes.value(), is_directory)) missing.emplace_back("/dev");
  unrecorded_ = std::move(missing);
}

/// The answer where the kernel refused to open `path`.
template <class T>
Observed<T> DirectoryRoot::failed(const std::string& path, int error) const {
  auto answer = from_errno<T>(error);
  const auto covers = [&path](const std::string& directory) {
    return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
  };
  if (answer.is_absent() && std::ranges::any_of(unrecorded_, covers))
    return Observed<T>::unreadable("not recorded in this tree");
  return answer;
}

int DirectoryRoot::open_inside(const std::string& path, int flags) const {
  if (has_plain_way(path, flags)) {
    const auto way = plain_way(path);
    return system_call::open_at(way.directory, way.path, flags | O_CLOEXEC);
  }
  const int fd = open_in_root(root_, relative(path), flags);
  if (fd >= 0 || !openat2_refused(errno)) return fd;
  return open_by_walking(path, flags);
}

/// Opens a path that is known to hold no links, component by component; a link that appears meanwhile is refused.
int DirectoryRoot::open_plain(const std::string& path, int flags) const {
  Descriptor current(::dup(root_));
  const auto parts = split(relative(path), '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    const int how = last ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW;
    current.reset(::openat(current.get(), std::string(parts[i]).c_str(), how | O_CLOEXEC));
    if (current.get() < 0) return -1;
  }
  return current.release();
}

/// The same as open_in_root() without openat2: links are resolved here, each part looked at from the directory that the part before
/// it is, which stays open.
int DirectoryRoot::open_by_walking(const std::string& path, int flags) const {
  int failure = ELOOP;
  std::string at = "/";
  Descriptor directory(::dup(root_));
  const auto link_at = [&](const std::string& candidate) {
    if (auto parent = parent_path(candidate); parent != at) {
      directory.reset(open_plain(parent, O_PATH | O_DIRECTORY));
      at = std::move(parent);
    }
    Descriptor node(
        directory.get() < 0 ? -1 : ::openat(directory.get(), base_name(candidate).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    const auto target = node.get() < 0 ? from_errno<std::string>(errno) : link_target(node.get());
    if (target.is_unreadable()) failure = errno;
    if (node.get() >= 0 && target.is_absent()) {
      directory.reset(node.release());
      at = candidate;
    }
    return target;
  };
  const bool follow_last = (flags & O_NOFOLLOW) == 0;
  const auto resolved = resolve_links(follow_last ? path : parent_path(path), link_at);
  if (!resolved.has_value()) {
    errno = failure;
    return -1;
  }
  return open_plain(follow_last ? resolved.value() : join_path(resolved.value(), base_name(path)), flags);
}

/// Nothing to escape from: this root is the real one, and no magic link is on the way. The plain call is quicker, a running host has
/// thousands of links to open files, and the system call filter refuses openat2 once it is in force.
bool DirectoryRoot::has_plain_way(const std::string& path, int flags) const { return is_live() && is_plain_proc(path, flags); }

NearDirectory::Way DirectoryRoot::plain_way(const std::string& path) const {
  thread_local NearDirectory near;  // of all live roots: they are one machine
  return is_live_sysfs(path) ? near.way_to(path, root_) : NearDirectory::Way{root_, relative(path)};
}

bool DirectoryRoot::is_live_sysfs(const std::string& path) const { return is_live() && path.starts_with("/sys/"); }

bool DirectoryRoot::is_made_by_kernel(const std::string& path) const {
  return is_live_sysfs(path) || (is_live() && path.starts_with("/proc/"));
}

/// Why `path` must not be touched; empty where it may. Links on the way are followed step by step, and each step is
/// asked about before it is looked at: a link may lead into a mount that nobody answers for.
std::string DirectoryRoot::guarded(const std::string& path, bool follow_last) const {
  if (!guard_ || path.starts_with("/sys/") || path.starts_with("/proc/")) return {};
  std::string why;
  const auto link_at = [&](const std::string& step) {
    why = guard_(step);
    return why.empty() ? link_itself(step) : Observed<std::string>::unreadable(why);
  };
  const auto resolved = resolve_links(follow_last ? path : parent_path(path), link_at);
  if (why.empty() && resolved.has_value() && !follow_last) why = guard_(join_path(resolved.value(), base_name(path)));
  return why;
}

/// How an administrator masks a file of configuration: an empty one takes the place of its namesakes (modprobe.d(5),
/// modules-load.d(5)). A null device that is mounted over a file, as containers do it, says nothing about the file.
bool DirectoryRoot::links_to_null(const std::string& path) const { return link_itself(path).is("/dev/null"); }

/// A regular file, opened for its content: the caller closes it.
Observed<int> DirectoryRoot::open_content(const std::string& path) const {
  if (auto why = guarded(path, true); !why.empty()) return Observed<int>::unreadable(std::move(why));
  // Opening a device node or a FIFO can act on the machine: look first, except below the live kernel's own
  // file systems, which hold none.
  const bool kernel_made = is_made_by_kernel(path);
  const auto is_regular = [&](int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || (is_null_device(status) && links_to_null(path)));
  };
  if (!kernel_made) {
    const Descriptor seen(open_inside(path, O_PATH));
    if (seen.get() < 0) return failed<int>(path, errno);
    if (!is_regular(seen.get())) return Observed<int>::unreadable("not a regular file");
  }
  Descriptor file(open_inside(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return failed<int>(path, errno);
  if (!kernel_made && !is_regular(file.get())) return Observed<int>::unreadable("not a regular file");
  return file.release();
}

Observed<std::string> DirectoryRoot::read_bytes(const std::string& path, std::size_t length, bool whole) const {
  const auto opened = open_content(path);
  if (!opened.has_value()) return Observed<std::string>::like(opened);
  const Descriptor file(*opened);

  std::string content;
  char buffer[16384];
  const std::size_t wanted = whole ? length + 1 : length;  // one more, to notice that there is more
  if (!is_made_by_kernel(path)) content.reserve(std::min(wanted, size_of(file.get())));
  while (content.size() < wanted) {
    const auto got = system_call::read(file.get(), buffer, std::min(sizeof buffer, wanted - content.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EISDIR) return Observed<std::string>::unreadable("not a regular file");
    if (got < 0) return from_errno<std::string>(errno);
    if (got == 0) break;
    content.append(buffer, static_cast<std::size_t>(got));
    if (got < smallest_page && is_live_sysfs(path)) break;
  }
  if (whole && content.size() > length)
    return Observed<std::string>::unreadable("larger than " + std::to_string(length) + " bytes");
  return content;
}

Observed<std::string> DirectoryRoot::read(const std::string& path, std::size_t limit) const {
  return read_bytes(path, limit, true);
}

Observed<std::string> DirectoryRoot::read_head(const std::string& path, std::size_t length) const {
  return read_bytes(path, length, false);
}

Observed<FilePieces> DirectoryRoot::open(const std::string& path) const {
  const auto opened = open_content(path);
  if (!opened.has_value()) return Observed<FilePieces>::like(opened);
  struct Reading {
    Descriptor file{-1};
    std::array<char, 256 << 10> buffer;
  };
  const auto reading = std::make_shared<Reading>();
  reading->file.reset(*opened);
  return FilePieces([reading]() -> Observed<std::string_view> {
    for (;;) {
      const auto got = ::read(reading->file.get(), reading->buffer.data(), reading->buffer.size());
      if (got >= 0) return std::string_view(reading->buffer.data(), static_cast<std::size_t>(got));
      if (errno != EINTR) return from_errno<std::string_view>(errno);
    }
  });
}

Observed<NodeRights> DirectoryRoot::rights(const std::string& path) const {
  if (auto why = guarded(path, true); !why.empty()) return Observed<NodeRights>::unreadable(std::move(why));
  const Descriptor node(open_inside(path, O_PATH));
  if (node.get() < 0) return failed<NodeRights>(path, errno);
  struct stat status {};
  if (::fstat(node.get(), &status) != 0) return from_errno<NodeRights>(errno);
  if (!S_ISCHR(status.st_mode)) return Observed<NodeRights>::unreadable("not a character device");
  return NodeRights{status.st_mode & 07777u, status.st_uid, status.st_gid};
}

Observed<std::vector<std::string>> DirectoryRoot::list(const std::string& path) const {
  using Names = std::vector<std::string>;
  if (auto why = guarded(path, true); !why.empty()) return Observed<Names>::unreadable(std::move(why));
  const Descriptor directory(open_inside(path, O_RDONLY | O_DIRECTORY));
  if (directory.get() < 0) return failed<Names>(path, errno);
  // Not fdopendir(): it makes three more system calls, and every IOMMU group is a directory to list. Only an empty
  // answer is the end; a shorter one is not, because a signal may end it early.
  alignas(dirent64) char buffer[32768];
  Names names;
  for (;;) {
    const auto got = ::getdents64(directory.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return from_errno<Names>(errno);
    if (got == 0) break;
    for (ssize_t at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (names.size() == most_entries) return Observed<Names>::unreadable("more than 200000 entries");
      names.emplace_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Observed<std::string> DirectoryRoot::read_link(const std::string& path) const {
  if (auto why = guarded(path, false); !why.empty()) return Observed<std::string>::unreadable(std::move(why));
  return link_itself(path);
}

Observed<std::string> DirectoryRoot::link_itself(const std::string& path) const {
  if (has_plain_way(path, O_NOFOLLOW)) {
    const auto way = plain_way(path);
    return link_target(way.directory, way.path);
  }
  const Descriptor link(open_inside(path, O_PATH | O_NOFOLLOW));
  if (link.get() < 0) return failed<std::string>(path, errno);
  return link_target(link.get());
}

Observed<NodeKind> DirectoryRoot::kind(const std::string& path) const {
  if (auto why = guarded(path, true); !why.empty()) return Observed<NodeKind>::unreadable(std::move(why));
  const Descriptor node(open_inside(path, O_PATH));
  if (node.get() < 0) return failed<NodeKind>(path, errno);
  struct stat status {};
  if (::fstat(node.get(), &status) != 0) return from_errno<NodeKind>(errno);
  if (S_ISDIR(status.st_mode)) return NodeKind::directory;
  return S_ISREG(status.st_mode) ? NodeKind::file : NodeKind::other;
}

Observed<std::string> DirectoryRoot::kernel_log() const { return is_live() ? log_reader_() : Root::kernel_log(); }

Observed<std::string> DirectoryRoot::routes() const {
  if (!is_live()) return Root::routes();
  return route_reader_ ? route_reader_() : Observed<std::string>::absent();
}

}  // namespace vfio_doctor
