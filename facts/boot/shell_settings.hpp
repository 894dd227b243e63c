// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/boot/boot_line.hpp"

namespace vfio_doctor {

/// What a file of shell assignments (/etc/default/grub) sets, read the way a shell reads it: quotes,
/// backslashes, lines that go on, comments, `NAME+=`, `$NAME` and `${NAME}` of earlier assignments. Nothing
/// is run: where a value comes from a command or from an expansion that is more than a name, that part is
/// unknown; where an assignment stands inside `if` or behind `&&`, what it sets is only possible.
class ShellSettings {
 public:
  /// Whether the machine is sure to read this file.
  enum class Certainty { certain, possible };

  /// Reads one more file, after those read before.
  void read(std::string_view text, const std::string& file, Certainty certainty = Certainty::certain);

  /// The value as plain text; nothing where it is not set or not wholly known.
  std::optional<std::string> text(const std::string& name) const;
  bool is_set(const std::string& name) const { return variables_.contains(name); }
  /// The values of `names` joined with blanks, as a kernel command line.
  BootLine line(const std::vector<std::string>& names) const;
  /// Words that were written for `names` and come to nothing: a later assignment of the name took their place, or they stand
  /// outside the quotes ("NAME=quiet iommu=pt"). Empty where it is not known what a shell makes of the files.
  std::vector<BootToken> lost(const std::vector<std::string>& names) const;

 private:
  friend class ShellReader;
  struct Variable {
    PlacedText value;
    std::vector<PlacedText> others;  ///< what it may be instead
  };
  std::map<std::string, Variable> variables_;
  std::map<std::string, std::vector<PlacedText>> lost_;  ///< by name: what was written for it and comes to nothing
  bool broken_ = false;                                  ///< a shell would refuse what was read
  std::string unknown_;                                  ///< not empty: why any variable could have another value
};

}  // namespace vfio_doctor
