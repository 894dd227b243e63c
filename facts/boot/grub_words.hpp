// SPDX-License-Identifier: GPL-2.0-or-later
// Words of GRUB's script with the variables filled in (grub-core/script/execute.c, grub_script_arglist_to_argv).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "facts/boot/boot_line.hpp"
#include "facts/boot/grub_script.hpp"
#include "facts/boot/grub_variables.hpp"

namespace vfio_doctor {

/// One argument of a command.
struct GrubArgument {
  GrubText text;
  /// The first variable in it that is not wholly known.
  std::string unknown_variable = {};
  /// Where it may be one of several texts: blanks in it may part it into several arguments.
  bool loose = false;
};

/// `parameters`: $1 and so on of a function.
std::vector<GrubArgument> expand_words(std::span<const GrubWord> words, const GrubVariables& variables,
                                       std::span<const GrubText> parameters = {});

/// What the kernel gets of them (grub-core/lib/cmdline.c, grub_create_loader_cmdline).
BootLine line_of_arguments(std::span<const GrubArgument> arguments, const std::string& file, unsigned line,
                           const GrubVariables& variables);

}  // namespace vfio_doctor
