// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace vfio_doctor {

/// A program that this one runs has a keeper between the two: a process that does nothing but wait. The keeper inherits
/// whatever the program orphans (prctl(2), PR_SET_CHILD_SUBREAPER), so at the end all that is left of the program, in
/// whatever session or process group, are the keeper's own children, which it kills one by one. It knows whose they are
/// even where several programs run at once. SIGTERM makes it end the program; the death of this program does too.

/// What the keeper writes, once, when nothing of the program is left.
struct KeeperReport {
  int status = 0;            ///< of the program, as waitpid() gives it
  unsigned left_behind = 0;  ///< processes that ran on after the program's end, short delays forgiven
};

/// Makes two of a process that was forked to become a program: the keeper, which never returns, and a child, which
/// returns 0 and goes on to exec. The keeper's report goes to `report_fd`; all its other descriptors are closed.
/// Returns an errno value where the keeper could not be made. Calls only what is safe after a fork of a threaded program.
int start_keeper(int report_fd);

/// The children of the calling thread, at most 4096 of them. Returns their count, or -1 where the kernel does not tell
/// (no /proc, or CONFIG_PROC_CHILDREN is off). Safe after a fork.
int read_own_children(int* pids, int most);

}  // namespace vfio_doctor
