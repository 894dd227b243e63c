// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/nearest_word.hpp"

#include <algorithm>
#include <numeric>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t longest_typed = 64;

/// How many characters must be put in, taken out or exchanged to make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchanged = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, exchanged});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(std::string_view typed, const std::vector<std::string>& words) {
  if (typed.empty() || typed.size() > longest_typed || words.empty()) return {};
  const auto lower = to_lower(typed);
  const auto distance_to = [&lower](const std::string& word) {
    // The beginning of a longer name is as good as a small slip.
    const bool begins = lower.size() >= 3 && word.starts_with(lower);
    return begins ? std::size_t{1} : edit_distance(lower, word);
  };
  const auto nearest = std::ranges::min_element(words, {}, distance_to);
  if (distance_to(*nearest) > 1 + lower.size() / 5) return {};
  return "; did you mean '" + *nearest + "'?";
}

}  // namespace vfio_doctor
