// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/boot/loader_rules.hpp"

#include <algorithm>
#include <initializer_list>

namespace vfio_doctor {
namespace {

bool is_one_of_kinds(BootEntryKind kind, std::initializer_list<BootEntryKind> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

}  // namespace

bool has_generations(const Host& host) { return host.boot.ostree || host.distribution.is_like("nixos"); }

bool is_used(const Host& host, BootEntryKind kind) {
  using enum BootEntryKind;
  switch (host.boot.loader) {
    case BootLoader::grub:
      return host.boot.grub_reads_loader_entries.is(true) ? is_one_of_kinds(kind, {loader_entry}) : kind == grub_menu;
    case BootLoader::systemd_boot:
      return is_one_of_kinds(kind, {loader_entry, unified_image});
    case BootLoader::unified_image:
      return kind == unified_image;
    case BootLoader::limine:
      return kind == limine;
    case BootLoader::refind:
      return kind == refind;
    case BootLoader::syslinux:
      return kind == syslinux;
    case BootLoader::efi_stub:
      return kind == firmware;
    case BootLoader::unknown:
      return true;
  }
  return true;
}

bool is_used(const Host& host, BootSettingKind kind) {
  if (has_generations(host)) return false;
  const bool loader_entries = host.boot.grub_reads_loader_entries.is(true);
  switch (kind) {
    case BootSettingKind::grub_defaults:
      // openSUSE's grub2-bls has no grub.cfg and does not look here.
      return host.boot.loader == BootLoader::grub && !(loader_entries && host.boot.grub_config.is_absent());
    case BootSettingKind::kernel_cmdline:
      return host.boot.loader != BootLoader::grub || loader_entries;
    case BootSettingKind::kernelstub:
      return host.boot.loader == BootLoader::systemd_boot;
    case BootSettingKind::limine_defaults:
      return host.boot.loader == BootLoader::limine;
    case BootSettingKind::sdboot_manage:
      return host.boot.loader == BootLoader::systemd_boot;
  }
  return false;
}

std::string without_suffix(std::string id) {
  for (const std::string_view suffix : {".conf", ".efi"})
    if (id.ends_with(suffix)) id.resize(id.size() - suffix.size());
  return id;
}

bool fits_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]))
      ++p, ++t;
    else if (p < pattern.size() && pattern[p] == '*')
      star = p++, mark = t;
    else if (star != std::string_view::npos)
      p = star + 1, t = ++mark;
    else
      return false;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_older(std::string_view one, std::string_view other) {
  const auto take_number = [](std::string_view& text) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    auto digits = text.substr(0, end);
    text.remove_prefix(end);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
  };
  const auto is_digit = [](std::string_view text) { return text[0] >= '0' && text[0] <= '9'; };
  while (!one.empty() && !other.empty()) {
    if (is_digit(one) && is_digit(other)) {
      const auto left = take_number(one), right = take_number(other);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
      continue;
    }
    if (one[0] != other[0]) return one[0] < other[0];
    one.remove_prefix(1), other.remove_prefix(1);
  }
  return one.empty() && !other.empty();
}

}  // namespace vfio_doctor
