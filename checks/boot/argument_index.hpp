// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/text.hpp"
#include "facts/boot/boot_line.hpp"

namespace vfio_doctor {

/// Gives each distinct argument a number, so that whole menus can be compared without comparing their texts.
class ArgumentIndex {
 public:
  using Id = std::uint32_t;
  Id id(const KernelArgument& argument) {
    auto key = normalize_module_name(argument.name);
    if (argument.value) key += "=" + *argument.value;
    return ids_.try_emplace(std::move(key), static_cast<Id>(ids_.size())).first->second;
  }

 private:
  std::unordered_map<std::string, Id> ids_;
};

/// The arguments of one line, as their numbers.
class ArgumentSet {
 public:
  void insert(ArgumentIndex::Id id) { ids_.push_back(id); }
  /// Before the first look-up and after the last insertion.
  void seal() {
    std::ranges::sort(ids_);
    const auto doubles = std::ranges::unique(ids_);
    ids_.erase(doubles.begin(), doubles.end());
  }
  bool contains(ArgumentIndex::Id id) const { return std::ranges::binary_search(ids_, id); }
  const std::vector<ArgumentIndex::Id>& all() const { return ids_; }

 private:
  std::vector<ArgumentIndex::Id> ids_;
};

}  // namespace vfio_doctor
