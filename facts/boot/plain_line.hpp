// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vfio_doctor {

/// A line of one file whose kernel arguments can be exchanged without knowing more of the file: no character in `words` means
/// anything to a shell, none of them ends the kernel's part of the line ("--"), and the whole line is printable.
struct PlainLine {
  std::string file;
  unsigned number = 0;               ///< of the line, from 1
  std::string before, words, after;  ///< together they are the line
  std::string text() const { return before + words + after; }
  bool operator==(const PlainLine&) const = default;
};

/// `words` is a part of `line`. Nothing where the form is another.
std::optional<PlainLine> plain_line(std::string_view line, std::string_view words, const std::string& file, unsigned number);

/// The only assignment to `name` in all these files (name, text) of shell assignments, NAME="words" or NAME='words' from the first
/// column to the end of the line (NAME+= too). Nothing where there is none, more than one, or one in another form.
std::optional<PlainLine> plain_assignment(const std::vector<std::pair<std::string, std::string>>& files, std::string_view name);

/// The only line of a file that is nothing else; blank lines do not count, comments do.
std::optional<PlainLine> plain_only_line(std::string_view text, const std::string& file);

}  // namespace vfio_doctor
