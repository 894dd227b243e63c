// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/modprobe.hpp"

#include <algorithm>
#include <map>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/platform/kernel_arguments.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_lines = 20'000;

struct WholeLine {
  std::string text;
  unsigned number;  // of its first line
};

/// A backslash before the line's end joins the next line to it; before anything else it is dropped (getline_wrapped()
/// in libkmod/libkmod-util.c).
std::vector<WholeLine> joined_lines(std::string_view text) {
  std::vector<WholeLine> lines;
  WholeLine line{{}, 1};
  unsigned number = 1;
  for (std::size_t at = 0; at < text.size() && lines.size() < most_lines; ++at) {
    char c = text[at];
    if (c == '\n') {
      lines.push_back(std::move(line));
      line = {{}, ++number};
      continue;
    }
    if (c == '\\') {
      if (++at == text.size()) break;
      c = text[at];
      if (c == '\n') {
        ++number;
        continue;
      }
    }
    line.text += c;
  }
  if (!line.text.empty()) lines.push_back(std::move(line));
  return lines;
}

/// As strtok_r() with blanks and tabs: the next word, taken off the front.
std::string_view take_word(std::string_view& text) {
  const auto start = text.find_first_not_of(" \t");
  if (start == text.npos) return text = {}, std::string_view();
  text.remove_prefix(start);
  const auto end = std::min(text.find_first_of(" \t"), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool is_read(const std::string& name) {
  return !name.starts_with('.') &&
         ((name.size() > 5 && name.ends_with(".conf")) || (name.size() > 6 && name.ends_with(".alias")));
}

/// One word of a parameter line: a blank ends it unless it stands between double quotes.
std::string_view take_parameter(std::string_view& text) {
  while (!text.empty() && is_white_space(text.front())) text.remove_prefix(1);
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || !is_white_space(text[end])); ++end) quoted ^= text[end] == '"';
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

}  // namespace

std::vector<ModprobeLine> parse_modprobe(std::string_view text, const std::string& file) {
  std::vector<ModprobeLine> lines;
  for (const auto& whole : joined_lines(text)) {
    if (whole.text.starts_with('#')) continue;
    std::string_view left = std::string_view(whole.text).substr(0, whole.text.find('\0'));
    ModprobeLine line;
    line.command = take_word(left);
    line.file = file;
    line.line = whole.number;
    const bool wants_rest = line.command == "options" || line.command == "install" || line.command == "remove" ||
                            line.command == "softdep" || line.command == "alias";
    if (!wants_rest && line.command != "blacklist") continue;
    line.module = normalize_module_name(take_word(left));
    if (wants_rest) line.rest = line.command == "alias" ? take_word(left) : left;
    if (line.command == "options") std::ranges::replace(line.rest, '\t', ' ');  // kmod_config_add_options()
    if (line.module.empty() || (wants_rest && line.rest.empty())) continue;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<ModprobeOption> ModprobeConfig::options(std::string_view module) const {
  std::vector<ModprobeOption> options;
  for (const auto& line : lines) {
    if (line.command != "options" || line.module != module) continue;
    std::string_view left = line.rest;
    for (auto word = take_parameter(left); !word.empty(); word = take_parameter(left)) {
      const auto parsed = KernelArguments::parse(word).all();
      if (parsed.empty()) continue;
      options.push_back({parsed.front().name, parsed.front().value, line.place(), std::string(word)});
    }
  }
  return options;
}

std::optional<ModprobeOption> ModprobeConfig::last(std::string_view module, std::string_view parameter) const {
  std::optional<ModprobeOption> found;
  for (auto& option : options(module))
    if (normalize_module_name(option.name) == parameter) found = std::move(option);
  return found;
}

const ModprobeLine* ModprobeConfig::find(std::string_view command, std::string_view module) const {
  const auto found =
      std::ranges::find_if(lines, [&](const ModprobeLine& line) { return line.command == command && line.module == module; });
  return found == lines.end() ? nullptr : &*found;
}

ModprobeConfig gather_modprobe(const Root& root) {
  ModprobeConfig config;
  std::map<std::string, std::string> path_of;
  for (const std::string directory :
       {"/lib/modprobe.d", "/usr/lib/modprobe.d", "/usr/local/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d"}) {
    const auto names = root.list(directory);
    if (names.is_unreadable()) config.unread.push_back(directory + ": " + names.why());
    if (!names.has_value()) continue;
    for (const auto& name : names.value())
      if (is_read(name)) path_of[name] = directory + "/" + name;
  }
  for (const auto& [name, path] : path_of) {
    const auto text = root.read(path);
    if (text.is_unreadable()) config.unread.push_back(path + ": " + text.why());
    if (!text.has_value()) continue;
    for (auto& line : parse_modprobe(text.value(), path)) config.lines.push_back(std::move(line));
  }
  return config;
}

}  // namespace vfio_doctor
