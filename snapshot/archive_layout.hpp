// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "machine/recorded_nodes.hpp"

namespace vfio_doctor::archive_layout {

inline constexpr std::string_view own_directory = ".vfio-doctor";
inline constexpr std::string_view manifest_name = ".vfio-doctor/manifest.json";
inline constexpr std::string_view format_name = "vfio-doctor/snapshot/1";

/// "file", "directory", "link", "seen", "special", "unreadable", "closed", "hidden".
std::string_view to_text(RecordedNode::Kind kind);
std::optional<RecordedNode::Kind> parse_kind(std::string_view text);

/// True where `path` ("/sys/x") is as good a name in an archive: absolute, clean, of printable ASCII, of bounded length.
bool is_plain_path(std::string_view path);

}  // namespace vfio_doctor::archive_layout
