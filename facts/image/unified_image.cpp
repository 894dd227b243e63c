// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/image/unified_image.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "facts/boot/booted_loader.hpp"
#include "machine/image/section_pieces.hpp"
#include "machine/pe_sections.hpp"

namespace vfio_doctor {
namespace {

using File = Observed<std::string>;
constexpr std::size_t most_head_bytes = 1 << 20, most_addons = 64, most_release_bytes = 256;

/// "\EFI\Linux\arch.efi", from the start of the partition that the firmware read, at the places where that is mounted.
File at_its_partition(const Root& root, std::string path) {
  std::ranges::replace(path, '\\', '/');
  if (!path.starts_with('/')) path.insert(0, "/");
  for (const std::string start : {"/efi", "/boot/efi", "/boot"})
    if (root.exists(start + path)) return start + path;
  return File::unreadable("the unified kernel image " + path + " that it was started from was not found");
}

/// systemd-boot compares in small letters, and hands them on (LoaderEntrySelected).
bool is_selected(const BootEntry& entry, const BootConfiguration& boot) {
  if (!boot.selected_entry) return false;
  const auto selected = to_lower(*boot.selected_entry), id = to_lower(entry.id);
  const bool is_image = entry.kind == BootEntryKind::unified_image && (selected == id || selected == id + ".efi");
  // A type 1 entry with the key "uki".
  const bool names_image = entry.kind == BootEntryKind::loader_entry && (selected == id || selected == id + ".conf") &&
                           entry.initrds.empty() && to_lower(entry.kernel).ends_with(".efi");
  return is_image || names_image;
}

/// What its .uname says; nothing where it says nothing in the part that is looked at.
std::string release_of(const Root& root, const std::string& file) {
  const auto head = root.read_head(file, most_head_bytes);
  if (!head.has_value()) return {};
  const auto section = section_of_unified_image(*head, ".uname");
  if (!section.has_value() || section->size > most_release_bytes || section->offset + section->size > head->size()) return {};
  const auto text =
      std::string_view(*head).substr(static_cast<std::size_t>(section->offset), static_cast<std::size_t>(section->size));
  return std::string(trim(text.substr(0, text.find('\0'))));
}

/// Nothing but the stub has left a mark: the one that holds this kernel, or the only one.
File by_release(const Root& root, const BootConfiguration& boot, const Kernel& kernel) {
  std::vector<std::string> images, of_this;
  for (const auto& entry : boot.entries) {
    if (entry.kind != BootEntryKind::unified_image || entry.role == BootEntryRole::recovery) continue;
    const auto release = release_of(root, entry.file);
    if (!release.empty() && kernel.release.is(release)) of_this.push_back(entry.file);
    if (release.empty()) images.push_back(entry.file);
  }
  if (of_this.size() == 1) return of_this.front();
  if (of_this.empty() && images.size() == 1) return images.front();
  return File::unreadable("it is a part of a unified kernel image, and which of those here was started is not known");
}

}  // namespace

File booted_unified_image(const Root& root, const BootConfiguration& boot, const Kernel& kernel) {
  // systemd, src/boot/stub.c: the first is the stub's own word for the file that it is in; the other says what the firmware started,
  // which is this file where no boot loader was there before.
  const auto own = read_loader_variable(root, "StubImageIdentifier");
  if (own.has_value() && !own->empty()) return at_its_partition(root, *own);
  for (const auto& entry : boot.entries)
    if (is_selected(entry, boot))
      return entry.kind == BootEntryKind::unified_image ? File(entry.file) : at_its_partition(root, entry.kernel);
  const bool is_alone = boot.loader == BootLoader::unified_image, has_stub = read_loader_variable(root, "StubInfo").has_value();
  if (!is_alone && !has_stub) return File::absent();
  if (const auto started = read_loader_variable(root, "LoaderImageIdentifier");
      is_alone && started.has_value() && !started->empty())
    return at_its_partition(root, *started);
  if (!has_stub) {
    // Only files say that this host starts such images. The kernel's own stub reads "initrd="; systemd's would have left StubInfo.
    if (const auto* arguments = kernel.arguments.get(); arguments && arguments->last("initrd")) return File::absent();
    if (root.exists("/sys/firmware/efi/efivars"))
      return File::unreadable("unified kernel images are here, and whether one of them was started is not known");
  }
  return by_release(root, boot, kernel);
}

Observed<FilePieces> open_unified_image(const Root& root, const std::string& file) {
  using Pieces = Observed<FilePieces>;
  auto opened = root.open(file);
  if (opened.is_absent()) return Pieces::unreadable("it is not there");
  if (opened.is_unreadable()) return opened;
  // Addons (systemd-stub(7)): their initial RAM disks come behind that of the image.
  const auto directory = parent_path(file);
  const auto start = directory.find("/EFI/");
  for (const auto& place : {file + ".extra.d", directory.substr(0, start == directory.npos ? 0 : start) + "/loader/addons"}) {
    const auto names = root.list(place);
    if (!names.has_value()) continue;
    std::size_t count = 0;
    for (const auto& name : names.value()) {
      if (!name.ends_with(".addon.efi")) continue;
      if (++count > most_addons) return Pieces::unreadable("more addons lie in " + place + " than are looked at");
      const auto addon = root.read_head(place + "/" + name, most_head_bytes);
      if (addon.has_value() && section_of_unified_image(*addon, ".initrd").is_absent()) continue;
      return Pieces::unreadable(place + "/" + name + " adds to it, which is not looked at");
    }
  }
  auto section = section_pieces(std::move(opened.value()), ".initrd");
  return section.is_absent() ? Pieces::unreadable("no section .initrd is in it") : section;
}

}  // namespace vfio_doctor
