// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "base/archive/libarchive.hpp"
#include "base/text.hpp"
#include "machine/escape.hpp"
#include "machine/root.hpp"
#include "snapshot/archive.hpp"
#include "snapshot/archive_layout.hpp"
#include "snapshot/compression.hpp"
#include "snapshot/digest.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;
using Json = nlohmann::ordered_json;
using archive_layout::is_plain_path;

struct StoredEntry {
  std::string name;
  unsigned type = AE_IFREG;
  int mode = 0644;
  std::string content;  ///< or the target of a link
};

/// "/a/b/link" -> "/a/x" as "../x": stays inside wherever the archive is unpacked.
std::string relative_target(const std::string& link, const std::string& target) {
  const auto from = split(std::string_view(link).substr(1), '/');
  const auto absolute = join_path(parent_path(link), target);
  const auto to = split(std::string_view(absolute).substr(1), '/');
  std::size_t common = 0;
  while (common + 1 < from.size() && common < to.size() && from[common] == to[common]) ++common;
  std::vector<std::string> parts(from.size() - 1 - common, "..");
  for (std::size_t i = common; i < to.size(); ++i) parts.emplace_back(to[i]);
  const auto text = join(parts, "/");
  return text.empty() ? "." : text;
}

/// True where following the target text from the link's place never goes above the top.
bool stays_inside(const std::string& link, const std::string& target) {
  if (target.empty() || target.starts_with('/')) return false;
  auto depth = static_cast<long>(split(std::string_view(link).substr(1), '/').size()) - 1;
  for (const auto part : split(target, '/')) {
    if (part == "..")
      --depth;
    else if (!part.empty() && part != ".")
      ++depth;
    if (depth < 0) return false;
  }
  return true;
}

/// Lays nodes out as entries of an archive and says in the manifest what they cannot.
class ArchiveLayout {
 public:
  explicit ArchiveLayout(const RecordedNodes& nodes) : nodes_(nodes) {
    for (const auto& [path, node] : nodes)
      if (node.kind == Kind::absent && path != "/")
        absent_[parent_path(path)].push_back(escape_path(base_name(path)));
      else
        place(path, node);
  }

  /// Thousands of functions lack the same attributes: each set of names stands there once.
  Json absent() const {
    std::map<std::vector<std::string>, Json> directories;
    for (const auto& [directory, names] : absent_)
      directories.try_emplace(names, Json::array()).first->second.push_back(escape_path(directory));
    auto list = Json::array();
    for (auto& [names, in] : directories) list.push_back({{"names", names}, {"in", std::move(in)}});
    return list;
  }

  std::vector<StoredEntry> entries;
  Json manifest_nodes = Json::array();
  Json listed = Json::array();

 private:
  void place(const std::string& path, const RecordedNode& node) {
    if (node.kind == Kind::listed) listed.push_back(escape_path(path));
    const bool fits =
        is_plain_path(path) && !path.starts_with("/" + std::string(archive_layout::own_directory)) && lies_in_directories(path);
    if ((fits && place_plainly(path, node)) || node.kind == Kind::listed) return;
    auto& note = manifest_nodes.emplace_back();
    note["path"] = escape_path(path);
    note["kind"] = archive_layout::to_text(node.kind);
    if (node.kind == Kind::link) note["target"] = escape_path(node.content);
    if (node.kind == Kind::unreadable || node.kind == Kind::closed || node.kind == Kind::hidden)
      note["why"] = escape_reason(node.content);
    if (node.kind != Kind::file) return;
    const auto stored = std::string(archive_layout::own_directory) + "/" + std::to_string(++stored_);
    note["stored"] = stored;
    entries.push_back({stored, AE_IFREG, 0644, node.content});
  }

  static bool holds_entries(Kind kind) {
    return kind == Kind::directory || kind == Kind::listed || kind == Kind::complete || kind == Kind::closed;
  }

  /// Something recorded as a file may have entries recorded below it; a tree on disk cannot hold both.
  bool lies_in_directories(const std::string& path) const {
    for (auto above = parent_path(path); above.size() > 1; above = parent_path(above)) {
      const auto found = nodes_.find(above);
      if (found != nodes_.end() && !holds_entries(found->second.kind)) return false;
    }
    return true;
  }

  /// True where the entry says everything; otherwise it stands in for those who unpack the archive.
  bool place_plainly(const std::string& path, const RecordedNode& node) {
    const auto name = path.substr(1);
    switch (node.kind) {
      case Kind::file:
        entries.push_back({name, AE_IFREG, 0644, node.content});
        return true;
      case Kind::directory:
      case Kind::listed:
        entries.push_back({name, AE_IFDIR, 0755, {}});
        return true;
      case Kind::complete:
        entries.push_back({name, AE_IFDIR, 0755, {}});
        return false;
      case Kind::absent:
        return false;
      case Kind::closed:
        entries.push_back({name, AE_IFDIR, 0, {}});
        return false;
      case Kind::seen:
        entries.push_back({name, AE_IFREG, 0, {}});
        return false;
      case Kind::special:
        entries.push_back({name, AE_IFIFO, 0600, {}});
        return true;  // harmless, unlike a device node
      case Kind::unreadable:
      case Kind::hidden:
        entries.push_back({name, AE_IFLNK, 0777, base_name(path)});
        return false;
      case Kind::link:
        return place_link(path, node.content);
    }
    return false;
  }

  bool place_link(const std::string& path, const std::string& target) {
    const bool plain = is_plain_path("/" + target) || (!target.empty() && escape_path(target) == target);
    const bool as_is = plain && target.size() < 4000 && stays_inside(path, target);
    const auto shown = as_is ? target : relative_target(path, target);
    if (as_is || (shown.size() < 4000 && escape_path(shown) == shown))
      entries.push_back({path.substr(1), AE_IFLNK, 0777, shown});
    return as_is;
  }

  const RecordedNodes& nodes_;
  std::map<std::string, std::vector<std::string>> absent_;  ///< directory -> names, escaped
  int stored_ = 0;
};

struct Writer {
  explicit Writer(Compression wanted) : handle(libarchive().archive_write_new()) {
    libarchive().archive_write_set_format_gnutar(handle);  // raw names of any length, no character sets
    if (wanted == Compression::zstd) compressor.emplace();
    libarchive().archive_write_set_bytes_in_last_block(handle, 1);
    check(libarchive().archive_write_open(handle, this, nullptr, append, nullptr));
  }
  ~Writer() { libarchive().archive_write_free(handle); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  static la_ssize_t append(archive* handle, void* to, const void* data, size_t size) {
    auto* writer = static_cast<Writer*>(to);
    const std::string_view piece(static_cast<const char*>(data), size);
    try {
      writer->compressor ? writer->compressor->add(piece) : static_cast<void>(writer->bytes.append(piece));
    } catch (const std::exception& failure) {  // not through a library written in C
      libarchive().archive_set_error(handle, ENOMEM, "%s", failure.what());
      return -1;
    }
    return static_cast<la_ssize_t>(size);
  }

  std::string finish() {
    check(libarchive().archive_write_close(handle));
    return compressor ? compressor->finish() : std::move(bytes);
  }

  void check(int result) const {
    if (result < ARCHIVE_WARN)
      throw std::runtime_error(std::string("libarchive: ") + libarchive().archive_error_string(handle));
  }

  void add(const StoredEntry& stored) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(libarchive().archive_entry_new(),
                                                                         libarchive().archive_entry_free);
    libarchive().archive_entry_set_pathname(entry.get(), stored.name.c_str());
    libarchive().archive_entry_set_filetype(entry.get(), stored.type);
    libarchive().archive_entry_set_perm(entry.get(), static_cast<mode_t>(stored.mode));
    libarchive().archive_entry_set_mtime(entry.get(), 0, 0);
    if (stored.type == AE_IFLNK) libarchive().archive_entry_set_symlink(entry.get(), stored.content.c_str());
    const bool has_data = stored.type == AE_IFREG;
    libarchive().archive_entry_set_size(entry.get(), has_data ? static_cast<la_int64_t>(stored.content.size()) : 0);
    check(libarchive().archive_write_header(handle, entry.get()));
    if (has_data && libarchive().archive_write_data(handle, stored.content.data(), stored.content.size()) < 0)
      check(ARCHIVE_FATAL);
  }

  std::string bytes;
  std::optional<ZstdCompressor> compressor;
  archive* handle;
};

/// Many attributes are the same on all functions: each digest stands there once.
Json digests_of(const std::vector<StoredEntry>& entries) {
  std::map<Digest, Json> names;
  for (const auto& entry : entries)
    if (entry.type == AE_IFREG) names.try_emplace(sha256(entry.content), Json::array()).first->second.push_back(entry.name);
  Json::object_t digests;
  // Not through the object: it would look for each of thousands of keys among all before it.
  for (auto& [digest, in] : names)
    static_cast<Json::object_t::Container&>(digests).emplace_back(to_text(digest), std::move(in));
  return digests;
}

/// All links together: a target lies in the head of its entry, and one digest each would make archives twice as large.
std::string digest_of_links(const std::vector<StoredEntry>& entries) {
  std::map<std::string_view, std::string_view> targets;
  for (const auto& entry : entries)
    if (entry.type == AE_IFLNK) targets[entry.name] = entry.content;
  return archive_layout::digest_of_links(targets);
}

}  // namespace

std::string write_archive(const RecordedNodes& nodes, const SnapshotNotes& notes, Compression compression) {
  ArchiveLayout layout(nodes);
  Json manifest;
  manifest["format"] = archive_layout::format_name;
  manifest["tool"] = notes.tool_version;
  manifest["redacted"] = nullptr;
  if (notes.redacted) manifest["redacted"] = notes.redactions;
  manifest["listed"] = std::move(layout.listed);
  manifest["absent"] = layout.absent();
  manifest["nodes"] = std::move(layout.manifest_nodes);
  manifest["digest_of_links"] = digest_of_links(layout.entries);
  manifest["digests"] = digests_of(layout.entries);
  const auto text = manifest.dump(1) + "\n";
  Writer writer(compression);
  writer.add({std::string(archive_layout::own_directory), AE_IFDIR, 0755, {}});
  writer.add({std::string(archive_layout::manifest_name), AE_IFREG, 0644, text});
  writer.add({std::string(archive_layout::manifest_digest_name), AE_IFREG, 0644, to_text(sha256(text)) + "  manifest.json\n"});
  for (const auto& entry : layout.entries) writer.add(entry);
  return writer.finish();
}

}  // namespace vfio_doctor
