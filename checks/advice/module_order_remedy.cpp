// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/module_order_remedy.hpp"

#include <algorithm>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/advice/shell_words.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

bool is_ostree(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  return arguments && arguments->last("ostree");
}

}  // namespace

bool is_module_name(const std::string& name) {
  return !name.empty() && name.size() < 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::vector<std::string> rebuild_initramfs_commands(const Host& host) {
  const auto& distribution = host.distribution;
  const auto has_tool = [&host](ImageTool tool) {
    return std::ranges::find(host.modules.image_tools, tool) != host.modules.image_tools.end();
  };
  // Of dracut's packages only the newer have an update-initramfs of their own.
  if (distribution.is_like("debian") || distribution.is_like("ubuntu"))
    return {has_tool(ImageTool::dracut) && !has_tool(ImageTool::initramfs_tools) ? "sudo dracut -f --regenerate-all"
                                                                                 : "sudo update-initramfs -u -k all"};
  if (distribution.is_like("arch")) {
    const auto& tools = host.modules.image_tools;  // whose images another tool builds, that has no one command for all of them
    const bool other = !tools.empty() && std::ranges::find(tools, ImageTool::mkinitcpio) == tools.end();
    return other ? std::vector<std::string>() : std::vector<std::string>{"sudo mkinitcpio -P"};
  }
  if (distribution.is_like("fedora") || distribution.is_like("rhel"))
    return {is_ostree(host) ? "sudo rpm-ostree initramfs --enable" : "sudo dracut -f --regenerate-all"};
  if (distribution.is_like("suse") || distribution.is_like("opensuse"))
    return {host.boot.read_only_root ? "sudo transactional-update initrd" : "sudo dracut -f --regenerate-all"};
  return {};
}

Remedy edit_modprobe_file(const Host& host, const std::string& place, std::string text) {
  Remedy remedy{.text = std::move(text), .commands = {}, .undo = {}, .risk = {}};
  const auto file = place.substr(0, place.rfind(':'));
  if (!file.starts_with("/etc/")) return remedy;
  const auto rebuild = rebuild_initramfs_commands(host);
  remedy.text += rebuild.empty() ? " If the initial RAM disk has the file too, build that anew; then reboot."
                                 : " Then build the initial RAM disk anew, which has a copy, and reboot.";
  remedy.commands = {"sudoedit " + shell_quoted(file)};
  remedy.commands.insert(remedy.commands.end(), rebuild.begin(), rebuild.end());
  remedy.commands.emplace_back(reboot_command);
  remedy.undo = remedy.commands;
  remedy.by_hand = true;
  return remedy;
}

std::string way_back_from_the_start(const std::vector<const PciFunction*>& functions) {
  const bool display = std::ranges::any_of(functions, [](const PciFunction* one) { return one && is_display(*one); });
  return std::string(display ? " On a graphics card the host then draws nothing, also no question for a disk's password."
                             : "") +
         " Should the host be out of reach after the start: press 'e' in the boot menu, add module_blacklist=vfio_pci to the "
         "kernel's line for one start, and undo this.";
}

Remedy load_vfio_before(const Host& host, const std::string& driver, const std::string& address) {
  Remedy remedy{
      "The guest's manager takes it when the guest starts (libvirt: managed='yes'), whoever has it until then. Where the "
      "host's driver must never touch it, let vfio-pci be loaded first: a line \"softdep " +
          driver +
          " pre: vfio-pci\" in "
          "a file of /etc/modprobe.d that ends in .conf, then build the initial RAM disk anew. The first command names the "
          "module, should it be called otherwise than " +
          driver + ".",
      {"lspci -nnk -s " + address},
      {},
      "A driver that is built into the kernel always comes first, and what vfio-pci holds from the start is of no use to "
      "the host."};
  const auto parsed = PciAddress::parse(address);
  remedy.risk += way_back_from_the_start({parsed ? host.find(*parsed) : nullptr});
  const auto& tools = host.modules.image_tools;
  if (std::ranges::find(tools, ImageTool::booster) != tools.end())
    remedy.text += " booster's images know no softdep: leave " + driver + " out of them (\"modules: -" + driver +
                   "\" in /etc/booster.yaml).";
  // Its modprobe.d is made of the configuration; the modules of boot.initrd are loaded in the order of the alphabet (nixpkgs pull
  // request 375975), so a list with vfio_pci before the driver orders nothing.
  if (host.distribution.is_like("nixos"))
    remedy.text +=
        " On NixOS that line stands in boot.extraModprobeConfig, with \"vfio_pci\" in boot.initrd.kernelModules, and "
        "nixos-rebuild boot does the rest.";
  remedy.device = address;
  remedy.form = "before " + driver;
  const auto rebuild = rebuild_initramfs_commands(host);
  if (rebuild.empty() || !is_module_name(driver)) return remedy;
  const std::string file = "/etc/modprobe.d/vfio-before-" + driver + ".conf";
  remedy.commands.push_back("echo 'softdep " + driver + " pre: vfio-pci' | sudo tee " + file);
  remedy.commands.insert(remedy.commands.end(), rebuild.begin(), rebuild.end());
  remedy.commands.push_back(reboot_command);
  remedy.undo = {"sudo rm " + file};
  remedy.undo.insert(remedy.undo.end(), rebuild.begin(), rebuild.end());
  remedy.undo.push_back(reboot_command);
  remedy.files = {file};
  return remedy;
}

}  // namespace vfio_doctor
