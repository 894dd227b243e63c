// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/telling_words.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {

extern const std::string_view telling_words_text;  // made by the build

namespace {

constexpr std::size_t key_bytes = 3;
constexpr unsigned key_bits = 12;

/// A number below 2^key_bits for the three bytes at `at`; others may have the same.
std::uint32_t key_at(const char* at) {
  const auto byte = [at](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(at[i])); };
  return ((byte(0) | byte(1) << 8 | byte(2) << 16) * 2654435769u) >> (32 - key_bits);  // Knuth's multiplicative hashing
}

/// "timeout=5" and "dump_invalid_vmcb" are names of settings.
bool stands_alone(std::string_view text, std::size_t at, std::string_view word) {
  const auto end = at + word.size();
  const bool starts = at == 0 || !is_name_part(text[at - 1]) || !is_alphanumeric(word.front());
  return starts && (end == text.size() || ((!is_name_part(text[end]) || !is_alphanumeric(word.back())) && text[end] != '='));
}

constexpr std::array<std::string_view, 5> meanings = {"failure", "harmless", "passthrough", "guest", "past"};

}  // namespace

TellingWords::TellingWords(std::string_view table, const std::string& name) {
  std::size_t number = 0;
  for (const auto line : split_lines(table)) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto fields = split(line, '\t');
    const auto meaning = fields.empty() ? meanings.end() : std::ranges::find(meanings, fields[0]);
    if (fields.size() != 4 || meaning == meanings.end() || (fields[1] != "word" && fields[1] != "part") ||
        fields[2].size() < key_bytes || trim(fields[3]).empty())
      throw InputError(name + ":" + std::to_string(number) +
                       ": expected a meaning, word or part, a text of 3 bytes at least and a source, between tabs");
    words_.push_back({std::string(fields[2]), static_cast<Tells>(meaning - meanings.begin()), fields[1] == "word",
                      key_at(fields[2].data())});
  }
  std::ranges::stable_sort(words_, {}, &Word::key);
  for (const auto& word : words_) seen_[word.key / 64] |= std::uint64_t{1} << (word.key % 64);
}

Told TellingWords::in(std::string_view folded) const {
  Told told;
  for (std::size_t at = 0; at + key_bytes <= folded.size(); ++at) {
    const auto key = key_at(folded.data() + at);
    if ((seen_[key / 64] >> (key % 64) & 1) == 0) continue;
    for (const auto& word : std::ranges::equal_range(words_, key, {}, &Word::key))
      if (!told.has(word.tells) && folded.substr(at).starts_with(word.text) &&
          (!word.stands_alone || stands_alone(folded, at, word.text)))
        told.add(word.tells);
  }
  return told;
}

const TellingWords& TellingWords::built_in() {
  static const TellingWords words(telling_words_text, "telling_words.tsv");
  return words;
}

}  // namespace vfio_doctor
