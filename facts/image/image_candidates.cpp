// SPDX-License-Identifier: GPL-2.0-or-later
// Which file the running kernel's initial RAM disk is.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "facts/image/initial_image.hpp"

namespace vfio_doctor {
namespace {

using Files = std::vector<std::string>;

/// "(hd0,gpt2)/vmlinuz" -> "/vmlinuz", "boot():/initrd" -> "/initrd", "\EFI\initrd" -> "/EFI/initrd".
std::string plain_path(std::string path) {
  std::ranges::replace(path, '\\', '/');
  if (const auto colon = path.find("():"); colon != path.npos) path.erase(0, colon + 3);
  if (path.starts_with('(')) path.erase(0, std::min(path.find(')'), path.size() - 1) + 1);
  return path.starts_with('/') ? path : "/" + path;
}

bool is_same_id(const std::string& selected, const BootEntry& entry) {
  return selected == entry.id || selected == entry.id + ".conf" || selected == entry.id + ".efi";
}

/// The kernel that runs, as far as its entry tells; a fallback image is never the one that counts.
bool is_running(const BootEntry& entry, const Kernel& kernel) {
  if (entry.role == BootEntryRole::recovery) return false;
  const auto* release = kernel.release.get();
  if (release && !release->empty() && (entry.version == *release || entry.kernel.ends_with("-" + *release))) return true;
  const auto* arguments = kernel.arguments.get();
  const auto* image = arguments ? arguments->last("BOOT_IMAGE") : nullptr;
  return image && image->value && !entry.kernel.empty() && plain_path(*image->value) == plain_path(entry.kernel);
}

/// Paths in boot entries begin at the partition of the loader.
std::vector<Files> places_of(const Files& written, const BootEntry* entry) {
  Files starts = {"", "/boot", "/efi", "/boot/efi"};
  if (entry)
    if (const auto at = entry->file.find("/loader/entries/"); at != std::string::npos)
      starts.insert(starts.begin(), entry->file.substr(0, at));
  std::vector<Files> places;
  for (const auto& start : starts) {
    Files files;
    for (const auto& one : written) {
      auto path = plain_path(one);
      if (path.starts_with("/@/")) path.erase(0, 2);  // a subvolume of Btrfs
      files.push_back(start + path);
    }
    if (std::ranges::find(places, files) == places.end()) places.push_back(std::move(files));
  }
  return places;
}

/// "initrd=\intel-ucode.img initrd=\initramfs-linux.img": read by the kernel's EFI stub, named by boot loaders for it.
Files named_on_command_line(const Kernel& kernel) {
  Files files;
  if (const auto* arguments = kernel.arguments.get())
    for (const auto& argument : arguments->all())
      if (argument.name == "initrd" && argument.value)
        for (const auto part : split(*argument.value, ',')) files.emplace_back(part);
  return files;
}

}  // namespace

std::vector<std::vector<std::string>> named_images(const BootConfiguration& boot, const Kernel& kernel) {
  std::vector<Files> candidates;
  const auto add = [&candidates](std::vector<Files> more) { std::ranges::move(more, std::back_inserter(candidates)); };
  if (const auto files = named_on_command_line(kernel); !files.empty()) add(places_of(files, nullptr));
  for (const bool selected : {true, false})
    for (const auto& entry : boot.entries) {
      const bool is_selected = boot.selected_entry && is_same_id(*boot.selected_entry, entry);
      if (entry.initrds.empty() || is_selected != selected || !(is_selected || is_running(entry, kernel))) continue;
      add(places_of(entry.initrds, &entry));
    }
  return candidates;
}

std::vector<std::string> contradicting_images(const BootConfiguration& boot, const Kernel& kernel) {
  if (!named_on_command_line(kernel).empty()) return {};
  const BootEntry* first = nullptr;
  const BootEntry* other = nullptr;
  for (const auto& entry : boot.entries) {
    if (entry.initrds.empty()) continue;
    if (boot.selected_entry && is_same_id(*boot.selected_entry, entry)) return {};
    if (!is_running(entry, kernel)) continue;
    if (!first) first = &entry;
    if (first->initrds != entry.initrds) other = &entry;
  }
  return other ? std::vector{first->initrds.back(), other->initrds.back()} : std::vector<std::string>();
}

std::vector<std::string> usual_images(const Kernel& kernel, const std::string& package) {
  const auto* release = kernel.release.get();
  if (!release || release->empty() || release->find('/') != release->npos) return {};
  std::vector<std::string> names = {"initrd.img-" + *release, "initramfs-" + *release + ".img", "initrd-" + *release,
                                    "booster-" + *release + ".img"};
  static constexpr auto packages = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"-arch", "linux"}, {"-lts", "linux-lts"}, {"-zen", "linux-zen"}, {"-hardened", "linux-hardened"}});
  const auto add = [&names](const std::string& of_package) {
    for (const std::string builder : {"booster-", "initramfs-"}) names.push_back(builder + of_package + ".img");
  };
  if (!package.empty() && package.find('/') == package.npos)
    add(package);
  else
    for (const auto& [mark, one] : packages)
      if (release->find(mark) != release->npos) add(std::string(one));
  for (auto& name : names) name.insert(0, "/boot/");
  return names;
}

std::vector<std::vector<std::string>> image_candidates(const BootConfiguration& boot, const Kernel& kernel) {
  auto candidates = named_images(boot, kernel);
  for (auto& file : usual_images(kernel, {})) candidates.push_back({std::move(file)});
  return candidates;
}

}  // namespace vfio_doctor
