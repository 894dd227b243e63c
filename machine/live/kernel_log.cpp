// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/live/kernel_log.hpp"

#include "base/process/subprocess.hpp"
#include "machine/kernel_ring_buffer.hpp"

namespace vfio_doctor {

Observed<std::string> read_live_kernel_log() {
  auto ring = read_kernel_ring_buffer();
  // The buffer wraps after days of messages; the kernel's first line tells whether the start is still there.
  if (ring.has_value() && ring->substr(0, 4096).find("Linux version") != std::string::npos) return ring;
  ProcessRequest journal;
  journal.program = "journalctl";
  journal.arguments = {"--dmesg", "--boot", "--no-pager", "--quiet", "--output=cat", "--lines=20000"};
  journal.deadline = std::chrono::milliseconds(3000);
  journal.most_output = 16 << 20;
  auto result = run_process(journal);
  if (result.end == ProcessResult::End::exited && result.exit_code == 0 && !result.output.empty())
    return std::move(result.output);
  return ring;
}

}  // namespace vfio_doctor
