// SPDX-License-Identifier: GPL-2.0-or-later
#include <malloc.h>
#include <signal.h>

#include "runner/command_line.hpp"

namespace {

/// A run lasts milliseconds and then everything is given back at once: to return memory to the kernel in between, only to
/// have it cleared and mapped again, is work for nothing.
void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 16 << 20);
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
