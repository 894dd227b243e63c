// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"

namespace vfio_doctor {

enum class NodeKind { file, directory, link, other };

/// Who may open a node, as stat(2) tells it.
struct NodeRights {
  unsigned mode = 0;  ///< the bits that chmod(1) sets: 0660
  unsigned owner = 0, group = 0;
  bool operator==(const NodeRights&) const = default;
};

/// A file's bytes, a piece at each call; empty at the end. A piece is good until the next call.
using FilePieces = std::function<Observed<std::string_view>()>;

/// Everything this program knows about a machine comes through one Root: the live machine, a
/// directory that looks like `/`, a recorded machine or a snapshot. Paths are absolute inside the
/// root ("/sys/bus/pci/devices"); neither symbolic links nor ".." lead out of it. All reads are bounded and
/// never block: what is not a regular file is not opened for its content. Nothing is ever written.
/// Implementations are safe to call from several threads.
class Root {
 public:
  static constexpr std::size_t default_limit = 1 << 20;
  static constexpr std::size_t most_entries = 200'000;
  /// Where a recorded machine keeps the kernel log; see kernel_log().
  static constexpr const char* kernel_log_path = "/run/vfio-doctor/kernel.log";
  /// The same for the routes; see routes().
  static constexpr const char* routes_path = "/run/vfio-doctor/routes";
  static constexpr std::size_t most_route_bytes = 32 << 20;
  /// Where a recorded machine keeps the name of what recorded it: "0.1.0 (format 2)".
  static constexpr const char* recorder_path = "/run/vfio-doctor/recorder";

  virtual ~Root() = default;

  /// The bytes of a regular file. Absent where nothing is there; unreadable (never cut short) where it is
  /// larger than `limit`, no regular file, or may not be read.
  virtual Observed<std::string> read(const std::string& path, std::size_t limit = default_limit) const = 0;
  /// At most the first `length` bytes of a regular file: PCI configuration space, whose size depends on who reads.
  virtual Observed<std::string> read_head(const std::string& path, std::size_t length) const = 0;
  /// A regular file that is too large to be held, from one opening of it. Recordings hold none: unreadable there.
  virtual Observed<FilePieces> open(const std::string& path) const;
  /// Mode and owners of a character device. Unreadable where it is something else, and in recordings.
  virtual Observed<NodeRights> rights(const std::string& path) const;
  /// The names in a directory, sorted; without "." and "..".
  virtual Observed<std::vector<std::string>> list(const std::string& path) const = 0;
  /// The target text of the symbolic link that `path` itself is; absent where there is nothing or no link.
  virtual Observed<std::string> read_link(const std::string& path) const = 0;
  /// What `path` leads to, links followed.
  virtual Observed<NodeKind> kind(const std::string& path) const = 0;
  /// The kernel's log of this boot, one message per line; best effort, never decisive.
  virtual Observed<std::string> kernel_log() const;
  /// The kernel's routes of every table, one line per next hop:
  /// "unicast|local ADDRESS/LENGTH dev NAME table NUMBER metric NUMBER [gateway]". Absent where they were not recorded.
  virtual Observed<std::string> routes() const;
  /// Where answers are recorded: the root that is asked, so that a search through much that is no fact leaves no trace.
  virtual const Root& beneath() const { return *this; }
  /// True where the facts are of the machine this program runs on, now.
  virtual bool is_live() const { return false; }

  /// `path` with every symbolic link and ".." resolved inside the root. Absent where it leads nowhere.
  virtual Observed<std::string> canonical(const std::string& path) const;
  bool exists(const std::string& path) const { return kind(path).has_value(); }
  /// read(), without white space at both ends: the shape of most sysfs attributes.
  Observed<std::string> read_line(const std::string& path) const;
};

/// `path` with all links and ".." resolved, as text. `link_at` answers for a path whose directory part is
/// already resolved: the link's target, or absent where it is no link.
Observed<std::string> resolve_links(const std::string& path,
                                    const std::function<Observed<std::string>(const std::string&)>& link_at);
/// "/a/b" and "../c/./d" -> "/a/c/d": joins a link's target to the directory that holds the link, as text.
std::string join_path(const std::string& directory, const std::string& relative);
/// The last component of a path: "/a/b" -> "b".
std::string base_name(const std::string& path);
/// All but the last component: "/a/b" -> "/a".
std::string parent_path(const std::string& path);

}  // namespace vfio_doctor
