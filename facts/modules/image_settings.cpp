// SPDX-License-Identifier: GPL-2.0-or-later
// What the programs that build the initial RAM disk are told about modules.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "facts/modules/modules.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_files = 64, most_lists = 500, most_words = 500;

class ImageSettings {
 public:
  ImageSettings(const Root& root, ModuleFacts& facts) : root_(root), facts_(facts) {}

  void read() {
    read_shell(ImageTool::dracut, "/etc/dracut.conf", "/etc/dracut.conf.d", dracut);
    read_shell(ImageTool::mkinitcpio, "/etc/mkinitcpio.conf", "/etc/mkinitcpio.conf.d", mkinitcpio);
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

  /// NAME="a b", NAME+=" a b ", NAME=(a b): one line each, as these files are written. What is in quotes or brackets.
  template <class Names>
  void read_assignments(const std::string& file, std::string_view text, const Names& names) {
    unsigned number = 0;
    for (const auto line : split_lines(text)) {
      ++number;
      const auto equals = line.find('=');
      const auto stripped = trim(line);
      if (equals == line.npos || stripped.empty() || stripped.front() == '#') continue;
      auto name = trim(line.substr(0, equals));
      if (name.ends_with('+')) name.remove_suffix(1);
      if (std::ranges::find(names, name) == names.end()) continue;
      auto value = line.substr(equals + 1);
      value = value.substr(0, value.find(" #"));
      if (const auto open = value.find_first_of("\"'("); open != value.npos) value.remove_prefix(open + 1);
      value = value.substr(0, value.find_last_of("\"')"));
      add(std::string(name), value, line, file, number);
    }
  }

  template <class Names>
  void read_shell(ImageTool tool, const std::string& main_file, const std::string& directory, const Names& names) {
    if (const auto text = content(main_file); text.has_value()) {
      found(tool);
      read_assignments(main_file, text.value(), names);
    }
    const auto files = root_.list(directory);
    if (!files.has_value()) return;
    found(tool);
    std::size_t count = 0;
    for (const auto& name : files.value())
      if (name.ends_with(".conf") && ++count <= most_files)
        if (const auto text = content(directory + "/" + name); text.has_value())
          read_assignments(directory + "/" + name, text.value(), names);
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
