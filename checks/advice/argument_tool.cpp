// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/argument_tool.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace vfio_doctor {
namespace {

bool is_fedora_like(const Distribution& distribution) {
  return distribution.is_like("fedora") || distribution.is_like("rhel") || distribution.is_like("centos");
}

bool is_suse_like(const Distribution& distribution) {
  return distribution.is_like("suse") || distribution.is_like("opensuse") ||
         (distribution.id.has_value() && distribution.id->starts_with("opensuse"));
}

bool is_atomic(const Host& host) {
  static constexpr std::string_view variants[] = {"silverblue", "kinoite",       "sericea", "onyx",   "coreos",
                                                  "iot",        "cosmic-atomic", "bazzite", "bluefin"};
  return host.boot.ostree || std::ranges::find(variants, host.distribution.variant_id) != std::end(variants);
}

/// What was started, or will be, decides; else what there is.
bool starts_unified_images(const Host& host) {
  const auto& name = host.boot.selected_entry ? host.boot.selected_entry : host.boot.default_entry;
  bool any_entry = false, any_image = false;
  for (const auto& entry : host.boot.entries) {
    const bool image = entry.kind == BootEntryKind::unified_image;
    if (name && is_id_of(*name, entry)) return image;
    any_entry |= entry.kind == BootEntryKind::loader_entry;
    any_image |= image;
  }
  return (name && name->ends_with(".efi")) || (any_image && !any_entry);
}

ArgumentTool tool_of_images(const Host& host) {
  if (host.boot.images_without_line) return ArgumentTool::unknown;
  if (!host.boot.dracut_images) return ArgumentTool::unified_image;
  return host.boot.find_setting(BootSettingKind::kernel_cmdline) ? ArgumentTool::dracut_images : ArgumentTool::unknown;
}

/// systemd-boot only shows what others write: into its entries goes what the writer's settings say, at each kernel update.
ArgumentTool tool_of_systemd_boot(const Host& host) {
  if (starts_unified_images(host)) return tool_of_images(host);
  if (host.boot.find_setting(BootSettingKind::sdboot_manage)) return ArgumentTool::sdboot_manage;
  return host.boot.kernel_install_entries ? ArgumentTool::kernel_install : ArgumentTool::loader_entry;
}

/// rEFInd without refind_linux.conf beside a kernel: the words stand in a stanza of its own refind.conf, which is not read here.
bool rests_on_stanzas(const Host& host) {
  return host.boot.loader == BootLoader::refind && host.boot.unread.empty() &&
         std::ranges::none_of(host.boot.entries, [](const BootEntry& entry) { return entry.kind == BootEntryKind::refind; });
}

ArgumentTool tool_of_loader(const Host& host) {
  switch (host.boot.loader) {
    case BootLoader::grub:
      return ArgumentTool::grub_mkconfig;
    case BootLoader::systemd_boot:
      return tool_of_systemd_boot(host);
    case BootLoader::syslinux:
      return host.distribution.is_like("alpine") ? ArgumentTool::update_extlinux : ArgumentTool::syslinux;
    case BootLoader::efi_stub:
      return ArgumentTool::efi_stub;
    case BootLoader::limine:
      return ArgumentTool::limine;
    case BootLoader::refind:
      return rests_on_stanzas(host) ? ArgumentTool::unknown : ArgumentTool::refind;
    case BootLoader::unified_image:
      return tool_of_images(host);
    case BootLoader::unknown:
      break;
  }
  // Nothing says what booted this host; a GRUB configuration with nothing beside it is answer enough.
  const bool other_entries =
      std::ranges::any_of(host.boot.entries, [](const BootEntry& entry) { return entry.kind != BootEntryKind::grub_menu; });
  const bool grub = host.boot.grub_config.has_value() || host.boot.find_setting(BootSettingKind::grub_defaults);
  return grub && !other_entries ? ArgumentTool::grub_mkconfig : ArgumentTool::unknown;
}

bool is_debian_like(const Distribution& distribution) {
  return distribution.is_like("debian") || distribution.is_like("ubuntu");
}

/// kernel-install names its images as its entries, after the machine: "4c0d...18-6.12.8.efi".
bool makes_images(const Host& host) {
  return std::ranges::any_of(host.boot.entries, [](const BootEntry& entry) {
    return entry.kind == BootEntryKind::unified_image && entry.id.size() > 33 && entry.id[32] == '-' &&
           entry.id.find_first_not_of("0123456789abcdef") == 32;
  });
}

/// `kernel-install add-all` looks for kernels in /usr/lib/modules/VERSION/vmlinuz (verb_add_all() in src/kernel-install of systemd
/// 255), where Debian's packages put none: there it adds nothing and fails.
std::string kernel_install_command(const Host& host) {
  if (host.distribution.id.is("endeavouros")) return "sudo reinstall-kernels";
  if (is_debian_like(host.distribution))
    return R"(sudo sh -c 'for k in /boot/vmlinuz-*; do kernel-install add "${k#/boot/vmlinuz-}" "$k" || exit 1; done')";
  return "sudo kernel-install add-all";
}

/// Gentoo's kernels are put in place by their packages (pkg_config() in kernel-install.eclass: `emerge --config`) or by `make install`;
/// which of the two, and for which kernel, is not among the facts.
bool is_carried_by_packages(const Host& host) { return host.distribution.is_like("gentoo"); }

std::vector<std::string> image_commands(const Host& host) {
  const auto& tools = host.modules.image_tools;
  if (is_carried_by_packages(host)) return {};
  if (!host.distribution.is_like("arch") || makes_images(host)) return {kernel_install_command(host)};
  if (host.boot.presets_make_no_images) return {};
  // Another tool's images, of which nothing tells how they are made unified.
  const bool other = !tools.empty() && std::ranges::find(tools, ImageTool::mkinitcpio) == tools.end();
  return other ? std::vector<std::string>() : std::vector<std::string>{"sudo mkinitcpio -P"};
}

bool has_loader_entry(const BootConfiguration& boot) {
  return std::ranges::any_of(boot.entries, [](const BootEntry& entry) { return entry.kind == BootEntryKind::loader_entry; });
}

std::string mkconfig_command(const Host& host) {
  if (host.boot.grub_config.has_value() && !host.boot.grub_config->starts_with("/boot/grub"))
    return "sudo grub-mkconfig -o " + *host.boot.grub_config;  // a menu on the EFI system partition
  const bool grub2 =
      host.boot.grub_config.has_value() ? host.boot.grub_config->starts_with("/boot/grub2/") : is_suse_like(host.distribution);
  return grub2 ? "sudo grub2-mkconfig -o /boot/grub2/grub.cfg" : "sudo grub-mkconfig -o /boot/grub/grub.cfg";
}

}  // namespace

ArgumentTool argument_tool(const Host& host) {
  const auto& distribution = host.distribution;
  const auto& boot = host.boot;
  if (distribution.is_like("nixos")) return ArgumentTool::nixos;
  if (is_atomic(host)) return is_fedora_like(distribution) ? ArgumentTool::rpm_ostree : ArgumentTool::unknown;
  if (is_fedora_like(distribution) && (boot.loader == BootLoader::grub || boot.loader == BootLoader::unknown))
    return ArgumentTool::grubby;
  if (boot.find_setting(BootSettingKind::kernelstub) && boot.loader != BootLoader::grub) return ArgumentTool::kernelstub;
  // Without the file its hook takes the running line (zz-proxmox-boot of proxmox-kernel-helper).
  if (boot.proxmox && boot.loader != BootLoader::grub &&
      (boot.proxmox_boot_tool || boot.find_setting(BootSettingKind::kernel_cmdline)))
    return ArgumentTool::proxmox_boot_tool;
  // With a grub.cfg it is GRUB that counts, whatever lies in /etc/kernel.
  const bool grub_menu = boot.loader == BootLoader::grub && boot.grub_config.has_value();
  const bool sdbootutil = boot.find_setting(BootSettingKind::kernel_cmdline) || (boot.sdbootutil && has_loader_entry(boot));
  if (is_suse_like(distribution) && sdbootutil && !grub_menu) return ArgumentTool::sdbootutil;
  const auto tool = tool_of_loader(host);
  if (tool == ArgumentTool::grub_mkconfig && boot.read_only_root) return ArgumentTool::transactional;
  return tool == ArgumentTool::grub_mkconfig && (boot.proxmox || distribution.is_like("debian")) ? ArgumentTool::update_grub
                                                                                                 : tool;
}

std::vector<std::string> apply_commands(const Host& host, ArgumentTool tool) {
  switch (tool) {
    case ArgumentTool::update_grub:
      if (host.boot.proxmox_boot_tool) return {"sudo proxmox-boot-tool refresh"};
      if (host.boot.grub_config.has_value() && !host.boot.grub_config->starts_with("/boot/grub"))
        return {mkconfig_command(host)};
      return {"sudo update-grub"};
    case ArgumentTool::transactional:
      return {"sudo transactional-update grub.cfg"};
    case ArgumentTool::update_extlinux:
      return {"sudo update-extlinux"};
    case ArgumentTool::sdboot_manage:
      return {"sudo sdboot-manage gen"};
    case ArgumentTool::kernel_install:
      return is_carried_by_packages(host) ? std::vector<std::string>() : std::vector<std::string>{kernel_install_command(host)};
    case ArgumentTool::grub_mkconfig:
      return {mkconfig_command(host)};
    case ArgumentTool::proxmox_boot_tool:
      return {"sudo proxmox-boot-tool refresh"};
    case ArgumentTool::sdbootutil:
      return {"sudo sdbootutil update-all-entries"};
    case ArgumentTool::nixos:
      return {"sudo nixos-rebuild boot"};
    case ArgumentTool::unified_image:
      return image_commands(host);
    case ArgumentTool::limine:
      return host.boot.find_setting(BootSettingKind::limine_defaults) ? std::vector<std::string>{"sudo limine-update"}
                                                                      : std::vector<std::string>{};
    default:
      return {};
  }
}

std::string why_no_tool(const Host& host) {
  const auto& boot = host.boot;
  if (is_atomic(host)) return "The boot entries are deployments of ostree, and which program manages them here is not known";
  if (boot.images_without_line)
    return "The unified kernel images here are made without a command line in them (--no-cmdline in a preset of mkinitcpio), "
           "so "
           "it stands with what starts them: an entry of the boot loader, an addon or the firmware's own entry";
  if (boot.dracut_images)
    return "dracut makes the unified kernel images here (uefi=yes), and its configuration has no kernel_cmdline= that could be "
           "changed";
  if (rests_on_stanzas(host))
    return "No refind_linux.conf was found beside a kernel, so the words stand in a menuentry of rEFInd's own refind.conf "
           "(options \"...\"), which is not read here";
  return "Which boot loader started this host is not known (" +
         (boot.loader_reason.empty() ? "no trace of one was found" : boot.loader_reason) + ")";
}

std::string spot_in_file(ArgumentTool tool) {
  switch (tool) {
    case ArgumentTool::update_grub:
    case ArgumentTool::grub_mkconfig:
    case ArgumentTool::transactional:
      return "inside the quotes of GRUB_CMDLINE_LINUX_DEFAULT=";
    case ArgumentTool::update_extlinux:
      return "inside the quotes of default_kernel_opts=";
    case ArgumentTool::sdboot_manage:
      return "inside the quotes of LINUX_OPTIONS=";
    case ArgumentTool::dracut_images:
      return "inside the quotes of kernel_cmdline=";
    case ArgumentTool::syslinux:
      return "at the end of each line that starts with 'append'";
    case ArgumentTool::proxmox_boot_tool:
    case ArgumentTool::sdbootutil:
    case ArgumentTool::kernel_install:
    case ArgumentTool::unified_image:
      return "at the end of its one line";
    case ArgumentTool::loader_entry:
      return "at the end of the line that starts with 'options'";
    case ArgumentTool::limine:
      return "at the end of the kernel command line";
    case ArgumentTool::refind:
      return "inside the second pair of quotes of each line";
    case ArgumentTool::nixos:
      return "in the list boot.kernelParams";
    default:
      return {};
  }
}

}  // namespace vfio_doctor
