// SPDX-License-Identifier: GPL-2.0-or-later
// What came of the assignments that were read.
#include <algorithm>
#include <iterator>
#include <utility>

#include "facts/boot/shell_settings.hpp"

namespace vfio_doctor {

std::optional<std::string> ShellSettings::text(const std::string& name) const {
  const auto found = variables_.find(name);
  if (found == variables_.end() || !found->second.others.empty()) return std::nullopt;
  const auto& value = found->second.value.text();
  if (value.find(PlacedText::unknown) != std::string::npos) return std::nullopt;
  return value;
}

BootLine ShellSettings::line(const std::vector<std::string>& names) const {
  BootLine line;
  line.unknown_part = unknown_;
  for (const auto& name : names) {
    const auto found = variables_.find(name);
    if (found == variables_.end()) continue;
    auto main = found->second.value.split();
    if (!main.unknown_part.empty()) line.unknown_part = main.unknown_part;
    std::vector<BootLine> others;
    for (const auto& other : found->second.others) others.push_back(other.split());
    for (auto& token : main.tokens) {
      const bool certain = std::ranges::all_of(others, [&](const BootLine& other) { return other.contains(token.argument); });
      (certain ? line.tokens : line.possible).push_back(std::move(token));
    }
    for (auto& other : others) {
      if (!other.unknown_part.empty()) line.unknown_part = other.unknown_part;
      for (auto& token : other.tokens) line.possible.push_back(std::move(token));
    }
  }
  if (!broken_) return line;
  line.unknown_part = unknown_;
  std::ranges::move(std::exchange(line.tokens, {}), std::back_inserter(line.possible));
  return line;
}

std::vector<BootToken> ShellSettings::lost(const std::vector<std::string>& names) const {
  std::vector<BootToken> lost;
  const auto kept = line(names);
  if (!kept.unknown_part.empty()) return lost;
  for (const auto& name : names) {
    const auto found = lost_.find(name);
    if (found == lost_.end()) continue;
    for (const auto& text : found->second)
      for (auto& token : text.split().tokens)
        if (!kept.may_contain(token.argument)) lost.push_back(std::move(token));
  }
  return lost;
}

}  // namespace vfio_doctor
