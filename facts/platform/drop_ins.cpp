// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/platform/drop_ins.hpp"

#include <algorithm>
#include <map>

#include "base/ascii.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_files = 256;

/// The name without what looks like endings: ".conf", ".tar.gz".
std::string_view without_endings(std::string_view name) {
  std::size_t end = name.size();
  for (std::size_t at = name.size(); at-- > 1;) {
    const char c = name[at];
    if (c == '.' && at + 1 < name.size() && (is_letter(name[at + 1]) || name[at + 1] == '~'))
      end = at;
    else if (!is_alphanumeric(c) && c != '~')
      break;
  }
  return name.substr(0, end);
}

/// A '~' before the end, the end before digits, letters before all else.
int order(std::string_view text) {
  if (text.empty()) return -1;
  const char c = text.front();
  if (is_digit(c)) return 0;
  if (is_letter(c)) return c;
  return c == '~' ? -2 : static_cast<unsigned char>(c) + 256;
}

int compare_parts(std::string_view one, std::string_view other) {
  while (!one.empty() || !other.empty()) {
    while ((!one.empty() && !is_digit(one.front())) || (!other.empty() && !is_digit(other.front()))) {
      const int left = order(one), right = order(other);
      if (left != right) return left - right;
      one.remove_prefix(std::min<std::size_t>(1, one.size())), other.remove_prefix(std::min<std::size_t>(1, other.size()));
    }
    const auto take_number = [](std::string_view& text) {
      auto digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
      text.remove_prefix(digits.size());
      digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
      return digits;
    };
    const auto left = take_number(one), right = take_number(other);
    if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
    if (const int difference = left.compare(right); difference != 0) return difference;
  }
  return 0;
}

}  // namespace

bool comes_before_by_version(std::string_view one, std::string_view other) {
  const auto short_one = without_endings(one), short_other = without_endings(other);
  int difference = compare_parts(short_one, short_other);
  if (difference == 0 && !(short_one == one && short_other == other)) difference = compare_parts(one, other);
  return difference != 0 ? difference < 0 : one < other;
}

std::vector<std::string> dracut_drop_ins(const Root& root) {
  std::map<std::string, std::string, decltype(&comes_before_by_version)> path_of(&comes_before_by_version);
  for (const std::string directory : {"/run/initramfs/dracut.conf.d", "/usr/lib/dracut/dracut.conf.d", "/etc/dracut.conf.d"}) {
    const auto names = root.list(directory);
    if (!names.has_value()) continue;
    for (const auto& name : names.value())
      if (name.ends_with(".conf") && !name.starts_with('.') && path_of.size() < most_files)
        path_of[name] = directory + "/" + name;
  }
  std::vector<std::string> files;
  for (const auto& [name, path] : path_of) files.push_back(path);
  return files;
}

}  // namespace vfio_doctor
