// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/page_words.hpp"

#include <cctype>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '`'; }

/// Goes through the words of a paragraph and remembers which marks are open.
class MarkReader {
 public:
  PageWord read(std::string_view word) {
    PageWord result;
    result.marked = in_code_ || in_emphasis_;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (word[i] == '`') {
        in_code_ = !in_code_;
      } else if (word[i] == '*' && !in_code_ && is_mark(word, i)) {
        in_emphasis_ = !in_emphasis_;
        if (i + 1 < word.size() && word[i + 1] == '*') ++i;
      } else {
        result.text += word[i];
      }
      result.marked = result.marked || in_code_ || in_emphasis_;
    }
    return result;
  }

 private:
  /// An opening '*' stands before a word, a closing one behind it; any other is itself.
  bool is_mark(std::string_view word, std::size_t at) const {
    if (in_emphasis_) return at > 0;
    const auto next = word.find_first_not_of('*', at);
    return (at == 0 || !is_word_character(word[at - 1])) && next != word.npos && is_word_character(word[next]);
  }

  bool in_code_ = false, in_emphasis_ = false;
};

}  // namespace

std::vector<PageWord> words_of_paragraph(std::string_view paragraph) {
  MarkReader reader;
  std::vector<PageWord> words;
  for (const auto word : split_words(paragraph))
    if (auto read = reader.read(word); !read.text.empty()) words.push_back(std::move(read));
  return words;
}

}  // namespace vfio_doctor
