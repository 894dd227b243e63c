// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// A word of a Markdown paragraph without its marks, and whether it was marked: `code` or *emphasis*.
struct PageWord {
  std::string text;
  bool marked = false;
};

/// The words of a paragraph. Marks are back quotes anywhere, and '*' or "**" around words outside of them.
std::vector<PageWord> words_of_paragraph(std::string_view paragraph);

}  // namespace vfio_doctor
