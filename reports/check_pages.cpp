// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/check_pages.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

bool begins_something_else(std::string_view line) {
  return line.starts_with('#') || line.starts_with("- ") || line.starts_with("* ") || line.starts_with("    ") ||
         line.starts_with("```") || line.starts_with('|');
}

std::string without_marks(std::string_view line) {
  std::string text(line);
  std::erase(text, '`');
  return text;
}

/// Where the section begins that says why; the first line behind the title where there is none.
std::size_t start_of_reasons(const std::vector<std::string_view>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].starts_with("## Why")) return i + 1;
  return !lines.empty() && lines.front().starts_with("# ") ? 1 : 0;
}

}  // namespace

std::vector<std::string> why_it_matters(std::string_view page, std::size_t most) {
  const auto split = split_lines(page);
  const std::vector<std::string_view> lines(split.begin(), split.end());
  std::vector<std::string> paragraphs;
  std::string paragraph;
  const auto finish = [&] {
    if (!paragraph.empty() && paragraphs.size() < most) paragraphs.push_back(std::move(paragraph));
    paragraph.clear();
  };
  for (std::size_t i = start_of_reasons(lines); i < lines.size() && paragraphs.size() < most; ++i) {
    if (lines[i].starts_with('#') && (!paragraphs.empty() || !paragraph.empty())) break;
    if (trim(lines[i]).empty() || begins_something_else(lines[i]))
      finish();
    else
      paragraph += (paragraph.empty() ? "" : " ") + without_marks(trim(lines[i]));
  }
  finish();
  return paragraphs;
}

std::string plain_page(std::string_view page) {
  std::string text;
  for (const auto line : split_lines(page)) {
    const auto words = line.substr(std::min(line.find_first_not_of('#'), line.size()));
    text += without_marks(line.starts_with('#') ? trim(words) : words) + "\n";
  }
  return text;
}

}  // namespace vfio_doctor
