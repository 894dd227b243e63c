// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/near_miss.hpp"

#include <algorithm>

#include "base/slips.hpp"

namespace vfio_doctor {

bool is_slip_of(std::string_view typed, std::string_view word) { return slips_between(typed, word, 1) == 1; }

std::optional<std::string> meant_word(std::string_view typed, const std::vector<std::string>& words) {
  if (typed.size() < 5 || std::ranges::find(words, typed) != words.end()) return std::nullopt;
  const auto found = std::ranges::find_if(words, [typed](const std::string& word) { return is_slip_of(typed, word); });
  return found == words.end() ? std::nullopt : std::optional(*found);
}

const std::vector<std::string>& boot_words() {
  static const std::vector<std::string> words = {"intel_iommu", "pcie_acs_override"};
  return words;
}

}  // namespace vfio_doctor
