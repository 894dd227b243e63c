// SPDX-License-Identifier: GPL-2.0-or-later
//
// A manifest, as the agent reads it inside a guest. What is accepted is written and read back the same.
#include "facts/guest/manifest.hpp"
#include "base/input_error.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  Manifest manifest;
  try {
    manifest = parse_manifest(bytes, "fuzz");
  } catch (const InputError&) {
    return;
  }
  const auto written = write_manifest(manifest);
  require(write_manifest(parse_manifest(written, "fuzz")) == written, "a manifest is read back as it was written");
}

}  // namespace vfio_doctor
