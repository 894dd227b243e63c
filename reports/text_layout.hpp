// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reports/text.hpp"

namespace vfio_doctor {

enum class Paint { bold, dim, red, green, yellow, magenta, cyan };

/// Lines of text, laid out and painted. Everything that is added goes through printable().
class TextPage {
 public:
  explicit TextPage(const TextStyle& style);

  /// One line, as wide as it is.
  void line(std::string_view text, std::size_t indent = 0);
  void painted_line(std::string_view text, Paint paint, std::size_t indent = 0);
  /// A status word in its colour and what stands behind it.
  void labelled_line(std::string_view label, Paint paint, std::string_view text);
  /// Broken at blanks to the page's width; lines after the first are indented by `hanging` more.
  void paragraph(std::string_view text, std::size_t indent = 0, std::size_t hanging = 0);
  void blank_line();

  std::string painted(std::string text, Paint paint) const;
  /// Adds a line made of printable() text, perhaps painted.
  void finished_line(std::string text, std::size_t indent = 0);

  std::size_t columns() const { return columns_; }
  std::string take() { return std::move(text_); }

 private:
  Color color_;
  std::size_t columns_;
  std::string text_;
};

/// `text`, which must be printable(), broken at blanks; a word longer than `width` is cut.
std::vector<std::string> wrap(std::string_view text, std::size_t first_width, std::size_t width);

/// `text`, which must be printable(), with blanks behind it up to `width`.
std::string padded(std::string text, std::size_t width);

/// printable_lines(), cut after `longest` columns with a word about it; not cut when verbose.
std::string excerpt(std::string_view text, std::size_t longest, Verbosity verbosity);
/// The same where --all shows the rest: a text that a person would still read says so, instead of counting bytes, and is whole
/// where that word would take the room of what is left out.
std::string excerpt_of_all(std::string_view text, std::size_t longest, Verbosity verbosity);

}  // namespace vfio_doctor
