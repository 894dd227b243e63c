// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "facts/domain/command_words.hpp"

namespace vfio_doctor {

/// The words of a script with what its variables stand for: NAME=TEXT, NAME+=TEXT, NAME=(WORDS), and $NAME, ${NAME}, ${NAME[@]}.
/// Assignments themselves are left out. Branches and functions are not followed: of several assignments the last one above counts.
/// A word with a variable, or the output of a command, of which the text does not tell what it is, stays as it is.
std::vector<CommandWord> with_variables(const std::vector<CommandWord>& words);

/// Whether a word runs QEMU. Plain names stand in other places too ("--virt-type kvm"): there only at the start of a command.
bool runs_qemu(const std::vector<CommandWord>& words, std::size_t at);

/// Tells the words of QEMU's command that only the shell knows ("$@", "host=$GPU"), where they may name a device, and empties them,
/// so that nobody reads them as they stand.
void tell_open_words(std::vector<CommandWord>& words, Domain& domain);

}  // namespace vfio_doctor
