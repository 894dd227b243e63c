// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// What a word tells of the line that it stands in (telling_words.tsv says what each means).
enum class Tells : std::uint8_t { failure, harmless, passthrough, guest, past };

/// What a line's words tell together.
class Told {
 public:
  void add(Tells what) { bits_ |= bit(what); }
  bool has(Tells what) const { return (bits_ & bit(what)) != 0; }

 private:
  static unsigned bit(Tells what) { return 1u << static_cast<unsigned>(what); }
  unsigned bits_ = 0;
};

/// Finds all words of the table in one pass over a line, however many there are: each place is looked up by its first three bytes.
class TellingWords {
 public:
  /// Throws InputError with the line that is wrong.
  TellingWords(std::string_view table, const std::string& name);

  /// Of a text as fold_text() makes it.
  Told in(std::string_view folded) const;

  /// The program's own table.
  static const TellingWords& built_in();

 private:
  struct Word {
    std::string text;
    Tells tells = Tells::failure;
    bool stands_alone = false;
    std::uint32_t key = 0;
  };
  std::vector<Word> words_;               ///< by their keys
  std::array<std::uint64_t, 64> seen_{};  ///< a bit for each key, set where a word begins so
};

}  // namespace vfio_doctor
