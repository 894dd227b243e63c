// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/occurrence.hpp"

#include <algorithm>

namespace vfio_doctor {

std::string_view Occurrence::capture(std::string_view name) const {
  const auto found = std::ranges::find(captures, name, [](const auto& one) -> const std::string& { return one.first; });
  return found == captures.end() ? std::string_view() : std::string_view(found->second);
}

void Occurrences::add(Occurrence occurrence) {
  occurrence.order = next_order_++;
  const std::string id(occurrence.id);
  if (counts_.size() < most_counted || counts_.contains({id, occurrence.at.document})) ++counts_[{id, occurrence.at.document}];
  auto& list = by_id_[id];
  const auto alike = [&](const Occurrence& other) {
    return other.address == occurrence.address && other.at.document == occurrence.at.document;
  };
  if (std::ranges::count_if(list, alike) >= static_cast<std::ptrdiff_t>(most_alike)) {
    // The last one takes the place of the one before it: what came last decides.
    const auto last = std::find_if(list.rbegin(), list.rend(), alike);
    *last = std::move(occurrence);
  } else if (list.size() < most_of_one) {
    list.push_back(std::move(occurrence));
  }
}

const std::vector<Occurrence>& Occurrences::of(std::string_view id) const {
  static const std::vector<Occurrence> none;
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? none : found->second;
}

std::size_t Occurrences::count(std::string_view id, std::uint32_t document) const {
  const auto found = counts_.find({std::string(id), document});
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace vfio_doctor
