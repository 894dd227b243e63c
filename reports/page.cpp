// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/page.hpp"

#include <algorithm>
#include <cctype>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "reports/page_words.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

/// How many characters of "- item" or "1. item" stand before the item, else 0.
std::size_t list_mark(std::string_view line) {
  if (line.starts_with("- ") || line.starts_with("* ")) return 2;
  const auto digits = static_cast<std::size_t>(
      std::ranges::find_if_not(line, [](unsigned char c) { return std::isdigit(c) != 0; }) - line.begin());
  return digits > 0 && line.substr(digits).starts_with(". ") ? digits + 2 : 0;
}

class PageText {
 public:
  PageText(const TextStyle& style, PageForm form) : page_(style), plain_(form == PageForm::plain) {}

  std::string take(std::string_view markdown) {
    for (const auto line : split_lines(markdown)) add(line);
    finish_paragraph();
    return page_.take();
  }

 private:
  void add(std::string_view line) {
    const auto text = trim(line);
    const bool fence = text.starts_with("```");
    if (fence || in_block_ || line.starts_with("    ") || line.starts_with('\t') || text.starts_with('|')) {
      finish_paragraph();
      if (!fence || !plain_) page_.line(line, plain_ && in_block_ ? code_indent : 0);
      if (fence) in_block_ = !in_block_;
    } else if (text.empty()) {
      finish_paragraph();
      page_.blank_line();
    } else if (text.starts_with('#')) {
      finish_paragraph();
      page_.painted_line(plain_ ? trim(text.substr(text.find_first_not_of('#'))) : text, Paint::bold);
    } else {
      const auto mark = list_mark(text);
      if (mark > 0) {
        finish_paragraph();
        indent_ = line.find_first_not_of(' ');
        hanging_ = mark;
      }
      paragraph_ += (paragraph_.empty() ? "" : " ") + std::string(text);
    }
  }

  void finish_paragraph() {
    if (!paragraph_.empty()) add_paragraph();
    paragraph_.clear();
    indent_ = hanging_ = 0;
  }

  void add_paragraph() {
    if (!plain_) return page_.paragraph(paragraph_, indent_, hanging_);
    const auto words = words_of_paragraph(printable(paragraph_));
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word.text;
    const auto room = page_.columns() - indent_;
    std::size_t next = 0;
    bool first = true;
    for (const auto& line : wrap(text, room, room - hanging_)) {
      page_.finished_line(painted_words(line, words, next), indent_ + (first ? 0 : hanging_));
      first = false;
    }
  }

  /// The words of one line; `next` is the first of them in `words`. A word that had to be cut is painted as its parts.
  std::string painted_words(std::string_view line, const std::vector<PageWord>& words, std::size_t& next) const {
    std::string text;
    for (const auto part : split_words(line)) {
      const bool marked = next < words.size() && words[next].marked;
      text += (text.empty() ? "" : " ") + (marked ? page_.painted(std::string(part), Paint::bold) : std::string(part));
      if (next < words.size() && words[next].text.ends_with(part)) ++next;
    }
    return text;
  }

  static constexpr std::size_t code_indent = 4;
  TextPage page_;
  bool plain_;
  std::string paragraph_;
  std::size_t indent_ = 0, hanging_ = 0;
  bool in_block_ = false;
};

}  // namespace

std::string render_page(std::string_view markdown, const TextStyle& style, PageForm form) {
  return PageText(style, form).take(markdown);
}

}  // namespace vfio_doctor
