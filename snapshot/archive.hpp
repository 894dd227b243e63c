// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "machine/recorded_nodes.hpp"

namespace vfio_doctor {

/// A snapshot as a tar archive compressed with zstd. Inside lies the tree as it was read ("sys/bus/pci/..."), so that
/// it can also be unpacked and looked at with --root, and `.vfio-doctor/manifest.json` with what a tree of files
/// cannot say:
///
///     {"format": "vfio-doctor/snapshot/2", "tool": "0.1.0", "redacted": {"mac": 3} | null,
///      "listed": ["/sys/bus/pci/devices"],
///      "absent": [{"names": ["driver_override", "physfn"], "in": ["/sys/devices/pci0000:00/0000:00:02.0"]}],
///      "nodes": [{"path": "/boot/vmlinuz", "kind": "seen"},
///                {"path": "/root", "kind": "closed", "why": "Permission denied"},
///                {"path": "/etc/x", "kind": "link", "target": "/lib/x"},
///                {"path": "/odd\\x0aname", "kind": "file", "stored": ".vfio-doctor/0"}],
///      "digest_of_links": "SHA-256 of all links, see archive_layout.hpp",
///      "digests": {"SHA-256 of a file's bytes": ["proc/cmdline", ...]}}
///
/// Paths, names and targets there are escaped as in machine_text.hpp. `listed` are the directories whose every entry is in
/// the archive, `absent` what was asked for and not there. Every file has its digest, all links have one together, and
/// `manifest.json.sha256` is that of the manifest, so an entry that is damaged, missing or added is found. Format 1 has none of the three: see format_1.hpp.
/// When unpacked, files whose content was not read are empty and without permissions, what could not be read is a link to
/// itself, a device node is a FIFO: none can be mistaken for a fact.
struct SnapshotNotes {
  std::string tool_version;
  bool redacted = false;
  std::map<std::string, std::size_t> redactions;  ///< kind of secret -> how many different ones
};

enum class Compression { zstd, none };

/// Throws std::runtime_error where the library fails (out of memory).
std::string write_archive(const RecordedNodes& nodes, const SnapshotNotes& notes, Compression compression = Compression::zstd);

/// True where the bytes begin like an archive that read_archive() may understand.
bool is_archive(std::string_view bytes);

/// Bounds for archives from strangers.
inline constexpr std::size_t most_archive_bytes = 512u << 20;  ///< unpacked
inline constexpr std::size_t most_archive_entries = 500'000;
inline constexpr std::size_t most_archive_ratio = 1000;  ///< unpacked : packed, beyond 32 MiB

/// The nodes of an archive; nothing is ever written to disk. Throws InputError "NAME: what is wrong" on anything but
/// a snapshot: other formats, entries that are not what the manifest's digests say, a wrong checksum of the compression,
/// names that lead out of the tree, hard links, device nodes, names given twice, entries below a file or link, sizes beyond
/// the bounds, a missing or wrong manifest.
RecordedNodes read_archive(std::string_view bytes, const std::string& name);

}  // namespace vfio_doctor
