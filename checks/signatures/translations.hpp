// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// A message as another language has it, both folded.
struct Translation {
  std::string english, translated;
};

/// The longest first, since one may stand within another. Throws InputError with the line that is wrong.
std::vector<Translation> parse_translations(std::string_view text, const std::string& name);

/// Puts the English words in the place of what the C library, the shell and libvirt print in other languages: an error number
/// is the same in all of them. `folded` as fold_text() makes it.
void translate_messages(std::string& folded);

}  // namespace vfio_doctor
