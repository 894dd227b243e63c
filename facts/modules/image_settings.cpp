// SPDX-License-Identifier: GPL-2.0-or-later
// What the programs that build the initial RAM disk are told about modules.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "facts/modules/modules.hpp"
#include "facts/platform/image_assignments.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_files = 64, most_lists = 500, most_words = 500;

class ImageSettings {
 public:
  ImageSettings(const Root& root, ModuleFacts& facts) : root_(root), facts_(facts) {}

  void read() {
    read_shell_files(ImageTool::dracut, "/etc/dracut.conf", {"/usr/lib/dracut/dracut.conf.d", "/etc/dracut.conf.d"}, dracut);
    read_shell_files(ImageTool::mkinitcpio, "/etc/mkinitcpio.conf", {"/etc/mkinitcpio.conf.d"}, mkinitcpio);
    read_initramfs_tools();
    read_booster();
  }

 private:
  static constexpr auto dracut = std::to_array<std::string_view>(
      {"force_drivers", "add_drivers", "omit_drivers", "drivers", "filesystems", "add_dracutmodules", "hostonly"});
  static constexpr auto mkinitcpio = std::to_array<std::string_view>({"MODULES", "HOOKS", "FILES"});

  void found(ImageTool tool) {
    if (std::ranges::find(facts_.image_tools, tool) == facts_.image_tools.end()) facts_.image_tools.push_back(tool);
  }

  Observed<std::string> content(const std::string& file) {
    auto text = root_.read(file);
    if (text.is_unreadable()) facts_.unread.push_back(file + ": " + text.why());
    return text;
  }

  void add(std::string kind, std::string_view list, std::string_view line, const std::string& file, unsigned number) {
    if (facts_.image.size() == most_lists) return;
    ModuleList entry{std::move(kind), {}, std::string(trim(line).substr(0, 200)), file, number};
    for (const auto word : split_words(list))
      if (entry.words.size() < most_words) entry.words.emplace_back(word);
    facts_.image.push_back(std::move(entry));
  }

  /// A list that a shell has in the end: "NAME=" takes the place of all that was said before.
  void take_in(ImageAssignment assignment, const std::string& file) {
    ModuleList list{std::move(assignment.name), {}, std::move(assignment.text), file, assignment.line};
    for (auto& word : assignment.words) list.words.push_back(std::move(word.text));
    if (!assignment.appends && !assignment.conditional) {
      const auto lost =
          std::ranges::stable_partition(facts_.image, [&list](const ModuleList& earlier) { return earlier.kind != list.kind; });
      for (auto& earlier : lost)
        if (!earlier.words.empty() && facts_.lost_image.size() < most_lists)
          facts_.lost_image.push_back({std::move(earlier), list.place(), list.text});
      facts_.image.erase(lost.begin(), lost.end());
    }
    if (facts_.image.size() < most_lists) facts_.image.push_back(std::move(list));
  }

  /// False where there is no such file.
  template <class Names>
  bool read_shell(const std::string& file, const Names& names) {
    const auto text = content(file);
    if (!text.has_value()) return false;
    for (auto& assignment : read_image_assignments(text.value()))
      if (std::ranges::find(names, assignment.name) != names.end()) take_in(std::move(assignment), file);
    return true;
  }

  /// The main file, then those of the directories by name; one in a later directory takes the place of its namesakes.
  template <class Names>
  void read_shell_files(ImageTool tool, const std::string& main_file, std::initializer_list<std::string> directories,
                        const Names& names) {
    if (read_shell(main_file, names)) found(tool);
    std::map<std::string, std::string> path_of;
    for (const auto& directory : directories) {
      const auto files = root_.list(directory);
      if (!files.has_value()) continue;
      if (directory.starts_with("/etc/")) found(tool);
      for (const auto& name : files.value())
        if (name.ends_with(".conf") && path_of.size() < most_files) path_of[name] = directory + "/" + name;
    }
    for (const auto& [name, path] : path_of) read_shell(path, names);
  }

  void read_initramfs_tools() {
    const std::string file = "/etc/initramfs-tools/modules";
    const auto text = content(file);
    if (!text.has_value()) return;
    found(ImageTool::initramfs_tools);
    unsigned number = 0;
    for (const auto line : split_lines(text.value())) {
      ++number;
      const auto words = split_words(line);
      if (!words.empty() && words[0].front() != '#') add("modules", words[0], line, file, number);
    }
  }

  /// booster.yaml(5): "modules: a,b" and "modules_force_load: a,b".
  void read_booster() {
    const std::string file = "/etc/booster.yaml";
    const auto text = content(file);
    if (!text.has_value()) return;
    found(ImageTool::booster);
    unsigned number = 0;
    for (const auto line : split_lines(text.value())) {
      ++number;
      for (const std::string_view key : {"modules:", "modules_force_load:"})
        if (line.starts_with(key)) {
          std::string list(line.substr(key.size()));
          std::ranges::replace(list, ',', ' ');
          add(std::string(key.substr(0, key.size() - 1)), list, line, file, number);
        }
    }
  }

  const Root& root_;
  ModuleFacts& facts_;
};

}  // namespace

void read_image_settings(const Root& root, ModuleFacts& facts) { ImageSettings(root, facts).read(); }

}  // namespace vfio_doctor
