// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/module_lists.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "base/text.hpp"
#include "facts/iommu/module_slips.hpp"
#include "facts/platform/drop_ins.hpp"
#include "facts/platform/image_assignments.hpp"
#include "facts/platform/kernel_arguments.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_listed = 200;

/// VFIO's own, and those from outside the kernel that passthrough is asked to use.
bool is_wanted(std::string_view name) { return name == "vfio" || name.starts_with("vfio_") || is_from_outside(name); }

/// Adds to the list the names that one line holds, whatever quotes and brackets stand around them.
void add_names(std::string_view text, const std::string& file, unsigned number, std::vector<ListedModule>& listed) {
  constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  while (!text.empty() && listed.size() < most_listed) {
    const auto start = text.find_first_of(name_characters);
    if (start == text.npos) return;
    text.remove_prefix(start);
    const auto end = std::min(text.find_first_not_of(name_characters), text.size());
    const auto name = normalize_module_name(text.substr(0, end));
    if (is_wanted(name)) listed.push_back({.module = name, .file = file, .line = number, .installed = {}});
    text.remove_prefix(end);
  }
}

/// One name a line; what follows a name are parameters (/etc/modules).
void read_names(const std::string& text, const std::string& file, std::vector<ListedModule>& listed) {
  unsigned number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    const auto words = split_words(line);
    if (words.empty() || words[0].starts_with('#') || words[0].starts_with(';')) continue;
    const auto before = listed.size();
    add_names(words[0], file, number, listed);
    if (words.size() > 1 && file.find("/modules-load.d/") != file.npos)
      for (auto at = before; at < listed.size(); ++at) listed[at].line_for_a_name = trim(line);
  }
}

/// Shell assignments of dracut and mkinitcpio.
void read_assignments(const std::string& text, const std::string& file, const std::set<std::string_view>& names,
                      std::vector<ListedModule>& listed) {
  for (const auto& assignment : read_image_assignments(text))
    if (names.contains(assignment.name))
      for (const auto& word : assignment.words) add_names(word.text, file, word.line, listed);
}

}  // namespace

std::vector<ListedModule> read_module_lists(const Root& root) {
  std::vector<ListedModule> listed;
  for (const std::string file : {"/etc/modules", "/etc/initramfs-tools/modules"})
    if (const auto text = root.read(file); text.has_value()) read_names(text.value(), file, listed);
  // A file takes the place of one with the same name in a directory of less weight (modules-load.d(5), dracut.conf(5)).
  const auto each = [&root](std::initializer_list<std::string> directories, auto use) {
    std::map<std::string, std::string> path_of;
    for (const auto& directory : directories)
      if (const auto names = root.list(directory); names.has_value())
        for (const auto& name : names.value())
          if (name.ends_with(".conf")) path_of[name] = directory + "/" + name;
    for (const auto& [name, path] : path_of)
      if (const auto text = root.read(path); text.has_value()) use(text.value(), path);
  };
  each({"/usr/lib/modules-load.d", "/usr/local/lib/modules-load.d", "/run/modules-load.d", "/etc/modules-load.d"},
       [&](const std::string& text, const std::string& path) { read_names(text, path, listed); });
  const std::set<std::string_view> of_dracut = {"add_drivers", "force_drivers", "drivers"};
  if (const auto text = root.read("/etc/dracut.conf"); text.has_value())
    read_assignments(text.value(), "/etc/dracut.conf", of_dracut, listed);
  for (const auto& path : dracut_drop_ins(root))
    if (const auto text = root.read(path); text.has_value()) read_assignments(text.value(), path, of_dracut, listed);
  if (const auto text = root.read("/etc/mkinitcpio.conf"); text.has_value())
    read_assignments(text.value(), "/etc/mkinitcpio.conf", {"MODULES"}, listed);
  each({"/etc/mkinitcpio.conf.d"},
       [&](const std::string& text, const std::string& path) { read_assignments(text, path, {"MODULES"}, listed); });
  if (const auto line = root.read("/proc/cmdline"); line.has_value())
    for (const auto& argument : KernelArguments::parse(trim(line.value())).all())
      if (argument.value && (normalize_module_name(argument.name) == "modules_load" ||
                             normalize_module_name(argument.name) == "rd.modules_load" || argument.name == "rd.driver.pre" ||
                             argument.name == "rd.driver.post"))
        add_names(*argument.value, "/proc/cmdline", 1, listed);
  return listed;
}

}  // namespace vfio_doctor
