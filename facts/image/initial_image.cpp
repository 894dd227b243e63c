// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/image/initial_image.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "facts/image/booster_settings.hpp"
#include "facts/image/unified_image.hpp"
#include "machine/image/initial_image.hpp"
#include "machine/memory_root.hpp"

namespace vfio_doctor {
namespace {

using Image = Observed<InitialImage>;
constexpr std::size_t most_lists = 500, most_places = 64;

bool speaks_of_vfio_pci(std::string_view text) { return normalize_module_name(text).find("vfio_pci") != std::string::npos; }

/// Ids or an order for vfio-pci, or vfio-pci in a list of what to put into the image. Modules that are loaded behind it
/// (modules-load.d) do not count.
bool is_bound_at_start(const VfioFacts& vfio, const ModuleFacts& modules, const Kernel& kernel) {
  if (vfio.pci_driver_built_in) return false;  // it needs no image
  const auto in_lists = [](const std::vector<ModuleList>& lists) {
    return std::ranges::any_of(lists, [](const ModuleList& list) {
      return list.kind != "omit_drivers" && std::ranges::any_of(list.words, speaks_of_vfio_pci);
    });
  };
  const auto in_line = [](const ModprobeLine& line) {
    if (line.command == "options") return line.module == "vfio_pci" && line.rest.find("ids=") != std::string::npos;
    return (line.command == "softdep" || line.command == "install") && speaks_of_vfio_pci(line.text());
  };
  const auto* arguments = kernel.arguments.get();
  return std::ranges::any_of(vfio.modprobe.lines, in_line) || in_lists(modules.image) ||
         (arguments && arguments->last("vfio-pci.ids"));
}

/// Modules that take devices which people give to guests, and those of VFIO; whatever else is in an image is not kept.
bool is_of_interest(const std::string& module, const ModuleFacts& host) {
  static constexpr auto known = std::to_array<std::string_view>(
      {"irqbypass", "iommufd", "nouveau", "nvidia", "nvidia_drm", "nvidia_modeset", "nvidiafb", "amdgpu", "radeon", "i915",
       "xe", "ast", "snd_hda_intel", "xhci_pci", "xhci_hcd", "nvme", "ahci"});
  return module.starts_with("vfio") || std::ranges::find(known, module) != known.end() ||
         std::ranges::any_of(host.drivers, [&module](const auto& driver) {
           return driver.second.module == module || normalize_module_name(driver.first) == module;
         });
}

/// One file behind the other, as the boot loader puts them into memory.
FilePieces all_of(std::vector<FilePieces> files) {
  const auto left = std::make_shared<std::vector<FilePieces>>(std::move(files));
  return [left]() -> Observed<std::string_view> {
    while (!left->empty()) {
      auto piece = left->front()();
      if (!piece.has_value() || !piece->empty()) return piece;
      left->erase(left->begin());
    }
    return std::string_view();
  };
}

/// The lists by which programs in an image load modules. initramfs-tools: conf/modules (load_modules() in scripts/functions);
/// mkinitcpio: MODULES in config (init_functions); dracut: rd.driver.pre in etc/cmdline.d (modules.d/90kernel-modules); systemd:
/// modules-load.d(5).
void add_loads(const std::string& path, std::string_view text, std::vector<ModuleList>& loads) {
  unsigned number = 0;
  const auto add = [&](std::string_view words, std::string_view line) {
    ModuleList list{"load", {}, std::string(trim(line).substr(0, 200)), path, number};
    for (const auto word : split_words(words)) list.words.push_back(normalize_module_name(word));
    if (!list.words.empty() && loads.size() < most_lists) loads.push_back(std::move(list));
  };
  for (const auto line : split_lines(text)) {
    ++number;
    const auto words = split_words(line);
    if (words.empty() || words[0].front() == '#' || words[0].front() == ';') continue;
    if (path == "/conf/modules" || path == "/etc/modules" || path.find("/modules-load.d/") != path.npos) add(words[0], line);
    if (path == "/config" && line.starts_with("MODULES=")) {
      std::string value(line.substr(8));
      std::erase_if(value, [](char c) { return c == '"' || c == '\'' || c == '(' || c == ')'; });
      add(value, line);
    }
    if (path.starts_with("/etc/cmdline.d/"))
      for (const auto& argument : KernelArguments::parse(line).all())
        if (loads_modules(argument)) {
          auto value = *argument.value;
          std::ranges::replace(value, ',', ' ');
          add(value, line);
        }
  }
}

/// modprobe.d as modprobe finds it in the image.
ModprobeConfig modprobe_of(const std::map<std::string, Observed<std::string>>& settings) {
  RecordedNodes nodes = {{"/", {RecordedNode::Kind::complete, {}}}};
  for (const auto& [path, text] : settings)
    nodes[path] = text.has_value() ? RecordedNode{RecordedNode::Kind::file, *text}
                                   : RecordedNode{RecordedNode::Kind::unreadable, text.why()};
  return gather_modprobe(MemoryRoot(std::move(nodes)));
}

/// Of files that are there for more than this, no more is kept than is asked: they may hold what is nobody's business.
Observed<std::string> shortened(const std::string& path, Observed<std::string> text) {
  if (path == booster_settings_path) return text.has_value() ? booster_digest(*text) : text;
  if (!text.has_value() || path.find(".d/") != path.npos || path == "/conf/modules" || path == "/etc/modules") return text;
  if (path != "/config") return std::string();  // that it is there tells who made the image
  std::string kept;
  for (const auto line : split_lines(text.value()))
    if (line.starts_with("MODULES=")) kept += std::string(line) + "\n";
  return kept;
}

void complete(InitialImage& image) {
  const auto booster = image.settings.find(booster_settings_path);
  image.booster = booster != image.settings.end();
  if (image.booster) {
    auto& settings = booster->second;
    if (settings.has_value() && !read_booster_digest(*settings, image.modprobe, image.loads))
      settings = Observed<std::string>::unreadable("what booster's program loads there was not recorded");
    return;  // whatever else lies in it, nothing there reads it
  }
  image.modprobe = modprobe_of(image.settings);
  for (const auto& [path, text] : image.settings)
    if (text.has_value()) add_loads(path, *text, image.loads);
}

Image opened_image(const std::string& name, std::vector<FilePieces> files, const ModuleFacts& modules) {
  auto content = read_initial_image(all_of(std::move(files)));
  if (!content.has_value()) return Image::unreadable(name + ": " + content.why(), content.cause());
  InitialImage image;
  image.file = name;
  for (auto& [path, text] : content.value().files) image.settings[path] = shortened(path, std::move(text));
  for (const auto& module : content->modules)
    if (is_of_interest(module, modules)) image.modules.insert(module);
  complete(image);
  return image;
}

/// Nothing where these files are not there.
std::optional<Image> try_files(const Root& root, const std::vector<std::string>& names, const ModuleFacts& modules) {
  std::vector<FilePieces> files;
  for (const auto& name : names) {
    auto opened = root.open(name);
    if (opened.is_absent()) return std::nullopt;
    if (opened.is_unreadable()) return Image::unreadable(name + ": " + opened.why(), opened.cause());
    files.push_back(std::move(opened.value()));
  }
  return opened_image(join(names, " "), std::move(files), modules);
}

Image read_unified_image(const Root& root, const std::string& file, const ModuleFacts& modules) {
  auto section = open_unified_image(root, file);
  if (!section.has_value()) return Image::unreadable(file + ": " + section.why(), section.cause());
  std::vector<FilePieces> pieces;
  pieces.push_back(std::move(section.value()));
  return opened_image(file, std::move(pieces), modules);
}

/// Where nothing names it, a name alone does: but not where several of those names are there.
Image read_usual_image(const Root& root, const Kernel& kernel, const ModuleFacts& modules) {
  const auto* release = kernel.release.get();
  const auto package = release ? root.read_line("/usr/lib/modules/" + *release + "/pkgbase") : Observed<std::string>::absent();
  const auto files = usual_images(kernel, package.has_value() ? *package : std::string());
  std::vector<std::string> there;
  for (const auto& file : files)
    if (root.kind(file).has_value()) there.push_back(file);
  if (there.size() > 1)
    return Image::unreadable(there[0] + " and " + there[1] + " are both there, and which of them is started is not known");
  for (const auto& file : there.empty() ? files : there)
    if (auto image = try_files(root, {file}, modules)) return std::move(*image);
  return Image::unreadable("no file of the name that the image of the running kernel would have was found");
}

Image read_image(const Root& root, const BootConfiguration& boot, const Kernel& kernel, const ModuleFacts& modules) {
  if (const auto unified = booted_unified_image(root, boot, kernel); unified.has_value())
    return read_unified_image(root, *unified, modules);
  else if (unified.is_unreadable())
    return Image::unreadable(unified.why(), unified.cause());
  if (const auto two = contradicting_images(boot, kernel); !two.empty())
    return Image::unreadable("boot entries of the running kernel name " + two[0] + " and " + two[1] +
                             ", and which of them was started is not known");
  std::size_t count = 0;
  for (const auto& names : named_images(boot, kernel))
    if (++count <= most_places)
      if (auto image = try_files(root, names, modules)) return std::move(*image);
  return read_usual_image(root, kernel, modules);
}

/// What recorded_image() wrote.
Image from_recording(const Root& root) {
  const auto name = root.read_line(recorded_image_path + "/image");
  if (!name.has_value()) return Image::unreadable(name.why(), name.cause());
  InitialImage image;
  image.file = *name;
  const auto modules = root.read(recorded_image_path + "/modules");
  if (!modules.has_value()) return Image::unreadable("its modules were not recorded: " + modules.why(), modules.cause());
  for (const auto line : split_lines(modules.value()))
    if (!trim(line).empty()) image.modules.insert(normalize_module_name(trim(line)));
  const auto below = recorded_image_path + "/root";
  for (const auto& path : image_setting_places()) {
    const auto names = root.list(below + path);
    if (!names.has_value()) {
      if (auto text = root.read(below + path); !text.is_absent()) image.settings[path] = std::move(text);
      continue;
    }
    for (const auto& one : names.value()) image.settings[path + "/" + one] = root.read(below + path + "/" + one);
  }
  complete(image);
  return image;
}

}  // namespace

bool loads_modules(const KernelArgument& argument) {
  return argument.value &&
         (argument.name == "rd.driver.pre" || argument.name == "modules-load" || argument.name == "rd.modules-load");
}

InitialImageFacts gather_initial_image(const Root& root, const BootConfiguration& boot, const Kernel& kernel,
                                       const VfioFacts& vfio, const ModuleFacts& modules, ReadImage read) {
  InitialImageFacts facts;
  facts.matters = is_bound_at_start(vfio, modules, kernel);
  if (!facts.matters) return facts;
  facts.content = Image::unreadable("not asked");
  if (read == ReadImage::no) return facts;
  const auto recorded = root.is_live() ? Observed<NodeKind>::absent() : root.kind(recorded_image_path);
  if (recorded.is_unreadable())
    facts.content = Image::unreadable(recorded.why());
  else if (recorded.has_value())
    facts.content = from_recording(root);
  else
    facts.content = read_image(root.beneath(), boot, kernel, modules);
  return facts;
}

RecordedNodes recorded_image(const InitialImageFacts& facts) {
  using Kind = RecordedNode::Kind;
  RecordedNodes nodes;
  if (!facts.matters) return nodes;
  nodes[recorded_image_path] = {Kind::complete, {}};
  const auto* image = facts.content.get();
  nodes[recorded_image_path + "/image"] =
      image ? RecordedNode{Kind::file, image->file + "\n"} : RecordedNode{Kind::unreadable, facts.content.why()};
  if (!image) return nodes;
  std::string modules;
  for (const auto& module : image->modules) modules += module + "\n";
  nodes[recorded_image_path + "/modules"] = {Kind::file, modules};
  for (const auto& [path, text] : image->settings)
    nodes[recorded_image_path + "/root" + path] =
        text.has_value() ? RecordedNode{Kind::file, *text} : RecordedNode{Kind::unreadable, text.why()};
  return nodes;
}

}  // namespace vfio_doctor
