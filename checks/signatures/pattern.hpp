// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/pci_address.hpp"

namespace vfio_doctor {

/// What stood in a hole of a pattern, by the hole's name.
using Captures = std::vector<std::pair<std::string, std::string>>;

/// The text of a message as its source prints it, with typed holes. Compared in the form of fold_text():
/// case, quotes and the number of blanks do not matter.
///
///     {bdf}    a PCI address of the machine that speaks; a placeholder (0000:XX:00.Y) fits and names nothing
///     {gbdf}   the same, of a guest: it is never looked up on the host
///     {n}      a decimal number, or N
///     {hex}    a hexadecimal number, with its 0x where it has one
///     {word}   no blanks in it
///     {uuid}   the name of a mediated device: 8-4-4-4-12 hexadecimal digits
///     {errno}  the text of an error number, any of them
///     {*}      anything, at most 200 characters
///
/// A hole may have a name of its own: {n:group}. Patterns that begin or end with a letter or digit match whole words only.
class Pattern {
 public:
  /// Throws std::invalid_argument with what is wrong in the text.
  explicit Pattern(std::string_view text);

  /// The longest literal piece: where it does not stand, the pattern cannot match.
  const std::string& anchor() const { return tokens_[anchor_].text; }
  /// Whether the pattern matches `folded` so that its anchor begins at `at`. The captures, else nothing.
  std::optional<Captures> match(std::string_view folded, std::size_t at) const;

 private:
  enum class Hole { none, address, guest_address, number, hexadecimal, word, uuid, errno_text, anything };
  struct Token {
    Hole hole = Hole::none;
    std::string text;  ///< of a literal; else the hole's name
  };
  static Token hole_token(std::string_view inside);
  static std::size_t take(Hole hole, std::string_view text);
  static std::size_t take_back(Hole hole, std::string_view text);
  bool forward(std::string_view folded, std::size_t at, std::size_t token, Captures& captures, std::size_t& end) const;
  bool backward(std::string_view folded, std::size_t at, Captures& captures, std::size_t& start) const;
  std::vector<Token> tokens_;
  std::size_t anchor_ = 0;
};

/// The address in a captured text; nothing for placeholders.
std::optional<PciAddress> captured_address(std::string_view text);

}  // namespace vfio_doctor
