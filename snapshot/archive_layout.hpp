// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "machine/recorded_nodes.hpp"

namespace vfio_doctor::archive_layout {

inline constexpr std::string_view own_directory = ".vfio-doctor";
inline constexpr std::string_view manifest_name = ".vfio-doctor/manifest.json";
/// What sha256sum prints of the manifest.
inline constexpr std::string_view manifest_digest_name = ".vfio-doctor/manifest.json.sha256";
inline constexpr std::string_view format_name = "vfio-doctor/snapshot/2", first_format_name = "vfio-doctor/snapshot/1";

/// "file", "directory", "listed", "complete", "absent", "link", "seen", "special", "unreadable", "closed", "hidden".
std::string_view to_text(RecordedNode::Kind kind);
std::optional<RecordedNode::Kind> parse_kind(std::string_view text);

/// SHA-256, as text, of all links by their names in the archive ("sys/x"): each name and target with a zero byte behind it.
std::string digest_of_links(const std::map<std::string_view, std::string_view>& targets);

/// True where `path` ("/sys/x") is as good a name in an archive: absolute, clean, of printable ASCII, of bounded length.
bool is_plain_path(std::string_view path);

}  // namespace vfio_doctor::archive_layout
