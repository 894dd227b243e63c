// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/booster_binding.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "checks/kernel/early_binding_parts.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/kernel_rules.hpp"
#include "facts/image/booster_settings.hpp"

namespace vfio_doctor {
namespace {

using State = EarlyBinding::State;
using Mend = ImageDrift::Mend;

/// Options of vfio-pci, word by word: booster puts those of several lines behind each other.
std::set<std::string> options_of(const ModprobeConfig& config) {
  std::set<std::string> words;
  for (const auto& line : config.lines)
    if (line.command == "options" && line.module == "vfio_pci")
      for (const auto word : split_words(line.rest)) words.emplace(word);
  return words;
}

/// rd.modules_force_load= on the command line adds to the image's own list (init/cmdline.go).
bool loads_vfio_pci(const Host& host, const InitialImage& image) {
  if (!image.modules.contains("vfio_pci")) return false;
  if (std::ranges::any_of(image.loads, [](const ModuleList& list) { return names_vfio_pci(list.words); })) return true;
  const auto* arguments = host.kernel.arguments.get();
  return arguments && std::ranges::any_of(arguments->all(), [](const KernelArgument& argument) {
           return argument.name == "rd.modules_force_load" && lists_module(argument, "vfio_pci");
         });
}

class Weighing {
 public:
  Weighing(const Host& host, const InitialImage& image)
      : host_(host), image_(image), loads_(loads_vfio_pci(host, image)), ids_(ids_of_vfio_pci(host)), found_(image) {}

  EarlyBinding result() {
    find_untold();
    if (loads_) find_other_options();
    find_untaken_lines();
    find_other_drivers();
    return std::move(found_).result(loads_);
  }

 private:
  /// A list names vfio-pci, and the image knows nothing of it.
  void find_untold() {
    if (loads_) return;
    const bool has_vfio = image_.modules.contains("vfio_pci");
    for (const auto& list : host_.modules.image) {
      const auto told = tool_of(list);
      const bool is_booster = told == ImageTool::booster;
      if (!told || !names_vfio_pci(list.words) || (has_vfio && !(is_booster && list.kind == "modules_force_load"))) continue;
      const std::string to_do = has_vfio ? "load vfio-pci in" : "put vfio-pci into",
                        lack = has_vfio ? "nothing in it does" : "it is not in it";
      found_.add(std::string(name_of(*told)) + " is told to " + to_do + " the initial RAM disk, but " + lack + ": " +
                     (is_booster ? "it was not built anew since." : "the image was made by booster."),
                 {{list.place(), list.text}}, is_booster ? Mend::build_anew : Mend::tell_builder);
      return;
    }
  }

  void find_other_options() {
    const auto here = options_of(image_.modprobe);
    for (const auto& line : host_.vfio.modprobe.lines) {
      if (line.command != "options" || line.module != "vfio_pci") continue;
      const auto words = split_words(line.rest);
      if (std::ranges::all_of(words, [&here](std::string_view word) { return here.contains(std::string(word)); })) continue;
      found_.add("The initial RAM disk does not have \"" + line.text() +
                     "\": when it loads vfio_pci, that has no effect. It was built before the line was written.",
                 {{line.place(), line.text()}});
    }
    if (!host_.vfio.modprobe.unread.empty()) return;
    const auto there = options_of(host_.vfio.modprobe);
    for (const auto& word : here)
      if (word.starts_with("ids=") && !there.contains(word))
        found_
            .add("The initial RAM disk still gives vfio-pci \"" + word +
                     "\", which modprobe.d says no more, or in a file whose name does not end in .conf: booster reads those as "
                     "well.",
                 {{image_.file + ":" + booster_settings_path, word}});
  }

  /// Lines that would have put vfio-pci first in an image of another program.
  void find_untaken_lines() {
    for (const auto& line : host_.vfio.modprobe.lines) {
      const bool installs = line.command == "install" && line.module == "vfio_pci" && loads_;
      const bool orders =
          puts_vfio_before(line) && image_.modules.contains(line.module) && !comes_behind_vfio(image_, line.module);
      if (orders && loads_) found_.doubt(side_by_side(line.module));
      if (installs || (orders && !loads_))
        found_.add("booster takes no \"" + line.command + "\" line of modprobe.d into the initial RAM disk: \"" + line.text() +
                       "\" has no effect there.",
                   {{line.place(), line.text()}}, Mend::order_in_booster);
    }
  }

  void find_other_drivers() {
    for (const auto& function : host_.all_functions()) {
      if (!is_named(function, ids_) || function.is_bridge()) continue;
      const auto* driver = function.driver.get();
      if (driver && !is_held_by_vfio(function))
        judge_driver(function, *driver);
      else
        judge_likely(function);
    }
  }

  void judge_driver(const PciFunction& function, const std::string& driver) {
    const auto module = module_behind(host_, driver);
    if (!may_come(module)) return;
    if (loads_) return found_.doubt(side_by_side(module));
    found_.add(module + " is in the initial RAM disk and takes " + function.address.text() +
                   " there: nothing in it loads vfio-pci.",
               {{function.sysfs_path + "/driver", driver}}, Mend::order_in_booster);
  }

  void judge_likely(const PciFunction& function) {
    const auto modules = likely_modules(function);
    for (const auto module : modules)
      if (may_come(std::string(module)) && loads_) return found_.doubt(side_by_side(std::string(module)));
    const bool any = std::ranges::any_of(modules, [this](std::string_view module) { return may_come(std::string(module)); });
    if (modules.empty() || any)
      found_.doubt("whether a driver in " + image_.file + " takes " + function.address.text() +
                   " before vfio-pci is not known");
  }

  bool may_come(const std::string& module) const {
    return image_.modules.contains(module) && !refusing_argument(host_, module) && !comes_behind_vfio(image_, module);
  }

  std::string side_by_side(const std::string& module) const {
    return image_.file + ": booster loads " + module +
           " and vfio-pci side by side there, and which of them comes first is not known";
  }

  const Host& host_;
  const InitialImage& image_;
  const bool loads_;
  const std::string ids_;
  WeighedImage found_;
};

}  // namespace

EarlyBinding booster_binding(const Host& host, const InitialImage& image) {
  const auto settings = image.settings.find(booster_settings_path);
  if (settings != image.settings.end() && settings->second.has_value()) return Weighing(host, image).result();
  EarlyBinding unknown;
  unknown.state = State::unknown;
  unknown.why = image.file + ": " +
                (settings == image.settings.end() ? "nothing says what booster's program loads" : settings->second.why());
  unknown.evidence = {{image.file, unknown.why}};
  return unknown;
}

}  // namespace vfio_doctor
