// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_variables.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_variables = 400, most_texts = 8;
constexpr std::size_t long_value = 1024, most_bytes = 1024 * 1024;  // of all values; a menu of people's has some kilobytes

/// grub-core/normal/main.c, features[]; those that came after GRUB 2.02 may be missing.
constexpr auto features = std::to_array<std::string_view>(
    {"feature_chainloader_bpb", "feature_ntldr", "feature_platform_search_hint", "feature_default_font_path",
     "feature_all_video_module", "feature_menuentry_id", "feature_menuentry_options", "feature_200_final",
     "feature_nativedisk_cmd", "feature_timeout_style"});

/// What GRUB sets itself (GRUB manual, "Special environment variables"), and parameters of functions.
bool is_set_by_grub(std::string_view name) {
  static constexpr auto names = std::to_array<std::string_view>({"?",           "*",
                                                                 "@",           "#",
                                                                 "biosnum",     "boot",
                                                                 "chosen",      "cmdpath",
                                                                 "config_file", "debug",
                                                                 "fallback",    "gfxmode",
                                                                 "grub_cpu",    "grub_platform",
                                                                 "icondir",     "lang",
                                                                 "locale_dir",  "pager",
                                                                 "root",        "secondary_locale_dir",
                                                                 "shim_lock",   "superusers",
                                                                 "theme",       "timeout"});
  return std::ranges::find(names, name) != names.end() || name.starts_with("feature_") || name.starts_with("net_") ||
         name.starts_with("pxe_") || name.starts_with("color_") ||
         (!name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos);
}

std::size_t size_of(const GrubText& value) {
  std::size_t size = 0;
  for (const auto& text : value.texts) size += text.size();
  return size;
}

}  // namespace

bool GrubText::is_known() const {
  return std::ranges::none_of(texts,
                              [](const std::string& text) { return text.find(PlacedText::unknown) != std::string::npos; });
}

void GrubText::add(const GrubText& other) {
  for (const auto& text : other.texts)
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
  if (texts.size() > most_texts) *this = unknown();
}

void GrubText::append(const GrubText& other) {
  std::vector<std::string> all;
  for (const auto& text : texts)
    for (const auto& more : other.texts) all.push_back(text + more);
  texts = std::move(all);
  for (auto& text : texts)
    if (text.size() > PlacedText::limit) text.resize(PlacedText::limit), text += PlacedText::unknown;
  if (texts.size() > most_texts) *this = unknown();
}

void GrubVariables::read_environment(std::string_view grubenv) {
  environment_read_ = true;
  for (const auto line : split_lines(grubenv)) {
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) continue;
    std::string value;
    for (std::size_t i = equals + 1; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) ++i;  // GRUB escapes backslashes and line ends
      value += line[i];
    }
    environment_[std::string(line.substr(0, equals))] = std::move(value);
  }
}

GrubText GrubVariables::find(const std::string& name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  if (!in_script_) {
    if (const auto found = environment_.find(name); found != environment_.end()) return {{found->second}};
    return environment_unknown_.empty() ? GrubText() : GrubText::unknown();
  }
  if (std::ranges::find(features, name) != features.end()) return {{"y"}};
  return others_unknown_ || is_set_by_grub(name) ? GrubText::unknown() : GrubText();
}

void GrubVariables::assign(const std::string& name, GrubText value) {
  if (values_.size() >= most_variables && !values_.contains(name)) return forget();
  if (size_of(value) > long_value) {
    std::size_t all = size_of(value);
    for (const auto& [other, text] : values_) all += size_of(text);
    if (all > most_bytes) return forget();
  }
  const auto found = values_.find(name);
  if (!journals_.empty())
    journals_.back().try_emplace(name, found == values_.end() ? std::nullopt : std::optional(found->second));
  values_[name] = std::move(value);
}

GrubVariables::Changes GrubVariables::end_branch() {
  Changes changes;
  for (auto& [name, before] : journals_.back()) {
    changes[name] = std::move(values_[name]);
    if (before)
      values_[name] = std::move(*before);
    else
      values_.erase(name);
  }
  journals_.pop_back();
  return changes;
}

void GrubVariables::merge(const std::vector<Changes>& branches, bool maybe_none) {
  std::set<std::string> names;
  for (const auto& changes : branches)
    for (const auto& [name, value] : changes) names.insert(name);
  for (const auto& name : names) {
    const auto before = find(name);
    std::optional<GrubText> all = maybe_none ? std::optional(before) : std::nullopt;
    for (const auto& changes : branches) {
      const auto found = changes.find(name);
      const auto& value = found == changes.end() ? before : found->second;
      if (all)
        all->add(value);
      else
        all = value;
    }
    assign(name, std::move(*all));
  }
}

GrubVariables::Changes GrubVariables::enter_context() {
  auto outer = values_;
  std::erase_if(values_, [this](const auto& variable) { return !exported_.contains(variable.first); });
  return outer;
}

void GrubVariables::load_environment(const std::vector<std::string>& names) {
  const auto wanted = [&names](const std::string& name) {
    return names.empty() || std::ranges::find(names, name) != names.end();
  };
  if (!environment_unknown_.empty()) return forget();
  for (const auto& [name, value] : environment_)
    if (wanted(name)) assign(name, {{value}});
}

void GrubVariables::forget() {
  others_unknown_ = true;
  for (auto& [name, value] : values_) value = GrubText::unknown();
}

}  // namespace vfio_doctor
