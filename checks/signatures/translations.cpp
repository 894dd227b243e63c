// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/translations.hpp"

#include <algorithm>
#include <array>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/paste/unwrap.hpp"

namespace vfio_doctor {

extern const std::string_view translations_text;

namespace {

/// Most lines are English: only those that have other letters, or tell of what may fail, are searched.
bool may_be_translated(std::string_view folded) {
  constexpr std::array<std::string_view, 5> places = {"/dev/", "/sys/", "vfio", "echo: ", "iommu"};
  return std::ranges::any_of(folded, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }) ||
         std::ranges::any_of(places, [folded](std::string_view place) { return folded.find(place) != folded.npos; });
}

}  // namespace

std::vector<Translation> parse_translations(std::string_view text, const std::string& name) {
  std::vector<Translation> translations;
  std::size_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto fields = split(line, '\t');
    if (fields.size() != 4 || fields[0].empty() || fields[2].size() < 5)
      throw InputError(name + ":" + std::to_string(number) + ": expected 4 fields between tabs, the third of 5 bytes at least");
    Translation one;
    fold_text(fields[0], one.english);
    fold_text(fields[2], one.translated);
    translations.push_back(std::move(one));
  }
  std::ranges::stable_sort(translations, std::ranges::greater(), [](const Translation& one) { return one.translated.size(); });
  return translations;
}

void translate_messages(std::string& folded) {
  static const auto translations = parse_translations(translations_text, "translations.tsv");
  if (!may_be_translated(folded)) return;
  for (const auto& one : translations)
    for (auto at = folded.find(one.translated); at != std::string::npos;
         at = folded.find(one.translated, at + one.english.size()))
      folded.replace(at, one.translated.size(), one.english);
}

}  // namespace vfio_doctor
