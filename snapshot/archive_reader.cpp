// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "base/bounded_json.hpp"
#include "machine/escape.hpp"
#include "machine/root.hpp"
#include "snapshot/archive.hpp"
#include "snapshot/archive_layout.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;
using nlohmann::json;
constexpr std::size_t free_unpacked_bytes = 32u << 20;  // below this nobody is harmed, whatever the ratio
constexpr std::size_t most_path_bytes = 64u << 20;      // all paths together
constexpr std::size_t most_levels = 100;
constexpr std::size_t values_per_node = 8;               // JSON values: itself, path, kind, and what it points to

class ArchiveReader {
 public:
  ArchiveReader(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name), handle_(archive_read_new()) {
    // Only what a snapshot can be: libarchive knows many more formats, each with a history of its own.
    archive_read_support_format_tar(handle_);
    archive_read_support_filter_zstd(handle_);
    archive_read_support_filter_gzip(handle_);
  }
  ~ArchiveReader() { archive_read_free(handle_); }
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  RecordedNodes read() {
    if (archive_read_open_memory(handle_, bytes_.data(), bytes_.size()) != ARCHIVE_OK) fail_as_library();
    if (archive_filter_count(handle_) > 2) fail("compressed more than once");
    archive_entry* entry = nullptr;
    for (std::size_t count = 0;; ++count) {
      const int result = archive_read_next_header(handle_, &entry);
      check_unpacked();
      if (result == ARCHIVE_EOF) break;
      if (result != ARCHIVE_OK) fail_as_library();
      if (count == most_archive_entries) fail("more than " + std::to_string(most_archive_entries) + " entries");
      take(entry);
    }
    apply_manifest();
    check_tree();
    return std::move(nodes_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError(name_ + ": " + what); }
  [[noreturn]] void fail_as_library() const {
    const char* why = archive_error_string(handle_);
    fail("not a readable archive: " + std::string(why ? why : "unknown error"));
  }

  void check_unpacked() const {
    const auto unpacked = static_cast<std::size_t>(std::max<la_int64_t>(0, archive_filter_bytes(handle_, 0)));
    if (unpacked > most_archive_bytes) fail("unpacks to more than " + std::to_string(most_archive_bytes >> 20) + " MiB");
    if (unpacked > free_unpacked_bytes && unpacked / most_archive_ratio > bytes_.size())
      fail("unpacks to more than " + std::to_string(most_archive_ratio) + " times its size");
  }

  /// "./sys/x/" -> "/sys/x"; refuses every name that is not simply a place inside the tree.
  std::string clean_path(const archive_entry* entry) const {
    const char* raw = archive_entry_pathname(const_cast<archive_entry*>(entry));
    if (!raw) fail("an entry has no readable name");
    std::string_view path(raw);
    if (path.size() > 5000) fail("an entry's name is too long");
    while (path.starts_with("./")) path.remove_prefix(2);
    if (path == ".") path = "";
    while (path.ends_with('/') && path.size() > 1) path.remove_suffix(1);
    if (path.empty()) return "/";
    const auto absolute = "/" + std::string(path);
    if (path.starts_with('/') || !archive_layout::is_plain_path(absolute))
      fail("the name of an entry leads out of the tree or is not plain: '" + escape_path(path.substr(0, 80)) + "'");
    return absolute;
  }

  void take(archive_entry* entry) {
    const auto path = clean_path(entry);
    const auto shown = "'" + path.substr(0, 80) + "'";
    if (archive_entry_hardlink(entry)) fail(shown + " is a hard link; a snapshot has none");
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFDIR) return put(path, {Kind::directory, {}});
    if (path == "/") fail("the top of the tree is no directory");
    if (type == AE_IFLNK) {
      const char* target = archive_entry_symlink(entry);
      if (!target || std::string_view(target).size() > 5000) fail(shown + " is a link without a readable target");
      return put(path, {Kind::link, target});
    }
    if (type == AE_IFIFO) return put(path, {Kind::special, {}});
    if (type != AE_IFREG) fail(shown + " is neither file, directory nor link");
    if (archive_entry_sparse_count(entry) > 0) fail(shown + " is a sparse file; a snapshot has none");
    put(path, {Kind::file, content_of(entry, shown)});
  }

  std::string content_of(archive_entry* entry, const std::string& shown) {
    const auto size = archive_entry_size(entry);
    if (size < 0 || static_cast<std::size_t>(size) > most_archive_bytes - total_) fail(shown + " is too large");
    std::string content;
    char buffer[16384];
    for (;;) {
      const auto got = archive_read_data(handle_, buffer, sizeof buffer);
      if (got < 0) fail_as_library();
      if (got == 0) break;
      content.append(buffer, static_cast<std::size_t>(got));
      if (content.size() > static_cast<std::size_t>(size)) fail(shown + " is longer than it says");
      check_unpacked();
    }
    if (content.size() != static_cast<std::size_t>(size)) fail(shown + " is cut short");
    total_ += content.size();
    return content;
  }

  void put(const std::string& path, RecordedNode node) {
    if (static_cast<std::size_t>(std::ranges::count(path, '/')) > most_levels) fail("directories are nested too deeply");
    path_bytes_ += path.size();
    if (path_bytes_ > most_path_bytes) fail("the names are too long");
    const auto kind = node.kind;
    const auto [slot, is_new] = nodes_.try_emplace(path, std::move(node));
    if (!is_new && (kind != Kind::directory || slot->second.kind != Kind::directory))
      fail("'" + path.substr(0, 80) + "' is there twice");
  }

  void apply_manifest() {
    const auto own = "/" + std::string(archive_layout::own_directory);
    const auto found = nodes_.find("/" + std::string(archive_layout::manifest_name));
    if (found == nodes_.end() || found->second.kind != Kind::file)
      fail("no snapshot: it holds no " + std::string(archive_layout::manifest_name));
    const auto wrong = [this](const std::string& what) {
      fail(std::string(archive_layout::manifest_name) + ": " + what);
    };
    json manifest;
    try {
      manifest = parse_bounded_json(found->second.content, {.most_values = values_per_node * most_archive_entries});
    } catch (const JsonError& problem) {
      wrong("not JSON" + problem.why());
    }
    if (!manifest.is_object()) wrong("not JSON");
    if (!manifest.contains("format") || manifest["format"] != archive_layout::format_name)
      wrong("the format is not \"" + std::string(archive_layout::format_name) + "\"; a newer program may read it");
    if (!manifest.contains("nodes") || !manifest["nodes"].is_array()) wrong("\"nodes\" is no list");
    if (manifest["nodes"].size() > most_archive_entries) wrong("too many nodes");
    std::set<std::string> named;
    for (const auto& note : manifest["nodes"]) {
      const auto path = text_member(note, "path");
      if (path.empty() || path != join_path("/", path) || path.find('\0') != path.npos) wrong("a node has no clean path");
      if (!named.insert(path).second) wrong("'" + escape_path(path.substr(0, 80)) + "' is there twice");
      if (path == own || path.starts_with(own + "/")) wrong("a node lies in the archive's own directory");
      auto node = noted_node(note);
      if (!node) wrong("the node '" + escape_path(path.substr(0, 80)) + "' is of no known kind");
      nodes_.erase(path);
      put(path, std::move(*node));
    }
    std::erase_if(nodes_, [&own](const auto& node) { return node.first == own || node.first.starts_with(own + "/"); });
  }

  /// The unescaped text of a member; empty where it is no text.
  static std::string text_member(const json& note, const char* key) {
    const auto member = note.is_object() ? note.find(key) : note.end();
    return member != note.end() && member->is_string() ? unescape(member->get_ref<const std::string&>()) : std::string();
  }

  std::optional<RecordedNode> noted_node(const json& note) {
    const auto kind = archive_layout::parse_kind(text_member(note, "kind"));
    if (!kind) return std::nullopt;
    switch (*kind) {
      case Kind::file: {
        const auto stored = nodes_.find("/" + text_member(note, "stored"));
        if (stored == nodes_.end() || stored->second.kind != Kind::file) return std::nullopt;
        RecordedNode node = std::move(stored->second);
        stored->second.kind = Kind::seen;  // a second use would be a copy, and copies could fill the memory
        return node;
      }
      case Kind::link: return RecordedNode{*kind, text_member(note, "target")};
      case Kind::unreadable:
      case Kind::closed:
      case Kind::hidden: return RecordedNode{*kind, text_member(note, "why")};
      default: return RecordedNode{*kind, {}};
    }
  }

  /// Entries cannot lie below a file or a link. (Something unreadable may have been a directory.)
  void check_tree() const {
    std::set<std::string_view> checked;
    for (const auto& [path, node] : nodes_) {
      for (auto end = path.rfind('/'); end != std::string::npos && end > 0; end = path.rfind('/', end - 1)) {
        const auto above = std::string_view(path).substr(0, end);
        if (!checked.insert(above).second) break;
        if (checked.size() > most_archive_entries) fail("too many directories");
        const auto found = nodes_.find(std::string(above));
        if (found == nodes_.end()) continue;
        const auto kind = found->second.kind;
        if (kind == Kind::file || kind == Kind::link || kind == Kind::seen || kind == Kind::special)
          fail("'" + escape_path(path.substr(0, 80)) + "' lies below something that is no directory");
      }
    }
  }

  std::string_view bytes_;
  const std::string& name_;
  archive* handle_;
  RecordedNodes nodes_;
  std::size_t total_ = 0, path_bytes_ = 0;
};

}  // namespace

bool is_archive(std::string_view bytes) {
  using namespace std::string_view_literals;
  return bytes.starts_with("\x28\xb5\x2f\xfd"sv) || bytes.starts_with("\x1f\x8b"sv) ||
         (bytes.size() > 262 && bytes.substr(257, 5) == "ustar");
}

RecordedNodes read_archive(std::string_view bytes, const std::string& name) { return ArchiveReader(bytes, name).read(); }

}  // namespace vfio_doctor
