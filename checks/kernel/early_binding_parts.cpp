// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/early_binding_parts.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {

std::string_view name_of(ImageTool tool) {
  switch (tool) {
    case ImageTool::dracut:
      return "dracut";
    case ImageTool::initramfs_tools:
      return "initramfs-tools";
    case ImageTool::mkinitcpio:
      return "mkinitcpio";
    case ImageTool::booster:
      break;
  }
  return "booster";
}

/// Whose setting it is, by its name; nothing where it is not one that puts modules into the image.
std::optional<ImageTool> tool_of(const ModuleList& list) {
  if (list.kind == "modules" && list.file.starts_with("/etc/initramfs-tools/")) return ImageTool::initramfs_tools;
  if (list.kind == "MODULES") return ImageTool::mkinitcpio;
  if (list.kind == "force_drivers" || list.kind == "add_drivers" || list.kind == "drivers") return ImageTool::dracut;
  if (list.file == "/etc/booster.yaml") return ImageTool::booster;
  return std::nullopt;
}

bool names_vfio_pci(const std::vector<std::string>& words) {
  return std::ranges::any_of(words, [](const std::string& word) { return normalize_module_name(word) == "vfio_pci"; });
}

/// "softdep nouveau pre: vfio-pci": vfio-pci is loaded before that module.
bool puts_vfio_before(const ModprobeLine& line) {
  bool before = false;
  for (const auto word : split_words(line.rest)) {
    if (word == "pre:" || word == "post:")
      before = word == "pre:";
    else if (before && normalize_module_name(word) == "vfio_pci")
      return line.command == "softdep";
  }
  return false;
}

std::string ids_of_vfio_pci(const Host& host) {
  const auto list = given_parameter(host, "vfio_pci", "ids");
  return list && list->value ? "," + to_lower(*list->value) + "," : std::string();
}

bool is_named(const PciFunction& function, const std::string& ids) {
  if (!function.id.has_ids()) return false;
  const auto id = "," + hex_text(*function.id.vendor, 4) + ":" + hex_text(*function.id.device, 4);
  return ids.find(id + ",") != ids.npos || ids.find(id + ":") != ids.npos;
}

/// Modules that may come for a device which vfio-pci holds now; nothing where that is not known.
std::vector<std::string_view> likely_modules(const PciFunction& function) {
  const auto kind = function.class_and_subclass().value_or(0);
  if (kind >> 8 == 0x03) return {"nouveau", "nvidia", "nvidia_drm", "nvidiafb", "amdgpu", "radeon", "i915", "xe", "ast"};
  if (kind == 0x0403) return {"snd_hda_intel"};
  if (kind == 0x0c03) return {"xhci_pci"};
  if (kind == 0x0108) return {"nvme"};
  return {};
}

std::string module_behind(const Host& host, const std::string& driver) {
  const auto known = host.modules.drivers.find(driver);
  return known == host.modules.drivers.end() || known->second.module.empty() ? normalize_module_name(driver)
                                                                             : known->second.module;
}

Evidence image_evidence(const InitialImage& image) {
  std::string list;
  for (const auto& module : image.modules)
    if (module.starts_with("vfio")) list += (list.empty() ? "" : " ") + module;
  return {image.file, list.empty() ? "no module of VFIO is in it" : "in it: " + list};
}

bool lists_module(const KernelArgument& argument, std::string_view module) {
  if (!argument.value) return false;
  const auto names = split(*argument.value, ',');
  return std::ranges::any_of(names, [module](std::string_view name) { return normalize_module_name(name) == module; });
}

const KernelArgument* blacklisting_argument(const Host& host, std::string_view module) {
  if (const auto* arguments = host.kernel.arguments.get())
    for (const auto& argument : arguments->all())
      if ((argument.name == "modprobe.blacklist" || argument.name == "rd.driver.blacklist") && lists_module(argument, module))
        return &argument;
  return nullptr;
}

bool comes_behind_vfio(const InitialImage& image, const std::string& module) {
  return std::ranges::any_of(image.modprobe.lines,
                             [&module](const ModprobeLine& line) { return line.module == module && puts_vfio_before(line); });
}

void WeighedImage::add(std::string sentence, std::vector<Evidence> evidence, ImageDrift::Mend mend) {
  evidence.push_back(image_evidence(image_));
  found_.drifts.push_back({std::move(sentence), std::move(evidence), mend});
}

void WeighedImage::doubt(std::string why) {
  if (found_.why.empty()) found_.why = std::move(why);
}

EarlyBinding WeighedImage::result(bool loads_vfio_pci) && {
  using enum EarlyBinding::State;
  found_.state = !found_.drifts.empty() ? lost : !found_.why.empty() ? unknown : kept;
  found_.kept = loads_vfio_pci
                    ? "The initial RAM disk loads vfio-pci, and has what modprobe.d says of it."
                    : "The initial RAM disk neither loads vfio-pci nor a driver that holds one of its devices now: who takes "
                      "them is decided after it.";
  found_.evidence = {image_evidence(image_)};
  return std::move(found_);
}

}  // namespace vfio_doctor
