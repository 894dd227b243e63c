// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/early_binding.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "checks/kernel/booster_binding.hpp"
#include "checks/kernel/early_binding_parts.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/kernel_rules.hpp"

namespace vfio_doctor {
namespace {

using State = EarlyBinding::State;
using Mend = ImageDrift::Mend;

/// By what it left in the image; dracut leaves nothing that is kept.
std::optional<ImageTool> builder_of(const InitialImage& image) {
  if (image.settings.contains("/conf/initramfs.conf") || image.settings.contains("/conf/modules"))
    return ImageTool::initramfs_tools;
  if (image.settings.contains("/buildconfig") || image.settings.contains("/config")) return ImageTool::mkinitcpio;
  return std::nullopt;
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
  return refusing_argument(host, module) || blacklisting_argument(host, module);
}

/// The command line's list of ids counts, whatever modprobe.d says: see given_parameters().
bool has_ids_on_command_line(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  const auto* ids = arguments ? arguments->last("vfio_pci.ids") : nullptr;
  return ids && ids->value;
}

bool says_ids_alone(const ModprobeLine& line) {
  return line.command == "options" && line.module == "vfio_pci" &&
         std::ranges::all_of(split_words(line.rest), [](std::string_view word) { return word.starts_with("ids="); });
}

class Weighing {
 public:
  Weighing(const Host& host, const InitialImage& image)
      : host_(host),
        image_(image),
        has_vfio_(image.modules.contains("vfio_pci")),
        is_loaded_(has_vfio_ && is_loaded()),
        ids_on_command_line_(has_ids_on_command_line(host)),
        ids_(ids_of_vfio_pci(host)),
        found_(image) {}

  EarlyBinding result() {
    find_untold();
    if (image_.modprobe.unread.empty()) {
      find_missing_lines();
      find_stale_ids();
    } else {
      found_.doubt(image_.file + ", " + image_.modprobe.unread.front());
    }
    find_first_drivers();
    return std::move(found_).result(is_loaded_);
  }

 private:
  /// A list says that vfio-pci goes into the image, and it is not there.
  void find_untold() {
    if (has_vfio_) return;
    const auto builder = builder_of(image_);
    for (const auto& list : host_.modules.image) {
      const auto told = tool_of(list);
      if (!told || !names_vfio_pci(list.words)) continue;
      // booster leaves its mark, and this is an image without it.
      const bool other = (builder && builder != told) || told == ImageTool::booster;
      const auto maker = builder ? std::string(name_of(*builder)) : "another program";
      found_.add(std::string(name_of(*told)) + " is told to put vfio-pci into the initial RAM disk, but it is not in it: " +
                     (other ? "the image was made by " + maker + "." : "it was not built anew since."),
                 {{list.place(), list.text}}, other ? Mend::tell_builder : Mend::build_anew);
      return;
    }
  }

  /// Lines about vfio-pci that what is in the image would have to know.
  void find_missing_lines() {
    for (const auto& line : host_.vfio.modprobe.lines) {
      const bool about_vfio = line.module == "vfio_pci" && (line.command == "options" || line.command == "install");
      const bool matters = about_vfio ? is_loaded_ : puts_vfio_before(line) && image_.modules.contains(line.module);
      if (!matters || has_line(image_.modprobe, line) || (ids_on_command_line_ && says_ids_alone(line))) continue;
      found_.add("The initial RAM disk does not have \"" + line.text() + "\": when it loads " + line.module +
                     ", that has no effect. It was built before the line was written, or without modprobe.d.",
                 {{line.place(), line.text()}});
    }
  }

  /// Ids that a person took out, and that the image goes on giving.
  void find_stale_ids() {
    if (!is_loaded_ || ids_on_command_line_ || !host_.vfio.modprobe.unread.empty()) return;
    for (const auto& line : image_.modprobe.lines)
      if (line.command == "options" && line.module == "vfio_pci" && line.rest.find("ids=") != std::string::npos &&
          !has_line(host_.vfio.modprobe, line))
        found_.add("The initial RAM disk still has \"" + line.text() + "\", which modprobe.d says no more.",
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
    const auto module = module_behind(host_, driver);
    if (!image_.modules.contains(module) || is_kept_away(host_, image_, module) || is_ordered(module)) return;
    found_.add(module + " is in the initial RAM disk and takes " + function.address.text() +
                   " there: " + (has_vfio_ ? "nothing in it loads vfio-pci before." : "vfio-pci is not in it."),
               {{function.sysfs_path + "/driver", driver}});
  }

  void judge_likely(const PciFunction& function) {
    const auto modules = likely_modules(function);
    const bool any = std::ranges::any_of(modules, [&](std::string_view module) {
      return image_.modules.contains(std::string(module)) && !is_kept_away(host_, image_, std::string(module));
    });
    if (modules.empty() || any)
      found_.doubt("nothing in " + image_.file + " loads vfio-pci, and whether a driver there takes " +
                   function.address.text() + " is not known");
  }

  bool is_ordered(const std::string& module) const { return has_vfio_ && comes_behind_vfio(image_, module); }

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
  const bool has_vfio_, is_loaded_, ids_on_command_line_;
  const std::string ids_;
  WeighedImage found_;
};

}  // namespace

EarlyBinding early_binding(const Host& host) {
  EarlyBinding result;
  const auto& facts = host.initial_image;
  if (!facts.matters) return result;
  const auto* image = facts.content.get();
  if (image) {
    result = image->booster ? booster_binding(host, *image) : Weighing(host, *image).result();
    result.booster = image->booster;
    return result;
  }
  result.state = State::unknown;
  result.why = facts.content.why();
  result.evidence = {{"initial RAM disk", result.why}};
  return result;
}

}  // namespace vfio_doctor
