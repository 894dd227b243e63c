// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "facts/domain/command_words.hpp"

namespace vfio_doctor {

/// The words of a script with what its variables stand for: NAME=TEXT, NAME+=TEXT, NAME=(WORDS), and $NAME, ${NAME}, ${NAME[@]}.
/// Assignments themselves are left out. Of several the last one counts, of those in branches each: what may be taken is. Functions are not
/// followed.
/// A word with a variable, or the output of a command, of which the text does not tell what it is, stays as it is.
std::vector<CommandWord> with_variables(const std::vector<CommandWord>& words);

/// The command among these words that runs QEMU, program first; of several the one that takes most devices, and what others take besides
/// is told. Empty where there is none.
std::vector<CommandWord> qemu_command(const std::vector<CommandWord>& words, Domain& domain);

/// Tells the words of QEMU's command that only the shell knows ("$@", "host=$GPU"), where they may name a device, and empties them,
/// so that nobody reads them as they stand.
void tell_open_words(std::vector<CommandWord>& words, Domain& domain);

}  // namespace vfio_doctor
