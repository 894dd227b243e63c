// SPDX-License-Identifier: GPL-2.0-or-later
// What the programs that build the initial RAM disk are told about modules.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "facts/modules/modules.hpp"
#include "facts/platform/drop_ins.hpp"
#include "facts/platform/image_assignments.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_files = 64, most_lists = 500, most_words = 500;

class ImageSettings {
 public:
  ImageSettings(const Root& root, ModuleFacts& facts) : root_(root), facts_(facts) {}

  void read() {
    read_dracut();
    read_mkinitcpio();
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

  void read_dracut() {
    if (read_shell("/etc/dracut.conf", dracut) || root_.list("/etc/dracut.conf.d").has_value()) found(ImageTool::dracut);
    for (const auto& file : dracut_drop_ins(root_)) read_shell(file, dracut);
  }

  void read_mkinitcpio() {
    const std::string directory = "/etc/mkinitcpio.conf.d";
    if (read_shell("/etc/mkinitcpio.conf", mkinitcpio)) found(ImageTool::mkinitcpio);
    const auto names = root_.list(directory);
    if (!names.has_value()) return;
    found(ImageTool::mkinitcpio);
    std::size_t files = 0;
    for (const auto& name : names.value())
      if (name.ends_with(".conf") && ++files <= most_files) read_shell(directory + "/" + name, mkinitcpio);
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
