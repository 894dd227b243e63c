// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/mount_redaction.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "facts/network/routes.hpp"
#include "snapshot/line_changes.hpp"

namespace vfio_doctor {
namespace {

using View = std::string_view;

bool is_remote(View type) {
  static constexpr auto types =
      std::to_array<View>({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "glusterfs", "9p", "lustre", "davfs",
                           "beegfs", "gpfs", "orangefs", "ncpfs", "coda", "virtiofs"});
  return type.starts_with("fuse") || std::ranges::find(types, type) != types.end();
}

/// Options whose values are numbers, words, paths or addresses that the word list and the address rules can judge.
bool has_known_value(View key) {
  // clang-format off
  static constexpr auto keys = std::to_array<View>(
      {"addr", "mountaddr", "clientaddr", "ip", "mon_addr", "lowerdir", "lowerdir+", "datadir+", "upperdir", "workdir", "subvol", "subvolid", "logdev",
       "rtdev", "size", "mode", "uid", "gid", "vers", "proto", "mountproto", "mountport", "mountvers", "port", "rsize", "wsize", "timeo", "retrans",
       "sec", "trans", "msize", "fd", "pgrp", "timeout", "minproto", "maxproto", "direct", "pipe_ino", "compress", "codepage", "iocharset", "shortname",
       "errors", "fmask", "dmask", "umask", "data", "commit", "stripe", "logbufs", "logbsize", "nr_inodes", "user_id", "group_id", "blksize", "max_read",
       "redirect_dir", "index", "metacopy", "xino", "space_cache", "x-systemd.automount", "x-systemd.device-timeout", "pri", "barrier", "ptmxmode"});
  // clang-format on
  return std::ranges::find(keys, key) != keys.end();
}

class MountRedactor {
 public:
  MountRedactor(const TextRedactor& words, const ArgumentRedactor& values, Pseudonyms& pseudonyms)
      : words_(words), values_(values), pseudonyms_(pseudonyms) {}

  std::string line(View line) const {
    const auto words = split_words(line);
    if (words.empty()) return std::string(line);
    if (words[0].starts_with('#')) return "#";
    const auto dash = std::ranges::find(words, View("-"));
    const auto after = words.end() - dash;
    Fields fields{.line = line, .words = words, .type = words.size(), .source = words.size(), .options = words.size()};
    if (words.size() > 6 && after >= 2) {  // ID PARENT MAJOR:MINOR ROOT POINT OPTIONS ... - TYPE [SOURCE] OPTIONS
      fields.type = static_cast<std::size_t>(dash - words.begin()) + 1;
      if (after > 3) fields.source = fields.type + 1;
      if (after > 2) fields.options = fields.type + (after > 3 ? 2 : 1);
    } else if (words.size() >= 3) {  // SOURCE POINT TYPE OPTIONS ...
      fields = {.line = line, .words = words, .type = 2, .source = 0, .options = 3};
    }
    return changed(fields);
  }

 private:
  struct Fields {
    View line;
    std::vector<View> words;
    std::size_t type, source, options;  ///< which word; the number of words: none
  };

  std::string changed(const Fields& fields) const {
    const auto type = fields.type < fields.words.size() ? fields.words[fields.type] : View();
    std::string out;
    const char* copied = fields.line.data();
    for (std::size_t i = 0; i < fields.words.size(); ++i) {
      const auto word = fields.words[i];
      out.append(copied, word.data());
      copied = word.data() + word.size();
      out += i == fields.source ? source(word, type) : i == fields.options ? options(word) : words_.redact(word);
    }
    return out.append(copied, fields.line.data() + fields.line.size());
  }

  std::string source(View text, View type) const {
    if (text.find("://") != text.npos) return values_.value(text);
    // "UUID=...", "LABEL=...", "/dev/..." are what they look like whatever the file system.
    const bool local = text.starts_with('/') && !text.starts_with("//");
    if (local || !is_remote(type) || text.find(':') == text.npos)
      return text.starts_with("//") ? share(text) : words_.redact(text);
    return server_path(text);
  }

  /// "//server/share"
  std::string share(View text) const {
    const auto slash = std::min(text.find('/', 2), text.size());
    return "//" + server(text.substr(2, slash - 2)) + exported(text.substr(slash));
  }

  /// "server:/export", "user@server:/path", "192.0.2.1,192.0.2.2:6789:/".
  std::string server_path(View text) const {
    const auto colon = text.find(":/");
    if (colon == text.npos) return server(text);
    auto name = text.substr(0, colon);
    std::string user;
    if (const auto at = name.rfind('@'); at != name.npos) {
      user = pseudonyms_.word("user", std::string(name.substr(0, at))) + "@";
      name.remove_prefix(at + 1);
    }
    return user + server(name) + ":" + exported(text.substr(colon + 1));
  }

  std::string exported(View rest) const {
    return rest.empty() || rest == "/" ? std::string(rest) : "/" + pseudonyms_.word("export", std::string(rest));
  }

  std::string server(View names) const {
    if (names.empty()) return {};
    std::vector<std::string> changed;
    for (const auto name : split(names, ',')) {
      const auto bracket = name.starts_with('[') ? std::min(name.find(']') + 1, name.size()) : 0;
      const auto bare = bracket > 2 ? name.substr(1, bracket - 2) : name.substr(0, name.find(':'));
      const bool address = InternetAddress::parse(bare) || InternetAddress::parse(name);
      changed.push_back(address ? words_.redact(name) : pseudonyms_.word("host", to_lower(name)));
    }
    return join(changed, ",");
  }

  std::string options(View text) const {
    std::vector<std::string> changed;
    for (const auto option : split(text, ',')) changed.push_back(this->option(option));
    return join(changed, ",");
  }

  /// "rw", "username=anna", "addr=192.0.2.1".
  std::string option(View option) const {
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    if (equals == option.npos || key.empty()) return words_.redact(option);
    const auto value = option.substr(equals + 1);
    const char* kind = is_secret_key(key)                                    ? "password"
                       : key == "username" || key == "user" || key == "name" ? "user"
                       : key == "domain" || key == "workgroup"               ? "domain"
                                                                             : nullptr;
    const bool known = has_known_value(key);
    const auto start = (known || kind ? std::string(key) : words_.redact(key)) + "=";
    if (kind) return start + (value.empty() ? "" : pseudonyms_.word(kind, std::string(value)));
    return start + (known ? words_.redact(value) : values_.value(value));
  }

  const TextRedactor& words_;
  const ArgumentRedactor& values_;
  Pseudonyms& pseudonyms_;
};

}  // namespace

std::string redact_mounts(View text, const TextRedactor& words, const ArgumentRedactor& values, Pseudonyms& pseudonyms) {
  const MountRedactor redactor(words, values, pseudonyms);
  return change_lines(text, [&](View line) { return redactor.line(line); });
}

}  // namespace vfio_doctor
