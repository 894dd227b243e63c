// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of names in the shell files of dracut and mkinitcpio.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

struct ImageWord {
  std::string text;  ///< quotes taken off, nothing expanded
  unsigned line = 0;
};

/// NAME=(a b), NAME+=(a b), NAME="a b" or NAME+=" a b ", over one line or several.
struct ImageAssignment {
  std::string name;
  std::vector<ImageWord> words;
  bool appends = false;      ///< "+=": what was there before stays
  bool conditional = false;  ///< inside `if` and the like: whether it is made is not known
  std::string text;          ///< the line as written; of several the first, and " ..."
  unsigned line = 0;         ///< where it begins
};

/// All assignments that begin a line, in their order, as a shell reads them (bash(1), "Arrays" and "QUOTING"). Comments between
/// the words of an array are none of them. What is not closed ends with the file.
std::vector<ImageAssignment> read_image_assignments(std::string_view text);

}  // namespace vfio_doctor
