// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"
#include "facts/platform/kernel_arguments.hpp"

namespace vfio_doctor {

/// A kernel argument and the place it was written.
struct BootToken {
  KernelArgument argument;
  std::string file;
  unsigned line = 0;  ///< 0: the whole file is one line or has none
  /// "/etc/default/grub:6".
  std::string place() const { return line == 0 ? file : file + ":" + std::to_string(line); }
};

/// A kernel command line as some file would have it.
struct BootLine {
  std::vector<BootToken> tokens;
  /// Stand on the line only under a condition that this program does not evaluate.
  std::vector<BootToken> possible;
  /// Not empty: why a part of the line is not known. Then nothing can be said to be missing from it.
  std::string unknown_part;
  UnreadCause unknown_cause = UnreadCause::other;  ///< of `unknown_part`

  bool contains(const KernelArgument& argument) const;
  bool may_contain(const KernelArgument& argument) const;
};

/// Text of which every byte knows the line it was written on. An `unknown` byte stands for text that is not
/// known.
class PlacedText {
 public:
  static constexpr char unknown = '\0';
  /// More than kernels accept (COMMAND_LINE_SIZE is 2048 on x86 and arm64); text beyond it counts as unknown.
  static constexpr std::size_t limit = 16 * 1024;

  void append(char c, const std::string& file, unsigned line);
  void append(std::string_view text, const std::string& file, unsigned line);
  void append(const PlacedText& other);
  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  /// Splits as the kernel does; words that touch an unknown byte are left out and named in `unknown_part`.
  BootLine split() const;

 private:
  std::uint32_t place_of(const std::string& file, unsigned line);
  std::string text_;
  std::vector<std::uint32_t> places_;  // index into origins_, by byte
  struct Origin {
    std::string file;
    unsigned line;
  };
  std::vector<Origin> origins_;
};

/// The same for text of one place.
BootLine split_boot_line(std::string_view text, const std::string& file, unsigned line);

}  // namespace vfio_doctor
