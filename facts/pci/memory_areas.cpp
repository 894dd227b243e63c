// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/memory_areas.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace vfio_doctor {

Observed<std::vector<AreaInFunction>> areas_in_functions(const Root& root, std::span<const std::string_view> names) {
  const auto text = root.read("/proc/iomem", 4 << 20);
  if (!text.has_value()) return Observed<std::vector<AreaInFunction>>::like(text);
  std::vector<AreaInFunction> found;
  std::vector<std::pair<std::size_t, PciAddress>> above;  // (indentation, function)
  for (const auto line : split_lines(text.value())) {
    const auto indent = line.find_first_not_of(' ');
    const auto colon = line.find(" : ");
    if (indent == line.npos || colon == line.npos) continue;
    while (!above.empty() && above.back().first >= indent) above.pop_back();
    const auto name = trim(line.substr(colon + 3));
    if (const auto address = PciAddress::parse(name); address && above.size() < 64)
      above.emplace_back(indent, *address);
    else if (!above.empty() && std::ranges::find(names, name) != names.end())
      found.push_back({std::string(name), above.back().second});
  }
  return found;
}

}  // namespace vfio_doctor
