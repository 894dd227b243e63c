// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <vector>

namespace vfio_doctor::testing {

/// One entry of an archive as a stranger might make it.
struct ForeignEntry {
  std::string name;
  unsigned type = AE_IFREG;
  std::string content;  ///< or the target of a link
  bool hard_link = false;
};

inline la_ssize_t append_bytes(archive*, void* to, const void* data, size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

inline std::string plain_manifest(const std::string& nodes = "[]") {
  return R"({"format": "vfio-doctor/snapshot/1", "tool": "0", "redacted": null, "nodes": )" + nodes + "}";
}

/// A tar archive with those entries; the manifest first unless `manifest` is empty.
inline std::string foreign_archive(const std::vector<ForeignEntry>& entries, const std::string& manifest = plain_manifest(),
                                   bool compressed = true) {
  std::string bytes;
  auto* handle = archive_write_new();
  archive_write_set_format_gnutar(handle);
  if (compressed) archive_write_add_filter_zstd(handle);
  archive_write_set_bytes_in_last_block(handle, 1);
  archive_write_open(handle, &bytes, nullptr, append_bytes, nullptr);
  auto all = entries;
  if (!manifest.empty()) all.insert(all.begin(), {".vfio-doctor/manifest.json", AE_IFREG, manifest});
  for (const auto& one : all) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, one.name.c_str());
    archive_entry_set_filetype(entry, one.type);
    archive_entry_set_perm(entry, 0644);
    const bool data = one.type == AE_IFREG && !one.hard_link;
    archive_entry_set_size(entry, data ? static_cast<la_int64_t>(one.content.size()) : 0);
    if (one.type == AE_IFLNK) archive_entry_set_symlink(entry, one.content.c_str());
    if (one.hard_link) archive_entry_set_hardlink(entry, one.content.c_str());
    archive_write_header(handle, entry);
    if (data) archive_write_data(handle, one.content.data(), one.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(handle);
  archive_write_free(handle);
  return bytes;
}

}  // namespace vfio_doctor::testing
