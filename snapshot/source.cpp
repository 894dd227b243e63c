// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/source.hpp"

#include <memory>
#include <string_view>

#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "facts/storage/mount_guard.hpp"
#include "machine/directory_root.hpp"
#include "machine/live/kernel_log.hpp"
#include "machine/live/live_routes.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "snapshot/snapshot.hpp"

namespace vfio_doctor {

extern const std::string_view sample_hm170;  // made by the build from machine/samples/hm170.machine

namespace {

Source open_sample(const std::string& name) {
  if (name != "hm170") throw InputError("--sample " + name + ": there is no such sample; there is: " + sample_names());
  return {"sample", name, std::make_unique<MemoryRoot>(parse_machine_text(sample_hm170, "sample " + name))};
}

Source open_snapshot(const std::string& file) {
  return {"snapshot", file, std::make_unique<MemoryRoot>(read_snapshot(read_input_file(file, largest_snapshot_bytes), file))};
}

}  // namespace

std::string sample_names() { return "hm170"; }

Source open_source(const SourceOptions& options) {
  const int named = !options.root.empty() + !options.from.empty() + !options.sample.empty();
  if (named > 1) throw InputError("--root, --from and --sample exclude each other");
  if (!options.sample.empty()) return open_sample(options.sample);
  if (!options.from.empty()) return open_snapshot(options.from);
  if (!options.root.empty()) return {"root", options.root, std::make_unique<DirectoryRoot>(options.root)};
  // Read now: it may take a program (journalctl), which the sandbox forbids once the source is open.
  const auto log = std::make_shared<const Observed<std::string>>(read_live_kernel_log());
  return {"live", "this host", std::make_unique<DirectoryRoot>([log] { return *log; }, read_live_routes, live_mount_guard())};
}

}  // namespace vfio_doctor
