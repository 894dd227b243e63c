// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever bytes a stranger sends as a snapshot: they are refused with an InputError or become a machine that can be
// asked everything and redacted. With clang, -DVFIO_DOCTOR_FUZZ=ON links libFuzzer; otherwise snapshot_smoke.cpp feeds
// it a fixed set of broken inputs.
#include <cstddef>
#include <cstdint>
#include <string>

#include "facts/host.hpp"
#include "facts/input_error.hpp"
#include "facts/root/memory_root.hpp"
#include "facts/snapshot/redaction.hpp"
#include "facts/snapshot/snapshot.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vfio_doctor;
  try {
    const auto nodes = read_snapshot(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
    const MemoryRoot root(nodes);
    gather_host(root);
    redact(nodes, find_private_names(root));
  } catch (const InputError&) {
  }
  return 0;
}
