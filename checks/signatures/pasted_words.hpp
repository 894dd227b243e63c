// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "checks/signatures/pattern.hpp"
#include "facts/paste/pasted_machine.hpp"

namespace vfio_doctor {

/// Something that is wrong with a word of a pasted command line or setting.
struct PastedWord {
  std::string_view fact;  ///< a computed fact of causes.txt
  PastedAt at;
  Captures captures;
};

/// Entries of ids= that are no ids; arguments that are one slip away from one of the kernel's; arguments that stand in the
/// settings of the boot loader and not on the running command line.
std::vector<PastedWord> judge_words(const PastedMachine& machine);

}  // namespace vfio_doctor
