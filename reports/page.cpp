// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/page.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
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
  explicit PageText(const TextStyle& style)
      : page_({style.color, std::min(style.columns, widest), style.verbosity}), is_painted_(style.color == Color::on) {}

  std::string take(std::string_view markdown) {
    for (const auto line : split_lines(markdown)) add(line);
    finish_paragraph();
    return page_.take();
  }

 private:
  /// Where headings are bold, the marks of Markdown say nothing more.
  static std::string without_marks(std::string_view marked) {
    std::string text(marked);
    std::erase(text, '`');
    return text;
  }

  void add(std::string_view line) {
    const auto text = trim(line);
    const bool fence = text.starts_with("```");
    if (fence || in_block_ || line.starts_with("    ") || line.starts_with('\t') || text.starts_with('|')) {
      finish_paragraph();
      page_.line(line);
      if (fence) in_block_ = !in_block_;
    } else if (text.empty()) {
      finish_paragraph();
      page_.blank_line();
    } else if (text.starts_with('#')) {
      finish_paragraph();
      page_.painted_line(is_painted_ ? without_marks(trim(text.substr(std::min(text.find_first_not_of('#'), text.size())))) : std::string(text), Paint::bold);
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
    if (!paragraph_.empty()) page_.paragraph(is_painted_ ? without_marks(paragraph_) : paragraph_, indent_, hanging_);
    paragraph_.clear();
    indent_ = hanging_ = 0;
  }

  static constexpr unsigned widest = 100;  // longer lines are hard to read

  TextPage page_;
  const bool is_painted_;
  std::string paragraph_;
  std::size_t indent_ = 0, hanging_ = 0;
  bool in_block_ = false;
};

}  // namespace

std::string render_page(std::string_view markdown, const TextStyle& style) {
  return PageText(style).take(markdown);
}

}  // namespace vfio_doctor
