// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/input_error.hpp"
#include "facts/root/machine_text.hpp"
#include "facts/snapshot/archive.hpp"
#include "facts/snapshot/snapshot.hpp"
#include "runner/options.hpp"
#include "runner/write_file.hpp"

namespace vfio_doctor {

int run_snapshot_command(const Options& options) {
  if (options.outputs.size() != 1) throw InputError("snapshot: name one file to write (-o FILE)");
  const auto source = open_source(options.source);
  const auto nodes = take_snapshot(*source.root, options.wake ? Wake::yes : Wake::no);
  const auto& file = options.outputs.front();
  const SnapshotNotes notes{VFIO_DOCTOR_VERSION, false, {}};
  write_file_atomically(file, file.ends_with(".machine") ? write_machine_text(nodes) : write_archive(nodes, notes));
  return 0;
}

}  // namespace vfio_doctor
