// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/plugins/plugin_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "base/input_error.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "vfio-doctor-check-";

std::string refuse_owner(const struct stat& status, const std::string& path) {
  if (status.st_uid == 0 || status.st_uid == ::geteuid()) return {};
  return path + " belongs to user " + std::to_string(status.st_uid) + ", not to root or to you";
}

/// Why the file or directory itself cannot be trusted; empty where it can.
std::string refuse_writable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return path + ": " + std::strerror(errno);
  if (auto why = refuse_owner(status, path); !why.empty()) return why;
  if (status.st_mode & (S_IWGRP | S_IWOTH))
    return path + " can be written by " + (status.st_mode & S_IWOTH ? "anybody" : "its group") + " (chmod go-w " + path + ")";
  return {};
}

/// Whoever can write to a directory above can put another one in this one's place. In a directory with the sticky bit
/// (/tmp) only the owner can. A group that root itself gave a directory to (/usr/local/lib on some systems) is trusted,
/// and so is the caller's own primary group, which holds nobody else on systems that work with a umask of 002.
std::string refuse_parents(fs::path path) {
  while (path.has_relative_path()) {
    path = path.parent_path();
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return path.string() + ": " + std::strerror(errno);
    if (auto why = refuse_owner(status, path); !why.empty()) return why;
    if (status.st_mode & S_ISVTX) continue;
    const bool trusted_group = status.st_uid == 0 || status.st_gid == ::getegid();
    if ((status.st_mode & S_IWOTH) || ((status.st_mode & S_IWGRP) && !trusted_group))
      return path.string() + ", above it, can be written by others";
  }
  return {};
}

std::string refuse_directory(const fs::path& resolved) {
  if (auto why = refuse_writable(resolved); !why.empty()) return why;
  return refuse_parents(resolved);
}

bool has_plain_name(std::string_view name) {
  return name.size() > prefix.size() && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

PluginFile judge_file(const fs::path& path) {
  PluginFile file;
  file.path = path;
  std::error_code problem;
  const auto resolved = fs::canonical(path, problem);
  file.resolved = resolved;
  if (problem) {
    file.refusal = "it leads nowhere: " + problem.message();
  } else if (!has_plain_name(path.filename().string())) {
    file.refusal = "its name may hold only letters, digits, '-' and '_' (so that backup copies do not run)";
  } else if (!fs::is_regular_file(resolved, problem)) {
    file.refusal = "it is not a regular file";
  } else if (auto why = refuse_writable(resolved); !why.empty()) {
    file.refusal = why;
  } else if (auto above = refuse_directory(resolved.parent_path()); !above.empty()) {
    file.refusal = above;
  } else if (::access(resolved.c_str(), X_OK) != 0) {
    file.refusal = "it is not executable (chmod +x " + resolved.string() + ")";
  }
  return file;
}

std::vector<PluginFile> find_in(const fs::path& directory, const fs::path& resolved) {
  if (auto why = refuse_directory(resolved); !why.empty()) return {{directory, resolved, why}};
  std::vector<PluginFile> files;
  std::error_code problem;
  for (fs::directory_iterator entry(resolved, problem), end; !problem && entry != end; entry.increment(problem))
    if (entry->path().filename().string().starts_with(prefix))
      files.push_back(judge_file(directory / entry->path().filename()));
  if (problem) throw InputError(directory.string() + ": " + problem.message());
  std::ranges::sort(files, {}, &PluginFile::path);
  return files;
}

}  // namespace

std::vector<PluginFile> find_plugin_files(const std::vector<std::string>& directories, PluginPlaces kind) {
  const bool named = kind == PluginPlaces::named;
  std::vector<PluginFile> files;
  std::set<std::string> seen, names;
  for (const auto& place : directories) {
    std::error_code problem;
    const auto resolved = fs::canonical(place, problem);
    if (!named && (problem || !fs::is_directory(resolved))) continue;
    if (problem) throw InputError("--plugin-dir " + place + ": " + problem.message());
    if (!fs::is_directory(resolved)) throw InputError("--plugin-dir " + place + ": is no directory");
    for (auto& file : find_in(place, resolved)) {
      const bool hidden = !named && file.path != place && !names.insert(fs::path(file.path).filename()).second;
      if (!hidden && (file.resolved.empty() || seen.insert(file.resolved).second)) files.push_back(std::move(file));
    }
  }
  return files;
}

}  // namespace vfio_doctor
