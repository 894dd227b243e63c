// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/platform/image_assignments.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "base/text.hpp"
#include "facts/platform/shell_cursor.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_assignments = 500, most_words = 500, most_text = 200;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

constexpr auto opening = std::to_array<std::string_view>({"if", "case", "for", "while", "until", "{"});
constexpr auto closing = std::to_array<std::string_view>({"fi", "esac", "done", "}"});

class AssignmentReader : private ShellCursor {
 public:
  explicit AssignmentReader(std::string_view text) : ShellCursor(text) {}

  std::vector<ImageAssignment> read() {
    while (!at_end() && found_.size() < most_assignments) {
      while (is_blank(peek())) take();
      if (auto assignment = read_assignment())
        found_.push_back(std::move(*assignment));
      else
        note_command();
      skip_line();
    }
    return std::move(found_);
  }

 private:
  void skip_line() {
    while (!at_end() && take() != '\n') {
    }
  }

  /// What comes between "if" and "fi" is only possible.
  void note_command() {
    const auto line = text_.substr(at_, text_.find('\n', at_) - at_);
    for (const auto word : split_words(line.substr(0, line.find('#')))) {
      if (std::ranges::find(opening, word) != opening.end()) ++depth_;
      if (depth_ > 0 && std::ranges::find(closing, word) != closing.end()) --depth_;
    }
  }

  std::optional<ImageAssignment> read_assignment() {
    if (!is_shell_name_start(peek())) return std::nullopt;
    std::size_t length = 1;
    while (is_name_part(peek(length))) ++length;
    const bool appends = peek(length) == '+';
    if (peek(length + (appends ? 1 : 0)) != '=') return std::nullopt;
    ImageAssignment assignment;
    assignment.name = text_.substr(at_, length);
    assignment.appends = appends;
    assignment.conditional = depth_ > 0;
    assignment.line = line_;
    const auto start = at_;
    at_ += length + (appends ? 2 : 1);
    if (peek() == '(')
      read_array(assignment.words);
    else
      read_list(assignment.words);
    const auto written = trim(text_.substr(start, text_.find('\n', start) - start));
    assignment.text = std::string(written.substr(0, most_text)) + (line_ == assignment.line ? "" : " ...");
    return assignment;
  }

  void read_array(std::vector<ImageWord>& words) {
    take();
    while (!at_end() && peek() != ')') {
      if (is_blank(peek()) || peek() == '\n')
        take();
      else if (peek() == '#')
        while (!at_end() && peek() != '\n') take();
      else
        add(words, read_word(true));
    }
    take();
  }

  /// Words with blanks between them, mostly in quotes.
  void read_list(std::vector<ImageWord>& words) {
    const auto value = read_word(false);
    auto line = value.line;
    for (const auto part : split(value.text, '\n')) {
      for (const auto word : split_words(part)) add(words, {std::string(word), line});
      ++line;
    }
  }

  /// Up to a blank or a line's end that stands in no quotes; in an array up to its bracket, too.
  ImageWord read_word(bool in_array) {
    ImageWord word{{}, line_};
    char quote = '\0';
    while (!at_end()) {
      const char c = peek();
      if (quote == '\0' && (is_blank(c) || c == '\n' || c == ';' || (in_array && c == ')'))) break;
      take();
      if (c == quote) {
        quote = '\0';
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == '\\' && quote != '\'') {
        if (const char next = take(); next != '\n') word.text += next;
      } else {
        word.text += c;
      }
    }
    return word;
  }

  static void add(std::vector<ImageWord>& words, ImageWord word) {
    if (words.size() < most_words && !word.text.empty()) words.push_back(std::move(word));
  }

  int depth_ = 0;
  std::vector<ImageAssignment> found_;
};

}  // namespace

std::vector<ImageAssignment> read_image_assignments(std::string_view text) { return AssignmentReader(text).read(); }

}  // namespace vfio_doctor
