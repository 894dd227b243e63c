// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/image_makers.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "facts/platform/drop_ins.hpp"

namespace vfio_doctor {
namespace {

std::string without_quote_signs(std::string_view text) {
  std::string bare(text);
  std::erase_if(bare, [](char c) { return c == '"' || c == '\''; });
  return bare;
}

/// "NAME=(one two)" at the beginning of a line: what stands between the brackets. A list is no value of a shell's variable, so
/// ShellSettings does not know it.
std::optional<std::string> list_in(std::string_view text, const std::string& name) {
  std::optional<std::string> found;
  std::size_t start = 0;
  for (const auto line : split_lines(text)) {
    if (line.starts_with(name + "=(")) {
      const auto list = text.substr(start + name.size() + 2);
      found = without_quote_signs(list.substr(0, list.find(')')));
    }
    start += line.size() + 1;
  }
  return found;
}

/// One preset file while it is read.
class Preset {
 public:
  Preset(std::string_view text, const std::string& file) : text_(text) { settings_.read(text, file); }

  void add_to(ImagePresets& presets) const {
    presets.any = true;
    const auto names = list_in(text_, "PRESETS").value_or("");
    for (const auto name : split_words(names)) add_image(std::string(name), presets);
  }

 private:
  bool is_empty(const std::string& name) const {
    const auto value = settings_.text(name);
    return !settings_.is_set(name) || (value && value->empty());
  }

  void add_image(const std::string& name, ImagePresets& presets) const {
    const auto image = name + (settings_.is_set(name + "_uki") ? "_uki" : "_efi_image");
    if (is_empty(image)) return;
    presets.makes_images = true;
    auto from = settings_.text(is_empty(name + "_cmdline") ? "ALL_cmdline" : name + "_cmdline").value_or("");
    const auto list = list_in(text_, name + "_options");
    const auto options = list ? *list : settings_.text(name + "_options").value_or("");
    bool value_follows = false;  // options come last, and what comes last counts
    for (const auto word : split_words(options)) {
      if (value_follows) from = word;
      value_follows = word == "--cmdline";
      if (word.starts_with("--cmdline=")) from = word.substr(word.find('=') + 1);
      presets.leaves_line_out |= word == "--no-cmdline";
    }
    if (std::ranges::find(presets.from, from) == presets.from.end()) presets.from.push_back(std::move(from));
  }

  std::string_view text_;
  ShellSettings settings_;
};

}  // namespace

ImagePresets read_image_presets(BootFiles& files) {
  ImagePresets presets;
  const std::string directory = "/etc/mkinitcpio.d";
  for (const auto& name : files.list(directory)) {
    if (!name.ends_with(".preset")) continue;
    const auto file = directory + "/" + name;
    if (const auto text = files.read(file, BootFiles::settings_limit); text.has_value()) Preset(*text, file).add_to(presets);
  }
  return presets;
}

std::optional<DracutImages> read_dracut_images(const Root& root, BootFiles& files) {
  DracutImages images;
  auto names = dracut_drop_ins(root);
  names.insert(names.begin(), "/etc/dracut.conf");
  for (const auto& file : names)
    if (const auto text = files.read(file, BootFiles::settings_limit); text.has_value()) {
      images.settings.read(*text, file);
      images.texts.emplace_back(file, *text);
    }
  if (images.settings.text("uefi") != "yes") return std::nullopt;
  return images;
}

}  // namespace vfio_doctor
