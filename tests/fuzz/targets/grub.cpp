// SPDX-License-Identifier: GPL-2.0-or-later
//
// grub.cfg, and the grubenv that its variables come from: the input's first 1024 bytes where it begins as such a file does.
#include "facts/boot/grub_config.hpp"
#include "facts/boot/loader_entries.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  std::string_view text = bytes;
  GrubVariables variables;
  if (text.starts_with("# GRUB Environment Block")) {
    variables.read_environment(text.substr(0, 1024));
    text.remove_prefix(std::min<std::size_t>(1024, text.size()));
  }
  const auto config = parse_grub_config(text, "grub.cfg", variables);
  require(config.entries.empty() || config.has_menu, "entries come from a menu");
  parse_loader_entry(text, "entry.conf", variables);
  expand_grub_line(text, "entry.conf", 1, variables);
}

}  // namespace vfio_doctor
