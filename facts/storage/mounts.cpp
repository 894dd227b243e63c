// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/storage/mounts.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

std::optional<Mount> parse_mount(std::string_view line) {
  const auto words = split_words(line);
  // ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [OPTIONAL...] - TYPE SOURCE SUPER-OPTIONS
  const auto dash = words.size() > 6 ? std::find(words.begin() + 6, words.end(), "-") : words.end();
  const auto after = words.end() - dash;
  if (dash == words.end() || after < 2) return std::nullopt;
  const auto numbers = split(words[2], ':');
  if (numbers.size() != 2 || !parse_unsigned(numbers[0]) || !parse_unsigned(numbers[1])) return std::nullopt;
  Mount mount;
  mount.device = words[2];
  mount.root = unescape_octal(words[3]);
  mount.point = unescape_octal(words[4]);
  mount.type = unescape_octal(dash[1]);
  // A mount without a source name leaves two blanks there: then the options come next.
  mount.source = after > 3 ? unescape_octal(dash[2]) : "";
  mount.own_options = after > 2 ? std::string(dash[after > 3 ? 3 : 2]) : "";
  if (!mount.point.starts_with('/')) return std::nullopt;
  return mount;
}

/// "/a/b" lies in "/a" and in "/", not in "/a/bc" or "/aa".
bool lies_in(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.starts_with('/');
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

MountTable parse_mounts(std::string_view text, const std::string& source) {
  MountTable table;
  table.source = source;
  std::size_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (trim(line).empty()) continue;
    if (auto mount = parse_mount(line))
      table.mounts.push_back(std::move(*mount));
    else if (table.problem.empty())
      table.problem = "line " + std::to_string(number) + " of " + source + " could not be understood";
  }
  if (table.problem.empty() && !table.holding("/")) table.problem = source + " names no root file system";
  return table;
}

std::string unescape_octal(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_digit = [&](std::size_t at, char most) { return text[at] >= '0' && text[at] <= most; };
    if (text[i] == '\\' && i + 3 < text.size() && is_digit(i + 1, '3') && is_digit(i + 2, '7') && is_digit(i + 3, '7')) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::vector<std::string> Mount::options(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto option : split(own_options, ',')) {  // a comma inside a value is written \054
    const auto equals = option.find('=');
    if (equals != option.npos && option.substr(0, equals) == name) values.push_back(unescape_octal(option.substr(equals + 1)));
  }
  return values;
}

const Mount* MountTable::holding(const std::string& path) const {
  const Mount* best = nullptr;
  for (const auto& mount : mounts)
    if (lies_in(path, mount.point) && (!best || mount.point.size() >= best->point.size())) best = &mount;
  return best;
}

Observed<MountTable> read_mounts(const Root& root) {
  std::string why;
  // A program in a mount namespace of its own (a sandbox, a service) sees other mounts than the host.
  for (const std::string path : {"/proc/1/mountinfo", "/proc/self/mountinfo"}) {
    const auto text = root.read(path, most_mount_bytes);
    if (text.has_value() && !trim(text.value()).empty()) return parse_mounts(text.value(), path);
    if (why.empty() || text.is_unreadable())
      why = path + " is " + (text.has_value() ? "empty" : text.is_absent() ? "absent" : "unreadable: " + text.why());
  }
  return Observed<MountTable>::unreadable(why);
}

Observed<std::vector<std::string>> read_swaps(const Root& root) {
  const auto text = root.read("/proc/swaps");
  if (!text.has_value()) return Observed<std::vector<std::string>>::like(text);
  if (!text->starts_with("Filename"))
    return Observed<std::vector<std::string>>::unreadable("it has no heading: it is masked or cut off");
  std::vector<std::string> names;
  for (const auto line : split_lines(text.value())) {
    const auto words = split_words(line);
    if (!words.empty() && words[0] != "Filename") names.push_back(unescape_octal(words[0]));
  }
  return names;
}

std::vector<FstabEntry> read_fstab(const Root& root) {
  std::vector<FstabEntry> entries;
  const auto text = root.read("/etc/fstab");
  if (!text.has_value()) return entries;
  for (const auto line : split_lines(text.value())) {
    const auto words = split_words(line);
    if (words.size() < 3 || words[0].starts_with('#')) continue;
    std::string device = unescape_octal(words[0]);
    std::erase(device, '"');  // UUID="..." is accepted by mount(8)
    entries.push_back({device, unescape_octal(words[1]), std::string(words[2])});
  }
  return entries;
}

bool is_pseudo_file_system(std::string_view type) {
  static constexpr auto types = std::to_array<std::string_view>(
      {"anon_inodefs", "autofs",  "bdev",        "binder",      "binfmt_misc", "bpf",       "cgroup",  "cgroup2", "configfs",
       "cpuset",       "dax",     "debugfs",     "devfs",       "devpts",      "devtmpfs",  "dmabuf",  "drm",     "efivarfs",
       "functionfs",   "fusectl", "gadgetfs",    "guest_memfd", "hugetlbfs",   "ipathfs",   "mqueue",  "nfsd",    "none",
       "nsfs",         "nullfs",  "ocfs2_dlmfs", "openpromfs",  "pidfs",       "pipefs",    "proc",    "pstore",  "ramfs",
       "resctrl",      "rootfs",  "rpc_pipefs",  "secretmem",   "securityfs",  "selinuxfs", "smackfs", "sockfs",  "spufs",
       "sysfs",        "tmpfs",   "tracefs",     "usbfs",       "usbdevfs",    "virtual",   "xenfs"});
  return std::ranges::find(types, type) != types.end();
}

}  // namespace vfio_doctor
