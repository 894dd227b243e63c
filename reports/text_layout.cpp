// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/text_layout.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t narrowest = 40;

std::string_view code(Paint paint) {
  switch (paint) {
    case Paint::bold:
      return "\x1b[1m";
    case Paint::dim:
      return "\x1b[2m";
    case Paint::red:
      return "\x1b[1;31m";
    case Paint::green:
      return "\x1b[1;32m";
    case Paint::yellow:
      return "\x1b[1;33m";
    case Paint::magenta:
      return "\x1b[1;35m";
    case Paint::cyan:
      return "\x1b[36m";
  }
  return "";
}

/// Without the half of a word at its end; a word longer than `longest_word` is cut.
std::string_view whole_words(std::string_view text) {
  constexpr std::size_t longest_word = 24;
  const std::size_t end = text.find_last_of(" \n");
  return end != text.npos && end > 0 && text.size() - end <= longest_word ? text.substr(0, end) : text;
}

}  // namespace

TextPage::TextPage(const TextStyle& style) : color_(style.color), columns_(std::max<std::size_t>(style.columns, narrowest)) {}

void TextPage::finished_line(std::string text, std::size_t indent) {
  text_.append(text.empty() ? 0 : indent, ' ');
  text_ += text;
  text_ += '\n';
}

void TextPage::line(std::string_view text, std::size_t indent) { finished_line(printable(text), indent); }

void TextPage::painted_line(std::string_view text, Paint paint, std::size_t indent) {
  finished_line(painted(printable(text), paint), indent);
}

void TextPage::labelled_line(std::string_view label, Paint paint, std::string_view text) {
  const std::string safe_label = printable(label);
  const std::size_t taken = text_width(safe_label) + 2;
  const auto lines = wrap(printable(text), columns_ - taken, columns_ - taken);
  for (std::size_t i = 0; i < lines.size(); ++i)
    finished_line((i == 0 ? painted(safe_label, paint) + "  " : std::string(taken, ' ')) + painted(lines[i], Paint::bold));
}

void TextPage::paragraph(std::string_view text, std::size_t indent, std::size_t hanging) {
  const auto lines = wrap(printable(text), columns_ - indent, columns_ - indent - hanging);
  for (std::size_t i = 0; i < lines.size(); ++i) finished_line(lines[i], indent + (i == 0 ? 0 : hanging));
}

void TextPage::blank_line() { text_ += '\n'; }

std::string TextPage::painted(std::string text, Paint paint) const {
  if (color_ == Color::off || text.empty()) return text;
  return std::string(code(paint)) + std::move(text) + "\x1b[0m";
}

std::vector<std::string> wrap(std::string_view text, std::size_t first_width, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t used = 0, room = first_width;
  const auto finish = [&] {
    lines.push_back(std::move(line));
    line.clear();
    used = 0;
    room = width;
  };
  for (std::string_view word : split_words(text)) {
    std::size_t needed = text_width(word);
    if (used > 0 && used + 1 + needed > room) finish();
    while (needed > room) {
      const std::string_view start = first_columns(word, std::max<std::size_t>(room, 2));
      line = start;
      finish();
      word.remove_prefix(start.size());
      needed -= text_width(start);
    }
    if (needed == 0) continue;
    if (used > 0) line += ' ';
    used += (used > 0 ? 1 : 0) + needed;
    line += word;
  }
  if (used > 0) finish();
  return lines;
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t taken = text_width(text);
  if (taken < width) text.append(width - taken, ' ');
  return text;
}

std::string excerpt(std::string_view text, std::size_t longest, Verbosity verbosity) {
  if (verbosity == Verbosity::verbose) return printable_lines(text);
  // A code point has at most four bytes: no need to look at the rest of an enormous text.
  const std::string_view looked_at = text.substr(0, 4 * longest);
  const std::string safe = printable_lines(looked_at);
  const std::string_view start = first_columns(safe, longest);
  if (start.size() == safe.size() && looked_at.size() == text.size()) return safe;
  return std::string(whole_words(start)) + "... (cut; " + std::to_string(text.size()) + " bytes in all)";
}

std::string excerpt_of_all(std::string_view text, std::size_t longest, Verbosity verbosity) {
  constexpr std::size_t still_read = 2000;
  constexpr std::string_view mark = "... (--all tells the rest)";
  if (verbosity == Verbosity::verbose || text.size() > still_read) return excerpt(text, longest, verbosity);
  const std::string safe = printable_lines(text);
  if (text_width(safe) <= longest + mark.size()) return safe;
  return std::string(whole_words(first_columns(safe, longest))) + std::string(mark);
}

}  // namespace vfio_doctor
