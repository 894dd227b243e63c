// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/boot_files.hpp"

#include <algorithm>

namespace vfio_doctor {

constexpr std::size_t most_files = 256;  // in one directory

Observed<std::string> BootFiles::read(const std::string& path, std::size_t limit) {
  auto text = root_.read(path, limit);
  if (text.is_unreadable()) note_unread(path, text.why(), text.cause());
  return text;
}

std::vector<std::string> BootFiles::list(const std::string& path) {
  auto names = root_.list(path);
  if (names.is_unreadable()) note_unread(path, names.why(), names.cause());
  if (!names.has_value()) return {};
  if (names->size() > most_files) {
    note_unread(path, "too many files");
    names.value().resize(most_files);
  }
  return *names;
}

void BootFiles::note_unread(const std::string& path, const std::string& why, UnreadCause cause) {
  const auto same = [&](const UnreadBootFile& unread) { return unread.file == path; };
  if (std::ranges::none_of(unread_, same)) unread_.push_back({path, why, cause});
}

}  // namespace vfio_doctor
