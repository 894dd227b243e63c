// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/archive_layout.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "snapshot/digest.hpp"

namespace vfio_doctor::archive_layout {
namespace {

using Kind = RecordedNode::Kind;
constexpr auto kinds = std::to_array<std::pair<std::string_view, Kind>>({{"file", Kind::file},
                                                                         {"directory", Kind::directory},
                                                                         {"listed", Kind::listed},
                                                                         {"complete", Kind::complete},
                                                                         {"absent", Kind::absent},
                                                                         {"link", Kind::link},
                                                                         {"seen", Kind::seen},
                                                                         {"special", Kind::special},
                                                                         {"unreadable", Kind::unreadable},
                                                                         {"closed", Kind::closed},
                                                                         {"hidden", Kind::hidden}});
constexpr std::size_t longest_path = 4000, longest_component = 255;  // PATH_MAX with room for a prefix, NAME_MAX

}  // namespace

std::string_view to_text(Kind kind) {
  return std::ranges::find(kinds, kind, [](const auto& pair) { return pair.second; })->first;
}

std::optional<Kind> parse_kind(std::string_view text) {
  const auto found = std::ranges::find(kinds, text, [](const auto& pair) { return pair.first; });
  return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

std::string digest_of_links(const std::map<std::string_view, std::string_view>& targets) {
  std::string all;
  for (const auto& [name, target] : targets) all.append(name).append(1, '\0').append(target).append(1, '\0');
  return vfio_doctor::to_text(sha256(all));
}

bool is_plain_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() > longest_path) return false;
  if (std::ranges::any_of(path, [](char c) { return c < ' ' || c >= 0x7f; })) return false;
  for (const auto part : split(path.substr(1), '/'))
    if (part.empty() || part == "." || part == ".." || part.size() > longest_component) return false;
  return true;
}

}  // namespace vfio_doctor::archive_layout
