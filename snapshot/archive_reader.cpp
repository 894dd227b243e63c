// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <unordered_set>

#include "base/archive/libarchive.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"
#include "machine/escape.hpp"
#include "machine/format_1.hpp"
#include "machine/root.hpp"
#include "snapshot/archive.hpp"
#include "snapshot/archive_layout.hpp"
#include "snapshot/compression.hpp"
#include "snapshot/digest.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;
using nlohmann::json;
constexpr std::size_t free_unpacked_bytes = 32u << 20;  // below this nobody is harmed, whatever the ratio
constexpr std::size_t most_path_bytes = 64u << 20;      // all paths together
constexpr std::size_t most_levels = 100;
constexpr int most_manifest_levels = 8;

class ArchiveReader {
 public:
  ArchiveReader(std::string_view bytes, const std::string& name)
      : bytes_(bytes), name_(name), handle_(libarchive().archive_read_new()) {
    // Only what a snapshot can be: libarchive knows many more formats, each with a history of its own.
    libarchive().archive_read_support_format_tar(handle_);
  }
  ~ArchiveReader() { libarchive().archive_read_free(handle_); }
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  RecordedNodes read() {
    try {
      unpacked_ = Decompressor::open(bytes_);
    } catch (const std::runtime_error& error) {
      fail(std::string("not a readable archive: ") + error.what());
    }
    if (libarchive().archive_read_open(handle_, this, nullptr, next_piece, nullptr) != ARCHIVE_OK) fail_as_library();
    archive_entry* entry = nullptr;
    for (std::size_t count = 0;; ++count) {
      const int result = libarchive().archive_read_next_header(handle_, &entry);
      if (result == ARCHIVE_EOF) break;
      if (result != ARCHIVE_OK) fail_as_library();
      if (count == most_archive_entries) fail("more than " + std::to_string(most_archive_entries) + " entries");
      take(entry);
    }
    const void* rest = nullptr;
    while (next_piece(handle_, this, &rest) > 0) continue;  // the checksum comes behind the last entry
    if (!failure_.empty()) fail_as_library();
    apply_manifest();
    check_tree();
    return std::move(nodes_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError(name_ + ": " + what); }
  [[noreturn]] void fail_as_library() const {
    if (is_too_large_) fail(failure_);
    const char* why = failure_.empty() ? libarchive().archive_error_string(handle_) : failure_.c_str();
    fail("not a readable archive: " + std::string(why ? why : "unknown error"));
  }
  [[noreturn]] void fail_in_manifest(const std::string& what) const {
    fail(std::string(archive_layout::manifest_name) + ": " + what);
  }

  /// What libarchive calls for more; nothing may be thrown through it.
  static la_ssize_t next_piece(archive* handle, void* self, const void** data) {
    auto* reader = static_cast<ArchiveReader*>(self);
    try {
      const auto piece = reader->unpacked_->next();
      reader->unpacked_bytes_ += piece.size();
      reader->check_unpacked();
      *data = piece.data();
      if (reader->failure_.empty()) return static_cast<la_ssize_t>(piece.size());
    } catch (const std::exception& error) {
      reader->failure_ = error.what();
    }
    libarchive().archive_set_error(handle, EINVAL, "%s", reader->failure_.c_str());
    return -1;
  }

  void check_unpacked() {
    if (unpacked_bytes_ > most_archive_bytes)
      failure_ = "unpacks to more than " + std::to_string(most_archive_bytes >> 20) + " MiB";
    if (unpacked_bytes_ > free_unpacked_bytes && unpacked_bytes_ / most_archive_ratio > bytes_.size())
      failure_ = "unpacks to more than " + std::to_string(most_archive_ratio) + " times its size";
    is_too_large_ = !failure_.empty();
  }

  /// "./sys/x/" -> "/sys/x"; refuses every name that is not simply a place inside the tree.
  std::string clean_path(const archive_entry* entry) const {
    const char* raw = libarchive().archive_entry_pathname(const_cast<archive_entry*>(entry));
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
    if (libarchive().archive_entry_hardlink(entry)) fail(shown + " is a hard link; a snapshot has none");
    const auto type = libarchive().archive_entry_filetype(entry);
    if (type == AE_IFDIR) return put(path, {Kind::directory, {}});
    if (path == "/") fail("the top of the tree is no directory");
    if (type == AE_IFLNK) {
      const char* target = libarchive().archive_entry_symlink(entry);
      if (!target || std::string_view(target).size() > 5000) fail(shown + " is a link without a readable target");
      return put(path, {Kind::link, target});
    }
    if (type == AE_IFIFO) return put(path, {Kind::special, {}});
    if (type != AE_IFREG) fail(shown + " is neither file, directory nor link");
    if (libarchive().archive_entry_sparse_count(entry) > 0) fail(shown + " is a sparse file; a snapshot has none");
    put(path, {Kind::file, content_of(entry, shown)});
  }

  std::string content_of(archive_entry* entry, const std::string& shown) {
    const auto size = libarchive().archive_entry_size(entry);
    if (size < 0 || static_cast<std::size_t>(size) > most_archive_bytes - total_) fail(shown + " is too large");
    std::string content;
    char buffer[16384];
    for (;;) {
      const auto got = libarchive().archive_read_data(handle_, buffer, sizeof buffer);
      if (got < 0) fail_as_library();
      if (got == 0) break;
      content.append(buffer, static_cast<std::size_t>(got));
      if (content.size() > static_cast<std::size_t>(size)) fail(shown + " is longer than it says");
    }
    if (content.size() != static_cast<std::size_t>(size)) fail(shown + " is cut short");
    total_ += content.size();
    return content;
  }

  void put(const std::string& path, RecordedNode node) {
    if (static_cast<std::size_t>(std::ranges::count(path, '/')) > most_levels) fail("directories are nested too deeply");
    path_bytes_ += path.size();
    if (path_bytes_ > most_path_bytes) fail("the names are too long");
    if (nodes_.size() > most_archive_entries) fail("more than " + std::to_string(most_archive_entries) + " nodes");
    const auto kind = node.kind;
    const auto [slot, is_new] = nodes_.try_emplace(path, std::move(node));
    if (!is_new && (kind != Kind::directory || slot->second.kind != Kind::directory))
      fail("'" + path.substr(0, 80) + "' is there twice");
  }

  void apply_manifest() {
    const auto found = nodes_.find("/" + std::string(archive_layout::manifest_name));
    if (found == nodes_.end() || found->second.kind != Kind::file)
      fail("no snapshot: it holds no " + std::string(archive_layout::manifest_name));
    const auto text = std::move(found->second.content);
    found->second.kind = Kind::directory;  // nothing that needs a digest or may be named as stored
    const bool has_digests = check_digests(text);
    apply_lists(text, has_digests);
    const auto own = own_directory();
    std::erase_if(nodes_, [&own](const auto& node) { return node.first == own || node.first.starts_with(own + "/"); });
    if (has_digests) return;
    mark_listed_by_format_1(nodes_);
    nodes_[Root::recorder_path] = {Kind::file, escape_reason(tool_.substr(0, 40)) + " (format 1)\n"};
  }

  static std::string own_directory() { return "/" + std::string(archive_layout::own_directory); }

  /// Parses the manifest and drops each value for which `take(list, key, depth, value)` is true: `list` is the member at
  /// the top that holds it, `key` the one below that. What a stranger's manifest holds never lies in memory as a whole.
  template <class Take>
  json parse_manifest(const std::string& text, const Take& take) const {
    std::string list, key;
    const auto keep = [&](int depth, json::parse_event_t event, json& value) {
      using Event = json::parse_event_t;
      if (depth > most_manifest_levels) fail_in_manifest("not JSON of the known form: it is nested too deeply");
      if (event == Event::key && depth <= 2) (depth == 1 ? list : key) = value.template get<std::string>();
      const bool whole = event == Event::value || event == Event::object_end;
      return !(whole && depth >= 2 && take(list, key, depth, value));
    };
    auto manifest = json::parse(text, keep, false);
    if (manifest.is_discarded() || !manifest.is_object()) fail_in_manifest("not JSON");
    return manifest;
  }

  /// What the manifest says about itself, and that every entry is what was written. False for format 1, which has no digests.
  bool check_digests(const std::string& text) {
    std::unordered_set<std::string_view> checked;
    std::string damaged;
    const auto manifest =
        parse_manifest(text, [&](const std::string& list, const std::string& digest, int depth, const json& value) {
          if (list == "digests" && depth == 3 && value.is_string()) {
            const auto entry = nodes_.find("/" + value.get_ref<const std::string&>());
            const bool is_right = entry != nodes_.end() && entry->second.kind == Kind::file &&
                                  to_text(sha256(entry->second.content)) == digest && checked.insert(entry->first).second;
            if (!is_right && damaged.empty()) damaged = "/" + value.get_ref<const std::string&>();
          }
          return list == "digests" || list == "nodes" || list == "listed" || list == "absent";
        });
    const auto format = manifest.find("format");
    const bool is_first = format != manifest.end() && *format == archive_layout::first_format_name;
    if (!is_first && (format == manifest.end() || *format != archive_layout::format_name))
      fail_in_manifest("the format is not \"" + std::string(archive_layout::format_name) + "\"; a newer program may read it");
    tool_ = text_member(manifest, "tool");
    if (is_first) return false;
    const auto own = nodes_.find("/" + std::string(archive_layout::manifest_digest_name));
    if (own == nodes_.end() || !own->second.content.starts_with(to_text(sha256(text)) + " "))
      fail(std::string(archive_layout::manifest_name) + " is damaged: its digest is another");
    own->second.kind = Kind::directory;
    std::map<std::string_view, std::string_view> links;
    for (const auto& [path, node] : nodes_) {
      if (damaged.empty() && node.kind == Kind::file && !checked.contains(path)) damaged = path;
      if (node.kind == Kind::link) links[std::string_view(path).substr(1)] = node.content;
    }
    if (!damaged.empty())
      fail("'" + escape_path(damaged.substr(1, 80)) + "' is damaged: its digest is not the one in the manifest");
    if (text_member(manifest, "digest_of_links") != archive_layout::digest_of_links(links))
      fail("a link is damaged, missing or was added: the digest of all links is not the one in the manifest");
    return true;
  }

  void apply_lists(const std::string& text, bool knows_absent) {
    std::unordered_set<std::string_view> named;
    const auto manifest = parse_manifest(text, [&](const std::string& list, const std::string&, int depth, const json& value) {
      if (depth == 2 && list == "nodes") apply_node(value, named);
      if (depth == 2 && list == "listed" && knows_absent) apply_listed(value);
      if (depth == 2 && list == "absent" && knows_absent) apply_absent(value);
      return depth == 2 || list == "digests";
    });
    const auto require_list = [&](const char* list) {
      if (!manifest.contains(list) || !manifest[list].is_array()) fail_in_manifest("\"" + std::string(list) + "\" is no list");
    };
    require_list("nodes");
    if (!knows_absent) return;
    require_list("listed");
    require_list("absent");
  }

  std::string clean(const std::string& path) const {
    const auto own = own_directory();
    if (path.empty() || path != join_path("/", path) || path.find('\0') != path.npos)
      fail_in_manifest("a node has no clean path");
    if (path == own || path.starts_with(own + "/")) fail_in_manifest("a node lies in the archive's own directory");
    return path;
  }

  void apply_node(const json& note, std::unordered_set<std::string_view>& named) {
    const auto path = clean(text_member(note, "path"));
    if (named.contains(path)) fail_in_manifest("'" + escape_path(path.substr(0, 80)) + "' is there twice");
    auto node = noted_node(note);
    if (!node) fail_in_manifest("the node '" + escape_path(path.substr(0, 80)) + "' is of no known kind");
    nodes_.erase(path);
    put(path, std::move(*node));
    named.insert(nodes_.find(path)->first);
  }

  void apply_listed(const json& value) {
    const auto path = clean(value.is_string() ? unescape(value.get_ref<const std::string&>()) : std::string());
    const auto found = nodes_.find(path);
    if (found == nodes_.end()) return put(path, {Kind::listed, {}});
    if (found->second.kind != Kind::directory)
      fail_in_manifest("'" + escape_path(path.substr(0, 80)) + "' is listed and no directory");
    found->second.kind = Kind::listed;
  }

  void apply_absent(const json& value) {
    const bool is_whole = value.is_object() && value.contains("names") && value["names"].is_array() && value.contains("in") &&
                          value["in"].is_array();
    if (!is_whole) fail_in_manifest("\"absent\" holds something else than names and directories");
    for (const auto& directory : value["in"])
      for (const auto& name : value["names"]) {
        if (!directory.is_string() || !name.is_string()) fail_in_manifest("a node has no clean path");
        const auto above = unescape(directory.get_ref<const std::string&>());
        put(clean((above == "/" ? "" : above) + "/" + unescape(name.get_ref<const std::string&>())), {Kind::absent, {}});
      }
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
      case Kind::link:
        return RecordedNode{*kind, text_member(note, "target")};
      case Kind::unreadable:
      case Kind::closed:
      case Kind::hidden:
        return RecordedNode{*kind, text_member(note, "why")};
      default:
        return RecordedNode{*kind, {}};
    }
  }

  /// Entries cannot lie below a file or a link. (Something unreadable may have been a directory.)
  void check_tree() const {
    std::set<std::string_view> checked;
    for (const auto& [path, node] : nodes_) {
      if (node.kind == Kind::absent) continue;  // also below a file nothing is there
      for (auto end = path.rfind('/'); end != std::string::npos && end > 0; end = path.rfind('/', end - 1)) {
        const auto above = std::string_view(path).substr(0, end);
        if (!checked.insert(above).second) break;
        if (checked.size() > most_archive_entries) fail("too many directories");
        const auto found = nodes_.find(std::string(above));
        if (found == nodes_.end()) continue;
        const auto kind = found->second.kind;
        if (kind == Kind::file || kind == Kind::link || kind == Kind::seen || kind == Kind::special || kind == Kind::absent)
          fail("'" + escape_path(path.substr(0, 80)) + "' lies below something that is no directory");
      }
    }
  }

  std::string_view bytes_;
  const std::string& name_;
  archive* handle_;
  std::unique_ptr<Decompressor> unpacked_;
  std::size_t unpacked_bytes_ = 0;
  std::string failure_;  ///< what next_piece() could not throw
  bool is_too_large_ = false;
  RecordedNodes nodes_;
  std::string tool_;
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
