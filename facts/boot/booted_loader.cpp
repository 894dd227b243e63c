// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/booted_loader.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// The vendor GUID of systemd's Boot Loader Interface (systemd.io/BOOT_LOADER_INTERFACE).
constexpr auto interface_guid = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

std::string_view name_of(BootLoader loader) {
  switch (loader) {
    case BootLoader::grub:
      return "GRUB";
    case BootLoader::systemd_boot:
      return "systemd-boot";
    case BootLoader::limine:
      return "Limine";
    case BootLoader::refind:
      return "rEFInd";
    case BootLoader::unified_image:
      return "a unified kernel image";
    case BootLoader::syslinux:
      return "SYSLINUX";
    case BootLoader::efi_stub:
      return "the firmware";
    case BootLoader::unknown:
      break;
  }
  return "unknown";
}

bool has_entry(const BootConfiguration& found, BootEntryKind kind) {
  return std::ranges::any_of(found.entries, [&](const BootEntry& entry) { return entry.kind == kind; });
}

/// The loaders other than GRUB that have a configuration here.
std::vector<BootLoader> configured_loaders(const Root& root, const BootConfiguration& found) {
  std::vector<BootLoader> loaders;
  for (const auto* file : {"/boot/loader/loader.conf", "/efi/loader/loader.conf", "/boot/efi/loader/loader.conf"})
    if (loaders.empty() && root.exists(file)) loaders.push_back(BootLoader::systemd_boot);
  if (has_entry(found, BootEntryKind::limine)) loaders.push_back(BootLoader::limine);
  if (has_entry(found, BootEntryKind::refind)) loaders.push_back(BootLoader::refind);
  if (loaders.empty() && has_entry(found, BootEntryKind::unified_image)) loaders.push_back(BootLoader::unified_image);
  return loaders;
}

std::optional<BootLoader> loader_named(std::string_view info) {
  const auto lower = to_lower(info);
  if (lower.starts_with("systemd-boot")) return BootLoader::systemd_boot;
  if (lower.starts_with("grub")) return BootLoader::grub;
  if (lower.starts_with("limine")) return BootLoader::limine;
  if (lower.starts_with("refind")) return BootLoader::refind;
  return std::nullopt;
}

BootedLoader from_files(const Root& root, const BootConfiguration& found) {
  const auto loaders = configured_loaders(root, found);
  if (loaders.size() == 1)
    return {loaders[0],
            "the command line bears no mark of GRUB, and only " + std::string(name_of(loaders[0])) + " is set up here",
            std::nullopt, std::nullopt};
  return {BootLoader::unknown,
          loaders.empty() ? "no boot loader left its mark and none is set up here"
                          : "several boot loaders are set up and none left its mark",
          std::nullopt, std::nullopt};
}

}  // namespace

Observed<std::string> read_loader_variable(const Root& root, const std::string& name) {
  const auto bytes = root.read("/sys/firmware/efi/efivars/" + name + interface_guid, 4096);
  if (!bytes.has_value()) return bytes;
  // Four bytes of attributes, then UTF-16, little endian.
  std::string text;
  for (std::size_t i = 4; i + 1 < bytes->size(); i += 2) {
    const char low = (*bytes)[i], high = (*bytes)[i + 1];
    if (low == 0 && high == 0) break;
    text += high == 0 && low >= ' ' && low < 0x7f ? low : '?';
  }
  return text;
}

BootedLoader find_booted_loader(const Root& root, const BootConfiguration& found) {
  const auto line = root.read("/proc/cmdline");
  if (!line.has_value())
    return {BootLoader::unknown, "the running kernel's command line could not be read", std::nullopt, std::nullopt};
  const auto arguments = KernelArguments::parse(*line);
  const auto* image = arguments.last("BOOT_IMAGE");
  if (image && arguments.last("initrd"))
    return has_entry(found, BootEntryKind::syslinux)
               ? BootedLoader{BootLoader::syslinux, "SYSLINUX put BOOT_IMAGE= and initrd= on the command line", std::nullopt,
                              std::nullopt}
               : BootedLoader{BootLoader::unknown, "the command line looks like SYSLINUX's, whose configuration was not found",
                              std::nullopt, std::nullopt};
  if (image) return {BootLoader::grub, "GRUB put BOOT_IMAGE= on the command line", std::nullopt, std::nullopt};
  const auto info = read_loader_variable(root, "LoaderInfo");
  const auto selected = read_loader_variable(root, "LoaderEntrySelected");
  const auto selected_entry = selected.has_value() ? std::optional(*selected) : std::nullopt;
  if (info.has_value())
    if (const auto loader = loader_named(*info))
      return {*loader, *info + " named itself in the EFI variable LoaderInfo", selected_entry, std::nullopt};
  if (const auto stub = read_loader_variable(root, "StubInfo"); stub.has_value())
    return {BootLoader::unified_image, "the stub of its image, " + *stub + ", named itself in the EFI variable StubInfo",
            selected_entry, std::nullopt};
  for (const auto& entry : found.entries)
    if (entry.kind == BootEntryKind::firmware)
      return {BootLoader::efi_stub,
              "the command line is that of the firmware's boot entry " + entry.id + " (" + entry.title + ")", entry.id,
              entry.starts_next ? std::optional(entry.id) : std::nullopt};
  auto by_files = from_files(root, found);
  // Without a boot loader the firmware hands over the kernel's own path, with the backslashes of EFI, as the first word.
  if (by_files.loader == BootLoader::unknown && line->starts_with('\\'))
    return {BootLoader::efi_stub, "the command line begins with the kernel's path as the firmware writes it", std::nullopt,
            std::nullopt};
  // The kernels of proxmox-boot-tool lie on partitions that are not mounted, \EFI\proxmox\VERSION\, and systemd-boot puts the path
  // of the initial RAM disk on the command line.
  const auto* disk = arguments.last("initrd");
  if (by_files.loader == BootLoader::unknown && disk && disk->value && disk->value->starts_with("\\EFI\\proxmox\\"))
    return {BootLoader::systemd_boot, "systemd-boot put initrd=\\EFI\\proxmox\\... on the command line", std::nullopt,
            std::nullopt};
  return by_files;
}

}  // namespace vfio_doctor
