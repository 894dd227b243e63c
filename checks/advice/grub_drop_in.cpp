// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/grub_drop_in.hpp"

#include <algorithm>

#include "checks/advice/shell_words.hpp"

namespace vfio_doctor {
namespace {

/// A drop-in of that name would be read after all that set the arguments now, and takes nothing away that stands there already.
bool is_free_and_last(const Host& host, const std::string& file) {
  const auto* setting = host.boot.find_setting(BootSettingKind::grub_defaults);
  if (!setting || !setting->line.has_value()) return true;
  const auto is_in_the_way = [&file](const BootToken& token) {
    return token.file.starts_with("/etc/default/grub.d/") && token.file >= file;
  };
  return std::ranges::none_of(setting->line->tokens, is_in_the_way) &&
         std::ranges::none_of(setting->line->possible, is_in_the_way);
}

}  // namespace

std::string drop_in_for(const Host& host, const std::string& argument) {
  std::string name;
  for (const char c : argument.substr(0, argument.find_first_of("= ")).substr(0, 40))
    name += is_plain_in_shell(c) && c != '/' && c != '=' ? c : '_';
  for (const std::string start : {"90-", "99-vfio-doctor-", "zz-vfio-doctor-"})
    if (const auto file = "/etc/default/grub.d/" + start + name + ".cfg"; is_free_and_last(host, file)) return file;
  return {};
}

}  // namespace vfio_doctor
