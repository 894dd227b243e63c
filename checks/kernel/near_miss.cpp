// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/near_miss.hpp"

#include <algorithm>

namespace vfio_doctor {

bool is_slip_of(std::string_view typed, std::string_view word) {
  if (typed == word) return false;
  const auto [a, b] = std::ranges::mismatch(typed, word);
  const auto left = std::string_view(a, typed.end()), right = std::string_view(b, word.end());
  if (left.size() == right.size() + 1) return left.substr(1) == right;
  if (left.size() + 1 == right.size()) return left == right.substr(1);
  if (left.size() != right.size()) return false;
  if (left.substr(1) == right.substr(1)) return true;
  return left.size() >= 2 && left[0] == right[1] && left[1] == right[0] && left.substr(2) == right.substr(2);
}

std::optional<std::string> meant_word(std::string_view typed, const std::vector<std::string>& words) {
  if (typed.size() < 5 || std::ranges::find(words, typed) != words.end()) return std::nullopt;
  const auto found = std::ranges::find_if(words, [typed](const std::string& word) { return is_slip_of(typed, word); });
  return found == words.end() ? std::nullopt : std::optional(*found);
}

}  // namespace vfio_doctor
