// SPDX-License-Identifier: GPL-2.0-or-later
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "runner/command_line.hpp"

namespace {

/// Most of what is found stays till the end, and to map it in pages of 4 KiB takes a twentieth of the time on a host of
/// thousands of functions. So the heap begins with room for that, which takes nothing until it is used, and the kernel is asked
/// for huge pages in it; it gives small ones where it has none.
void ask_for_huge_pages() {
#if defined(__GLIBC__) && defined(__x86_64__)
  constexpr std::size_t room = 32 << 20;
  constexpr std::uintptr_t huge_page = 2 << 20;
  ::mallopt(M_TOP_PAD, room);
  void* const first = std::malloc(256 << 10);  // more than is left: the heap grows
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0)) / huge_page * huge_page;
  const auto begin = (reinterpret_cast<std::uintptr_t>(first) + huge_page - 1) / huge_page * huge_page;
  if (first && begin < end && end - begin <= room) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  std::free(first);
#endif
}

/// A run lasts milliseconds and then everything is given back at once: to return memory to the kernel in between, only to
/// have it cleared and mapped again, is work for nothing.
void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 16 << 20);
  ask_for_huge_pages();
  ::mallopt(M_TOP_PAD, 1 << 20);
#endif
}

/// Past "ulimit -f" a write is to fail, with a message and nothing left behind, instead of ending the program.
void fail_where_files_are_limited() { ::signal(SIGXFSZ, SIG_IGN); }

}  // namespace

int main(int count, char** arguments) {
  fail_where_files_are_limited();
  keep_freed_memory();
  return vfio_doctor::run_program(count, arguments);
}
