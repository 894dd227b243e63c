// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the smaller boot loaders read: loader entries and loader.conf, unified kernel images, Limine, rEFInd, kernelstub.
#include "facts/boot/loader_entries.hpp"
#include "facts/boot/other_loaders.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  parse_loader_entry(bytes, "entry.conf", GrubVariables());
  default_of_loader_conf(bytes);
  command_line_of_unified_image(bytes);
  parse_kernelstub(bytes, "configuration");
  parse_limine(bytes, "limine.conf");
  parse_refind_linux(bytes, "refind_linux.conf");
}

}  // namespace vfio_doctor
