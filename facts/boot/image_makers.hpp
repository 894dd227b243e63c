// SPDX-License-Identifier: GPL-2.0-or-later
// What the programs that make unified kernel images are told about the command line in them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "facts/boot/boot_files.hpp"
#include "facts/boot/shell_settings.hpp"

namespace vfio_doctor {

/// The presets of mkinitcpio, /etc/mkinitcpio.d/*.preset (process_preset() and build_uki() in mkinitcpio 41): an image NAME is made
/// where NAME_uki, or NAME_efi_image before, names its file; its command line comes from `--cmdline` in NAME_options, NAME_cmdline or
/// ALL_cmdline, a file or a directory of pieces, and from the usual places where none of them is set.
struct ImagePresets {
  bool any = false;               ///< there is a preset that could be read
  bool makes_images = false;      ///< one of them makes a unified image
  bool leaves_line_out = false;   ///< one with --no-cmdline: the words come from what starts the image
  std::vector<std::string> from;  ///< where the lines come from, each once, in the order of the images; "": the usual places
};
ImagePresets read_image_presets(BootFiles& files);

/// dracut's own images (`uefi=yes`): their command line is the variable kernel_cmdline (dracut.conf(5); dracut.sh writes it into the
/// section .cmdline). Nothing where dracut makes no such images by its configuration.
struct DracutImages {
  ShellSettings settings;
  std::vector<std::pair<std::string, std::string>> texts;  ///< file and text, in the order in which they are read
};
std::optional<DracutImages> read_dracut_images(const Root& root, BootFiles& files);

}  // namespace vfio_doctor
