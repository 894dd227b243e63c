// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/early_binding.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

using State = EarlyBinding::State;

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

/// By what it left in the image; dracut leaves nothing that is kept.
std::optional<ImageTool> builder_of(const InitialImage& image) {
  if (image.booster) return ImageTool::booster;
  if (image.settings.contains("/conf/initramfs.conf") || image.settings.contains("/conf/modules"))
    return ImageTool::initramfs_tools;
  if (image.settings.contains("/buildconfig") || image.settings.contains("/config")) return ImageTool::mkinitcpio;
  return std::nullopt;
}

/// Whose setting it is, by its name; nothing where it is not one that puts modules into the image.
std::optional<ImageTool> tool_of(const ModuleList& list) {
  if (list.kind == "modules" && list.file.starts_with("/etc/initramfs-tools/")) return ImageTool::initramfs_tools;
  if (list.kind == "MODULES") return ImageTool::mkinitcpio;
  if (list.kind == "force_drivers" || list.kind == "add_drivers" || list.kind == "drivers") return ImageTool::dracut;
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

bool has_line(const ModprobeConfig& config, const ModprobeLine& line) {
  return std::ranges::any_of(config.lines, [&line](const ModprobeLine& one) {
    return one.command == line.command && one.module == line.module && one.rest == line.rest;
  });
}

/// udev passes over a module that is blacklisted (modprobe.d(5)); the kernel refuses those of module_blacklist=.
bool is_kept_away(const Host& host, const InitialImage& image, const std::string& module) {
  for (const auto& line : image.modprobe.lines)
    if (line.module == module && (line.command == "blacklist" || line.command == "install")) return true;
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) return false;
  for (const auto& argument : arguments->all())
    if ((argument.name == "modprobe.blacklist" || argument.name == "rd.driver.blacklist" ||
         argument.name == "module_blacklist") &&
        argument.value)
      for (const auto name : split(*argument.value, ','))
        if (normalize_module_name(name) == module) return true;
  return false;
}

/// All lists of ids that vfio-pci is given, in one text.
std::string all_ids(const Host& host) {
  std::string ids;
  if (const auto* arguments = host.kernel.arguments.get())
    for (const auto& argument : arguments->all())
      if (normalize_module_name(argument.name) == "vfio_pci.ids" && argument.value) ids += "," + *argument.value;
  for (const auto& option : host.vfio.modprobe.options("vfio_pci"))
    if (option.name == "ids" && option.value) ids += "," + *option.value;
  return to_lower(ids) + ",";
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

class Weighing {
 public:
  Weighing(const Host& host, const InitialImage& image)
      : host_(host),
        image_(image),
        has_vfio_(image.modules.contains("vfio_pci")),
        is_loaded_(has_vfio_ && is_loaded()),
        ids_(all_ids(host)) {}

  EarlyBinding result() {
    find_untold();
    if (image_.modprobe.unread.empty()) {
      find_missing_lines();
      find_stale_ids();
    } else {
      doubt(image_.file + ", " + image_.modprobe.unread.front());
    }
    find_first_drivers();
    found_.state = !found_.drifts.empty() ? State::lost : !found_.why.empty() ? State::unknown : State::kept;
    found_.kept = is_loaded_
                      ? "The initial RAM disk loads vfio-pci, and has what modprobe.d says of it."
                      : "The initial RAM disk neither loads vfio-pci nor a driver that holds one of its devices now: who takes "
                        "them is decided after it.";
    found_.evidence = {image_evidence()};
    return std::move(found_);
  }

 private:
  Evidence image_evidence() const {
    std::string list;
    for (const auto& module : image_.modules)
      if (module.starts_with("vfio")) list += (list.empty() ? "" : " ") + module;
    return {image_.file, list.empty() ? "no module of VFIO is in it" : "in it: " + list};
  }

  void doubt(std::string why) {
    if (found_.why.empty()) found_.why = std::move(why);
  }

  void add(std::string sentence, std::vector<Evidence> evidence, bool built_by_other = false) {
    evidence.push_back(image_evidence());
    found_.drifts.push_back({std::move(sentence), std::move(evidence), built_by_other});
  }

  /// A list says that vfio-pci goes into the image, and it is not there.
  void find_untold() {
    if (has_vfio_) return;
    const auto builder = builder_of(image_);
    for (const auto& list : host_.modules.image) {
      const auto told = tool_of(list);
      if (!told || !names_vfio_pci(list.words)) continue;
      const bool other = builder && builder != told;
      add(std::string(name_of(*told)) + " is told to put vfio-pci into the initial RAM disk, but it is not in it: " +
              (other ? "the image was made by " + std::string(name_of(*builder)) + "." : "it was not built anew since."),
          {{list.place(), list.text}}, other);
      return;
    }
  }

  /// Lines about vfio-pci that what is in the image would have to know.
  void find_missing_lines() {
    for (const auto& line : host_.vfio.modprobe.lines) {
      const bool about_vfio = line.module == "vfio_pci" && (line.command == "options" || line.command == "install");
      const bool matters = about_vfio ? is_loaded_ : puts_vfio_before(line) && image_.modules.contains(line.module);
      if (!matters || has_line(image_.modprobe, line)) continue;
      add("The initial RAM disk does not have \"" + line.text() + "\": when it loads " + line.module +
              ", that has no effect. It was built before the line was written, or without modprobe.d.",
          {{line.place(), line.text()}});
    }
  }

  /// Ids that a person took out, and that the image goes on giving.
  void find_stale_ids() {
    if (!is_loaded_ || !host_.vfio.modprobe.unread.empty()) return;
    for (const auto& line : image_.modprobe.lines)
      if (line.command == "options" && line.module == "vfio_pci" && line.rest.find("ids=") != std::string::npos &&
          !has_line(host_.vfio.modprobe, line))
        add("The initial RAM disk still has \"" + line.text() + "\", which modprobe.d says no more.",
            {{image_.file + ":" + line.place(), line.text()}});
  }

  /// A driver of the image takes a device before vfio-pci is there at all.
  void find_first_drivers() {
    if (is_loaded_ && !only_softdeps_) return;
    for (const auto& function : host_.all_functions()) {
      if (!is_named(function, ids_) || function.is_bridge()) continue;
      const auto* driver = function.driver.get();
      if (driver && !is_held_by_vfio(function))
        judge_driver(function, *driver);
      else if (!is_loaded_)
        judge_likely(function);
    }
  }

  void judge_driver(const PciFunction& function, const std::string& driver) {
    const auto known = host_.modules.drivers.find(driver);
    const auto module = known == host_.modules.drivers.end() || known->second.module.empty() ? normalize_module_name(driver)
                                                                                             : known->second.module;
    if (!image_.modules.contains(module) || is_kept_away(host_, image_, module) || is_ordered(module)) return;
    add(module + " is in the initial RAM disk and takes " + function.address.text() +
            " there: " + (has_vfio_ ? "nothing in it loads vfio-pci before." : "vfio-pci is not in it."),
        {{function.sysfs_path + "/driver", driver}});
  }

  void judge_likely(const PciFunction& function) {
    const auto modules = likely_modules(function);
    const bool any = std::ranges::any_of(modules, [&](std::string_view module) {
      return image_.modules.contains(std::string(module)) && !is_kept_away(host_, image_, std::string(module));
    });
    if (modules.empty() || any)
      doubt("nothing in " + image_.file + " loads vfio-pci, and whether a driver there takes " + function.address.text() +
            " is not known");
  }

  bool is_ordered(const std::string& module) const {
    return has_vfio_ && std::ranges::any_of(image_.modprobe.lines, [&module](const ModprobeLine& line) {
             return line.module == module && puts_vfio_before(line);
           });
  }

  /// By a list of the image, by a word of the command line for dracut or systemd in it, or with another of its modules.
  bool is_loaded() {
    if (is_listed()) return true;
    only_softdeps_ = std::ranges::any_of(image_.modprobe.lines, [this](const ModprobeLine& line) {
      return puts_vfio_before(line) && image_.modules.contains(line.module);
    });
    return only_softdeps_;
  }

  bool is_listed() const {
    if (std::ranges::any_of(image_.loads, [](const ModuleList& list) { return names_vfio_pci(list.words); })) return true;
    const auto* arguments = host_.kernel.arguments.get();
    return arguments && std::ranges::any_of(arguments->all(), [](const KernelArgument& argument) {
             return loads_modules(argument) && normalize_module_name(*argument.value).find("vfio_pci") != std::string::npos;
           });
  }

  const Host& host_;
  const InitialImage& image_;
  bool only_softdeps_ = false;  ///< nothing loads vfio-pci in the image but the modules that it comes before
  const bool has_vfio_, is_loaded_;
  const std::string ids_;
  EarlyBinding found_;
};

}  // namespace

EarlyBinding early_binding(const Host& host) {
  EarlyBinding result;
  const auto& facts = host.initial_image;
  if (!facts.matters) return result;
  const auto* image = facts.content.get();
  if (image && !image->booster) return Weighing(host, *image).result();
  result.state = State::unknown;
  result.why = image ? image->file + ": booster keeps options of modules in a form of its own" : facts.content.why();
  result.evidence = {{image ? image->file : "initial RAM disk", result.why}};
  return result;
}

}  // namespace vfio_doctor
