// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/short_name.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t longest_vendor = 6;  // words
constexpr std::array<std::string_view, 10> company_words = {"corporation", "corp", "incorporated", "inc", "co",
                                                            "coltd",       "ltd",  "limited",      "llc", "gmbh"};
constexpr std::array<std::string_view, 4> platform_words = {"chipset", "pch", "processor", "soc"};
constexpr std::array<std::string_view, 7> general_words = {"controller",  "connection",   "adapter",      "device",
                                                           "electronics", "technologies", "semiconductor"};

template <class List>
bool is_one_of(std::string_view word, const List& list) {
  return std::ranges::find(list, word) != list.end();
}

/// "Co.," and "co" are the same word.
std::string bare(const std::string& word) {
  auto text = to_lower(word);
  std::erase_if(text, [](char c) { return c == '.' || c == ','; });
  return text;
}

std::string joined(const Words& words) { return join(words, " "); }

/// "Advanced Micro Devices, Inc. [AMD/ATI] Navi 21" is known as "AMD/ATI Navi 21".
void use_short_vendor(Words& words) {
  const auto last = words.begin() + static_cast<std::ptrdiff_t>(std::min(words.size(), longest_vendor));
  const auto company = std::find_if(words.begin(), last, [](const auto& word) { return is_one_of(bare(word), company_words); });
  if (company == last || company + 1 == words.end()) return;
  auto& known_as = *(company + 1);
  if (known_as.size() < 3 || known_as.front() != '[' || known_as.back() != ']') return;
  known_as = known_as.substr(1, known_as.size() - 2);
  words.erase(words.begin(), company + 1);
}

void drop_company_words(Words& words) {
  for (std::size_t i = 1; i < std::min(words.size(), longest_vendor);) {
    if (!is_one_of(bare(words[i]), company_words)) {
      ++i;
      continue;
    }
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    if (words[i - 1].ends_with(',')) words[i - 1].pop_back();
  }
}

/// Where the name of the platform ends that the device is a part of; 1 where there is none.
std::size_t end_of_platform(const Words& words) {
  for (std::size_t i = words.size(); i-- > 1;)
    if (is_one_of(bare(words[i]), platform_words))
      return i + 1 < words.size() && bare(words[i + 1]) == "family" ? i + 2 : i + 1;
  if (words.size() < 2 || bare(words[1]) != "xeon") return 1;
  // "Xeon E7 v3/Xeon E5 v3/Core i7 DMA Channel 0"
  for (std::size_t i = words.size(); i-- > 1;)
    if (words[i].find('/') != std::string::npos) return i + 1 < words.size() && words[i + 1].starts_with('i') ? i + 2 : i + 1;
  return 1;
}

/// Of "Intel 100 Series/C230 Series Chipset Family HD Audio Controller" every function of that chipset has the first half.
void drop_platform(Words& words) {
  const auto end = end_of_platform(words);
  if (end < words.size()) words.erase(words.begin() + 1, words.begin() + static_cast<std::ptrdiff_t>(end));
}

void drop_general_words(Words& words) {
  Words kept;
  for (const auto& word : words)
    if (kept.empty() || !is_one_of(bare(word), general_words)) kept.push_back(word);
  if (kept.size() > 1) words = std::move(kept);
}

}  // namespace

std::string cut_to(std::string_view text, std::size_t width) {
  constexpr std::string_view mark = "...";
  if (text_width(text) <= width || width <= mark.size()) return std::string(first_columns(text, width));
  auto start = first_columns(text, width - mark.size());
  while (start.ends_with(' ')) start.remove_suffix(1);
  return std::string(start) + std::string(mark);
}

std::string short_name(const std::string& name, std::size_t width) { return cut_to(shorter_name(name, width), width); }

std::string shorter_name(const std::string& name, std::size_t width) {
  if (text_width(name) <= width) return name;
  Words words;
  for (const auto word : split_words(name)) words.emplace_back(word);
  for (const auto shorten : {use_short_vendor, drop_company_words, drop_platform, drop_general_words}) {
    shorten(words);
    if (text_width(joined(words)) <= width) break;
  }
  return joined(words);
}

}  // namespace vfio_doctor
