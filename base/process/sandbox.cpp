// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process/sandbox.hpp"

// Leak detection starts a process at the end and traces this one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VFIO_DOCTOR_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define VFIO_DOCTOR_SANITIZED 1
#endif
#endif

#if defined(VFIO_DOCTOR_SECCOMP) && !defined(VFIO_DOCTOR_SANITIZED) && defined(__LP64__)

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>

namespace vfio_doctor {
namespace {

/// Whatever their arguments: to read, to compute, to end. From strace of every command, and what glibc and musl use for the
/// same purposes on x86-64, AArch64 and others.
// clang-format off
constexpr const char* harmless[] = {
    "read", "readv", "pread64", "preadv", "write", "writev", "close", "close_range", "lseek", "fcntl", "dup", "dup2", "dup3",
    "fstat", "stat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "getdents64", "getcwd", "fadvise64", "readahead", "poll", "ppoll", "select", "pselect6",
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "mincore", "membarrier",
    "futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "arch_prctl",
    "sched_yield", "sched_getaffinity", "getcpu", "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday",
    "time", "times", "getrusage", "getrandom", "uname", "sysinfo", "getrlimit", "umask",
    "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "capget",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group",
    "recvfrom", "recvmsg", "setsockopt", "getsockopt", "getsockname"};
// clang-format on

/// To replace a file, see write_file().
constexpr const char* for_files[] = {"rename", "renameat", "unlink", "unlinkat", "fchmod", "fsync"};

/// The C library tries this first, and what it did before only where it does not exist.
constexpr const char* not_there[] = {"clone3"};

/// Collects rules; after the first that libseccomp refuses there is no filter at all.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release) {
    if (!context_) {
      error_ = ENOMEM;
      return;
    }
    note(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM)));
    note(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    note(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_SSB, 1));       // else older kernels slow the whole program down
    note(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));  // a binary tree
  }

  template <class... Conditions>
  void allow(const char* name, Conditions... conditions) {
    add(SCMP_ACT_ALLOW, name, {conditions...});
  }
  void deny_existence(const char* name) { add(SCMP_ACT_ERRNO(ENOSYS), name, {}); }

  /// 0, or an error number.
  int load() {
    if (error_ == 0) note(seccomp_load(context_.get()));
    return error_;
  }

 private:
  void add(std::uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> conditions) {
    const int number = seccomp_syscall_resolve_name(name);
    if (error_ != 0 || number < 0) return;  // this architecture, or this libseccomp, does not know it
    note(seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(conditions.size()),
                                conditions.size() == 0 ? nullptr : conditions.begin()));
  }
  void note(int result) {
    if (error_ == 0 && result < 0) error_ = -result;
  }

  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int error_ = 0;
};

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp bits(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void allow_opening(Filter& filter, const char* name, unsigned flags, Writes writes) {
  if (writes == Writes::files)
    filter.allow(name);
  else
    filter.allow(name, bits(flags, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
}

/// Threads, but no processes.
void allow_threads(Filter& filter) {
#ifdef __s390x__
  constexpr unsigned flags = 1;
#else
  constexpr unsigned flags = 0;
#endif
  filter.allow("clone", bits(flags, CLONE_THREAD, CLONE_THREAD));
  filter.allow("unshare", equals(0, CLONE_FILES));  // in_parallel.hpp
  filter.allow("tgkill", equals(0, static_cast<scmp_datum_t>(::getpid())));
}

/// The kernel's routes, and if_indextoname(), which wants a socket to ask.
void allow_asking_the_kernel(Filter& filter) {
  constexpr scmp_datum_t type_bits = 0xf;
  filter.allow("socket", equals(0, AF_NETLINK), equals(2, NETLINK_ROUTE));
  filter.allow("socket", equals(0, AF_UNIX), bits(1, type_bits, SOCK_DGRAM));
  filter.allow("sendto", equals(4, 0));  // no address: to the kernel
  // isatty(3) asks with TCGETS2 from glibc 2.42 on. (<asm/termbits.h>, which names it, and <termios.h> exclude each other.)
  constexpr std::size_t termios2_bytes = 44;
  constexpr scmp_datum_t tcgets2 = _IOC(_IOC_READ, 'T', 0x2a, termios2_bytes);
  for (const scmp_datum_t request : {scmp_datum_t{TCGETS}, tcgets2, scmp_datum_t{TIOCGWINSZ}, scmp_datum_t{SIOCGIFNAME}})
    filter.allow("ioctl", equals(1, request));
  for (const auto action : {scmp_datum_t{3}, scmp_datum_t{10}})
    filter.allow("syslog", equals(0, action));  // read all, size: syslog(2)
  filter.allow("prlimit64", equals(2, 0));
  filter.allow("prctl", equals(0, PR_SET_NAME));
}

std::string enter(Writes writes) {
  Filter filter;
  for (const auto* name : harmless) filter.allow(name);
  for (const auto* name : not_there) filter.deny_existence(name);
  if (writes == Writes::files)
    for (const auto* name : for_files) filter.allow(name);
  allow_opening(filter, "open", 1, writes);
  allow_opening(filter, "openat", 2, writes);
  allow_threads(filter);
  allow_asking_the_kernel(filter);
  // Not with Landlock, which would let openat2() be allowed for reading: under it the kernel no longer tells what other
  // programs have open (security/landlock/ptrace.c), and a device that a guest has would look free.
  if (writes == Writes::files) filter.allow("openat2");
  const int error = filter.load();
  if (error != 0) return std::string("off: ") + std::strerror(error);
  return writes == Writes::files ? "on, files may be written" : "on";
}

}  // namespace

std::string enter_sandbox(Writes writes) {
  static const std::string state = enter(writes);
  return state;
}

}  // namespace vfio_doctor

#else

namespace vfio_doctor {

std::string enter_sandbox(Writes) { return "off: this program was built without it"; }

}  // namespace vfio_doctor

#endif
