// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/other_loaders.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_entries = 500;
constexpr std::size_t most_initrds = 16;

BootEntryRole role_of(const std::string& title, const BootLine& line) {
  const auto lower = to_lower(title);
  for (const std::string_view word : {"fallback", "recovery", "rescue", "single-user", "minimal options"})
    if (lower.find(word) != std::string::npos) return BootEntryRole::recovery;
  return line.contains({"single", std::nullopt}) ? BootEntryRole::recovery : BootEntryRole::normal;
}

/// The texts in double quotes of a refind_linux.conf line; "" inside quotes is one quote.
std::vector<std::string> quoted_texts(std::string_view line) {
  std::vector<std::string> texts;
  for (std::size_t at = 0; (at = line.find('"', at)) != std::string_view::npos;) {
    std::string text;
    for (++at; at < line.size(); ++at) {
      if (line[at] == '"' && at + 1 < line.size() && line[at + 1] == '"')
        ++at;
      else if (line[at] == '"')
        break;
      text += line[at];
    }
    texts.push_back(std::move(text));
    if (at < line.size()) ++at;
  }
  return texts;
}

}  // namespace

Observed<BootLine> parse_kernelstub(std::string_view json, const std::string& file) {
  nlohmann::json parsed;
  try {
    parsed = parse_bounded_json(json);
  } catch (const JsonError& problem) {
    return Observed<BootLine>::unreadable(file + " is " + problem.what());
  }
  if (!parsed.is_object()) return Observed<BootLine>::unreadable(file + " is not valid JSON");
  const auto user = parsed.find("user");
  if (user == parsed.end() || !user->is_object() || !user->contains("kernel_options")) return Observed<BootLine>::absent();
  const auto& options = (*user)["kernel_options"];
  std::string line;
  if (options.is_string()) line = options.get<std::string>();
  if (options.is_array())
    for (const auto& option : options)
      if (option.is_string()) line += option.get<std::string>() + " ";
  return split_boot_line(line, file, 0);
}

std::vector<BootEntry> parse_limine(std::string_view text, const std::string& file) {
  std::vector<BootEntry> entries;
  std::string title;
  bool open = false;  // an entry has begun
  unsigned number = 0;
  BootEntry entry;
  const auto finish = [&] {
    if (open && entry.command_line.has_value()) {
      entry.role = role_of(title, *entry.command_line);
      entries.push_back(entry);
    }
  };
  for (const auto raw : split_lines(text)) {
    ++number;
    const auto line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '/' || line.front() == ':') {
      finish();
      if (entries.size() >= most_entries) return entries;
      const auto first = line.find_first_not_of("/:+");
      title = first == std::string_view::npos ? "" : std::string(trim(line.substr(first)));
      entry = {};
      entry.kind = BootEntryKind::limine;
      entry.file = file;
      entry.line = number;
      entry.id = entry.title = title;
      open = true;
      continue;
    }
    const auto end = line.find_first_of(":=");
    if (!open || end == std::string_view::npos) continue;
    const auto key = to_lower(trim(line.substr(0, end)));
    const auto value = trim(line.substr(end + 1));
    if (key == "cmdline" || key == "kernel_cmdline") entry.command_line = split_boot_line(value, file, number);
    if (key == "path" || key == "kernel_path") entry.kernel = value;
    if (key == "module_path" && entry.initrds.size() < most_initrds) entry.initrds.emplace_back(value);
  }
  finish();
  return entries;
}

std::vector<BootEntry> parse_syslinux(std::string_view text, const std::string& file) {
  std::vector<BootEntry> entries;
  unsigned number = 0;
  for (const auto raw : split_lines(text)) {
    ++number;
    const auto line = trim(raw);
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    const auto key = to_lower(line.substr(0, end));
    const auto value = trim(line.substr(end));
    if (key == "label" && entries.size() < most_entries) {
      BootEntry entry;
      entry.kind = BootEntryKind::syslinux;
      entry.file = file;
      entry.line = number;
      entry.id = entry.title = value;
      entry.command_line = Observed<BootLine>::absent();
      entries.push_back(std::move(entry));
    }
    if (entries.empty()) continue;
    if (key == "kernel" || key == "linux") entries.back().kernel = value;
    if (key == "initrd")
      for (const auto path : split(value, ','))
        if (entries.back().initrds.size() < most_initrds) entries.back().initrds.emplace_back(path);
    if (key == "append") {
      // More than one line of a label, and what the label takes from elsewhere, is more than one line says.
      const bool first = !entries.back().command_line.has_value() && !value.empty();
      entries.back().plain_line = first ? plain_line(raw, value, file, number) : std::nullopt;
      auto command_line = split_boot_line(value, file, number);
      entries.back().role = role_of(entries.back().title, command_line);
      entries.back().command_line = std::move(command_line);
    }
  }
  std::erase_if(entries, [](const BootEntry& entry) { return !entry.command_line.has_value(); });
  return entries;
}

std::vector<BootEntry> parse_refind_linux(std::string_view text, const std::string& file) {
  std::vector<BootEntry> entries;
  unsigned number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (trim(line).starts_with('#') || entries.size() >= most_entries) continue;
    const auto texts = quoted_texts(line);
    if (texts.size() < 2) continue;
    BootEntry entry;
    entry.kind = BootEntryKind::refind;
    entry.file = file;
    entry.line = number;
    entry.id = entry.title = texts[0];
    // "title" "words": where the line is just that, the words stand between its last two quotes.
    if (const auto close = line.rfind('"'); texts.size() == 2 && std::ranges::count(line, '"') == 4) {
      const auto open = line.rfind('"', close - 1);
      entry.plain_line = plain_line(line, line.substr(open + 1, close - open - 1), file, number);
    }
    auto command_line = split_boot_line(texts[1], file, number);
    entry.role = role_of(entry.title, command_line);
    entry.command_line = std::move(command_line);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace vfio_doctor
