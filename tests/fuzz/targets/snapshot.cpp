// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever bytes a stranger sends as a snapshot: they are refused with an InputError or become a machine that can be
// asked everything, judged and redacted. Text seeds are recorded machines, so this is the target of every file below
// /proc, /sys, /etc and /boot as well.
#include "snapshot/snapshot.hpp"
#include "base/input_error.hpp"
#include "checks/check.hpp"
#include "facts/host.hpp"
#include "fuzz/target.hpp"
#include "machine/memory_root.hpp"
#include "snapshot/redaction.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  try {
    const auto nodes = read_snapshot(bytes, "fuzz");
    const MemoryRoot root(nodes);
    const auto host = gather_host(root);
    for (const auto& check : all_checks()) check.run(host);
    redact(nodes, find_private_names(root));
  } catch (const InputError&) {
  }
}

}  // namespace vfio_doctor
