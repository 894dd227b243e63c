// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/binding_remedy.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/advice/module_order_remedy.hpp"
#include "checks/advice/plain_edit.hpp"
#include "checks/advice/shell_words.hpp"
#include "checks/kernel/early_binding_parts.hpp"

namespace vfio_doctor {
namespace {

std::string path_of(const PciAddress& address, const std::string& attribute) {
  return "/sys/bus/pci/devices/" + address.text() + "/" + attribute;
}

std::string write(const std::string& what, const std::string& file) {
  return (what.empty() ? "echo" : "echo " + shell_quoted(what)) + " | sudo tee " + shell_quoted(file);
}

std::string unbind(const PciAddress& address) { return write(address.text(), path_of(address, "driver/unbind")); }

std::string probe(const PciAddress& address) { return write(address.text(), "/sys/bus/pci/drivers_probe"); }

bool has_built_in_driver(const Host& host, const std::string& driver) {
  const auto found = host.modules.drivers.find(driver);
  return found != host.modules.drivers.end() && found->second.built_in.is(true);
}

/// Why no file of modprobe.d can let vfio-pci come first.
std::string hindrance(const Host& host, const std::vector<const PciFunction*>& functions) {
  if (!host.vfio.modprobe.unread.empty())
    return "what modprobe.d says already could not all be read (" + host.vfio.modprobe.unread.front() + ")";
  if (host.vfio.pci_driver_built_in) return "vfio-pci is built into this kernel, which reads no modprobe.d";
  for (const auto* function : functions) {
    if (!function->id.has_ids()) return "the ids of " + function->address.text() + " could not be read";
    const auto* driver = function->driver.get();
    if (driver && !is_module_name(*driver)) return "the name of the driver of " + function->address.text() + " is no module's";
    if (driver && !is_module_name(module_behind(host, *driver))) return "the module of " + *driver + " is not known";
    if (driver && has_built_in_driver(host, *driver)) return *driver + " is built into this kernel and always comes first";
  }
  return {};
}

/// What stands in modprobe.d already and would be lost, or would hide these lines; a line that says the same does no harm.
std::string conflict(const Host& host, const std::string& first_line) {
  const bool installs = first_line.starts_with("install ");
  for (const auto& line : host.vfio.modprobe.lines) {
    if (line.module != "vfio_pci" || line.text() == first_line) continue;
    if (installs && line.command == "install") return "another command is run when vfio-pci is loaded (" + line.place() + ")";
    if (!installs && line.command == "options" && line.rest.find("ids=") != std::string::npos)
      return "vfio-pci is given a list of ids already (" + line.place() + "), and only the last one counts";
  }
  const auto* arguments = host.kernel.arguments.get();
  if (!installs && arguments && arguments->last("vfio-pci.ids"))
    return "vfio-pci is given a list of ids on the command line already";
  return {};
}

/// "options vfio_pci ids=8086:24f3,10de:1b80"
std::string ids_line(const std::vector<const PciFunction*>& functions) {
  std::vector<std::string> ids;
  for (const auto* function : functions)
    if (const auto text = ids_text(function->id); std::ranges::find(ids, text) == ids.end()) ids.push_back(text);
  return "options vfio_pci ids=" + join(ids, ",");
}

/// Reserves each function before vfio-pci comes, as long as the ids at its address are still the same: after a card was added or
/// moved another one may be there. Only what every shell has in itself: the initial RAM disk has little more.
std::string install_line(const std::vector<const PciFunction*>& functions) {
  std::string list;
  for (const auto* function : functions)
    list +=
        " " + function->address.text() + "=0x" + hex_text(*function->id.vendor, 4) + "0x" + hex_text(*function->id.device, 4);
  return "install vfio_pci for i in" + list +
         "; do d=/sys/bus/pci/devices/${i%%=*}; read v < $d/vendor; read e < $d/device; "
         "[ \"$v$e\" = \"${i#*=}\" ] && echo vfio-pci > $d/driver_override; done; "
         "/sbin/modprobe --ignore-install vfio_pci $CMDLINE_OPTS";
}

std::vector<std::string> lines_for(const Host& host, const std::vector<const PciFunction*>& functions, KnownBy known_by) {
  std::vector<std::string> lines = {known_by == KnownBy::ids ? ids_line(functions) : install_line(functions)};
  for (const auto* function : functions) {
    if (!function->driver.has_value() || function->driver.is("vfio-pci")) continue;
    const auto line = "softdep " + module_behind(host, *function->driver) + " pre: vfio-pci";
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  }
  return lines;
}

/// In the order in which they are loaded.
constexpr std::string_view early_modules = "vfio_pci vfio_iommu_type1 vfio";

bool is_early(const std::string& module) {
  const auto words = split_words(early_modules);
  return std::ranges::find(words, normalize_module_name(module)) != words.end();
}

std::string write_lines(const std::vector<std::string>& lines, const std::string& file) {
  std::string command = "printf '%s\\n'";
  for (const auto& line : lines) command += " " + shell_quoted(line);
  return command + " | sudo tee " + file;
}

bool has_tool(const Host& host, ImageTool tool) {
  return std::ranges::find(host.modules.image_tools, tool) != host.modules.image_tools.end();
}

/// What the tool that builds the image must be told besides, so that vfio-pci is in it: dracut.conf(5), mkinitcpio.conf(5).
/// initramfs-tools takes in what a softdep names by itself (modprobe --show-depends).
std::string image_setting(const Host& host, std::string& directory) {
  if (host.distribution.is_like("arch") && has_tool(host, ImageTool::mkinitcpio)) {
    directory = "/etc/mkinitcpio.conf.d";
    return "MODULES+=(" + std::string(early_modules) + ")";
  }
  const bool dracut_alone = has_tool(host, ImageTool::dracut) && !has_tool(host, ImageTool::initramfs_tools) &&
                            !has_tool(host, ImageTool::mkinitcpio);
  if (dracut_alone || host.distribution.is_like("fedora") || host.distribution.is_like("rhel") ||
      host.distribution.is_like("suse") || host.distribution.is_like("opensuse")) {
    directory = "/etc/dracut.conf.d";
    return "force_drivers+=\" " + std::string(early_modules) + " \"";
  }
  return {};
}

/// The one list of modules in mkinitcpio.conf, where it is written as it comes and no drop-in takes its place. It goes before a
/// drop-in, because a preset that names its configuration (ALL_config=, mkinitcpio -c) makes mkinitcpio read no drop-ins.
const ModuleList* list_of_mkinitcpio(const Host& host) {
  if (!host.distribution.is_like("arch") || !has_tool(host, ImageTool::mkinitcpio) || !host.modules.unread.empty())
    return nullptr;
  const ModuleList* found = nullptr;
  for (const auto& list : host.modules.image) {
    if (list.kind != "MODULES" || list.text.starts_with("MODULES+=")) continue;
    if (found || list.file != "/etc/mkinitcpio.conf") return nullptr;
    found = &list;
  }
  const bool plain =
      found && found->text == "MODULES=(" + join(found->words, " ") + ")" && std::ranges::all_of(found->words, is_module_name);
  return plain ? found : nullptr;
}

/// Puts vfio-pci into the image, with the way back.
void add_to_image(const Host& host, const std::string& name, Remedy& remedy) {
  if (const auto* list = list_of_mkinitcpio(host)) {
    auto words = list->words;
    std::erase_if(words, [](const std::string& word) { return is_early(word); });
    const auto wanted = "MODULES=(" + std::string(early_modules) + (words.empty() ? "" : " ") + join(words, " ") + ")";
    const auto forth = exchange_line(list->file, list->text, wanted), back = exchange_line(list->file, wanted, list->text);
    if (wanted == list->text) return;
    if (forth && back) {
      remedy.commands.insert(remedy.commands.end(), forth->begin(), forth->end());
      remedy.undo.insert(remedy.undo.end(), back->begin(), back->end());
      remedy.files.push_back(list->file);
      return;
    }
  }
  std::string directory;
  const auto setting = image_setting(host, directory);
  if (setting.empty()) return;
  const auto file = directory + "/" + name;
  remedy.commands.push_back("sudo mkdir -p " + directory);
  remedy.commands.push_back(write_lines({setting}, file));
  remedy.undo.push_back("sudo rm " + file);
  remedy.files.push_back(file);
}

/// NixOS makes modprobe.d and the initial RAM disk of its configuration (boot.extraModprobeConfig, boot.initrd.kernelModules): a file
/// beside them is in no image. Which file of the configuration has the options, only its owner knows.
Remedy in_configuration_of_nixos(const std::vector<std::string>& lines) {
  return {.text =
              "In the NixOS configuration of this host, put \"vfio_pci\" into the list boot.initrd.kernelModules and these "
              "lines into boot.extraModprobeConfig: " +
              join(lines, "; ") + " (each on a line of its own). Make a new generation of it, and start the host anew.",
          .commands = {"sudo nixos-rebuild boot", reboot_command},
          .undo = {"sudo nixos-rebuild boot --rollback", reboot_command},
          .risk = {},
          .by_hand = true};
}

/// One for each set of devices, so that a later plan does not write over an earlier one.
std::string file_name(const PciAddress& first) {
  auto name = "vfio-doctor-" + first.text() + ".conf";
  std::ranges::replace(name, ':', '-');
  return name;
}

std::string risk_of(KnownBy known_by) {
  return known_by == KnownBy::ids
             ? "Every device with these ids is the host's no more, also one that is plugged in later."
             : "Addresses change when cards are added or moved: undo this first. The ids are compared at each start, so "
               "only a card of the same kind could be mistaken for it.";
}

}  // namespace

Remedy give_to_vfio(const PciFunction& function) {
  const auto& address = function.address;
  const auto override_file = path_of(address, "driver_override");
  Remedy remedy;
  remedy.text = "Give " + address.text() + " to vfio-pci, by its address.";
  remedy.commands = {write("vfio-pci", override_file)};
  const auto* driver = function.driver.get();
  if (driver) remedy.commands.push_back(unbind(address));
  remedy.commands.push_back(probe(address));
  remedy.undo = {unbind(address), write(function.driver_override.has_value() ? *function.driver_override : "", override_file)};
  if (driver) remedy.undo.push_back(write(address.text(), "/sys/bus/pci/drivers/" + *driver + "/bind"));
  remedy.risk = driver
                    ? "What the host does with it stops. A driver that is busy with it may not let go: then the command hangs."
                    : "None for the host, which does not use it now.";
  return remedy;
}

Remedy take_driver_away(const PciAddress& address) {
  return {"Take the driver away from " + address.text() + " until the guest is off.",
          {unbind(address)},
          {probe(address)},
          "The host has no use of it until its driver is back."};
}

Remedy set_virtual_functions(const PciAddress& address, unsigned now, unsigned wanted) {
  const auto file = path_of(address, "sriov_numvfs");
  Remedy remedy;
  remedy.text = wanted == 0 ? "Switch the virtual functions of " + address.text() + " off."
                            : "Switch " + std::to_string(wanted) +
                                  (wanted == 1 ? " virtual function of " : " virtual functions of ") + address.text() + " on.";
  const auto change = [&file](std::vector<std::string>& commands, unsigned from, unsigned to) {
    if (from != 0 && to != 0) commands.push_back(write("0", file));
    commands.push_back(write(std::to_string(to), file));
  };
  remedy.device = address.text();
  remedy.form = std::to_string(now) + " virtual functions become " + std::to_string(wanted);
  change(remedy.commands, now, wanted);
  change(remedy.undo, wanted, now);
  remedy.risk = now == 0 ? "None for what runs now; until the host starts anew."
                         : "Guests and containers that use the virtual functions lose them.";
  return remedy;
}

StartBinding give_to_vfio_at_start(const Host& host, const std::vector<const PciFunction*>& functions, KnownBy known_by) {
  StartBinding binding;
  binding.impossible = hindrance(host, functions);
  if (!binding.impossible.empty()) return binding;
  binding.lines = lines_for(host, functions, known_by);
  binding.impossible = conflict(host, binding.lines.front());
  if (!binding.impossible.empty()) return binding;
  auto& remedy = binding.remedy;
  if (host.distribution.is_like("nixos")) {
    remedy = in_configuration_of_nixos(binding.lines);
    remedy.risk = risk_of(known_by) + way_back_from_the_start(functions);
    return binding;
  }
  const auto name = file_name(functions.front()->address);
  const auto modprobe = "/etc/modprobe.d/" + name, load = "/etc/modules-load.d/" + name;
  remedy.files = {modprobe, load};
  remedy.commands = {write_lines(binding.lines, modprobe), "echo vfio-pci | sudo tee " + load};
  for (const auto& file : remedy.files) remedy.undo.push_back("sudo rm " + file);
  add_to_image(host, name, remedy);
  const auto rebuild = rebuild_initramfs_commands(host);
  remedy.by_hand = rebuild.empty();
  for (auto* commands : {&remedy.commands, &remedy.undo}) {
    commands->insert(commands->end(), rebuild.begin(), rebuild.end());
    commands->emplace_back(reboot_command);
  }
  remedy.text = std::string("Let vfio-pci come before the host's drivers at each start, ") +
                (known_by == KnownBy::ids ? "by the ids of the devices" : "by the addresses of the devices") +
                (rebuild.empty() ? "; then build the initial RAM disk anew with this distribution's own tool (which one is not "
                                   "known here), and start the host anew."
                                 : ", build the initial RAM disk anew, and start the host anew.");
  remedy.risk = risk_of(known_by) + way_back_from_the_start(functions);
  return binding;
}

}  // namespace vfio_doctor
