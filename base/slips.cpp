// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/slips.hpp"

#include <algorithm>
#include <vector>

namespace vfio_doctor {

std::size_t slips_between(std::string_view one, std::string_view other, std::size_t most) {
  if (std::max(one.size(), other.size()) - std::min(one.size(), other.size()) > most) return most + 1;
  std::vector<std::vector<std::size_t>> distance(one.size() + 1, std::vector<std::size_t>(other.size() + 1));
  for (std::size_t i = 0; i <= one.size(); ++i)
    for (std::size_t j = 0; j <= other.size(); ++j) {
      if (i == 0 || j == 0) {
        distance[i][j] = i + j;
        continue;
      }
      const std::size_t differs = one[i - 1] == other[j - 1] ? 0 : 1;
      auto best = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1, distance[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
        best = std::min(best, distance[i - 2][j - 2] + 1);
      distance[i][j] = best;
    }
  return std::min(distance[one.size()][other.size()], most + 1);
}

}  // namespace vfio_doctor
