// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/plain_edit.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "checks/advice/shell_words.hpp"

namespace vfio_doctor {
namespace {

/// The setting whose file is edited with this tool; nothing where entries are edited themselves.
std::optional<BootSettingKind> setting_of(const Host& host, ArgumentTool tool) {
  switch (tool) {
    case ArgumentTool::update_grub:
    case ArgumentTool::grub_mkconfig:
    case ArgumentTool::transactional:
      return BootSettingKind::grub_defaults;
    case ArgumentTool::proxmox_boot_tool:
    case ArgumentTool::sdbootutil:
    case ArgumentTool::kernel_install:
    case ArgumentTool::unified_image:
    case ArgumentTool::dracut_images:
      return BootSettingKind::kernel_cmdline;
    case ArgumentTool::sdboot_manage:
      return BootSettingKind::sdboot_manage;
    case ArgumentTool::limine:
      if (host.boot.find_setting(BootSettingKind::limine_defaults)) return BootSettingKind::limine_defaults;
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<BootEntryKind> entry_of(ArgumentTool tool) {
  if (tool == ArgumentTool::loader_entry) return BootEntryKind::loader_entry;
  if (tool == ArgumentTool::refind) return BootEntryKind::refind;
  if (tool == ArgumentTool::syslinux) return BootEntryKind::syslinux;
  return std::nullopt;
}

bool holds(const std::vector<KernelArgument>& words, const std::string& argument) {
  const auto wanted = KernelArguments::parse(argument).all();
  return !wanted.empty() && std::ranges::find(words, wanted.front()) != words.end();
}

std::string with(std::string words, const std::vector<std::string>& added) {
  const auto there = KernelArguments::parse(words).all();
  for (const auto& argument : added) {
    if (holds(there, argument)) continue;
    if (!words.empty() && words.back() != ' ') words += ' ';
    words += argument;
  }
  return words;
}

/// Every other word stays as it is written, with the blanks before it.
std::string without(const std::string& words, const std::vector<std::string>& removed) {
  std::string kept;
  for (std::size_t at = 0; at < words.size();) {
    const auto start = words.find_first_not_of(" \t", at);
    if (start == words.npos) break;
    const auto end = std::min(words.find_first_of(" \t", start), words.size());
    const auto word = words.substr(start, end - start);
    const auto one = KernelArguments::parse(word).all();
    if (std::ranges::none_of(removed, [&one](const std::string& argument) { return holds(one, argument); }))
      kept += kept.empty() ? word : words.substr(at, end - at);
    at = end;
  }
  return kept;
}

/// A text that a basic regular expression of POSIX takes as it is.
std::string literal_pattern(const std::string& text) {
  std::string pattern;
  for (const char c : text)
    pattern += (std::string_view(".[]*^$\\").find(c) == std::string_view::npos ? "" : "\\") + std::string(1, c);
  return pattern;
}

std::string literal_replacement(const std::string& text) {
  std::string replacement;
  for (const char c : text) replacement += (c == '&' || c == '\\' ? "\\" : "") + std::string(1, c);
  return replacement;
}

class Edit {
 public:
  bool exchange(const PlainLine& line, const std::string& words) {
    if (line.words == words) return true;
    const auto old = line.text(), other = line.before + words + line.after;
    const auto forth = exchange_line(line.file, old, other), back = exchange_line(line.file, other, old);
    if (!forth || !back) return false;
    edit_.commands.insert(edit_.commands.end(), forth->begin(), forth->end());
    edit_.undo.insert(edit_.undo.end(), back->begin(), back->end());
    edit_.places.push_back(line.file + ":" + std::to_string(line.number));
    if (std::ranges::find(edit_.files, line.file) == edit_.files.end()) edit_.files.push_back(line.file);
    return true;
  }
  PlainEdit take() { return std::move(edit_); }

 private:
  PlainEdit edit_;
};

/// The root= of the running kernel, unless it is among these words, or there is none.
std::string root_beyond(const Host& host, const std::vector<KernelArgument>& words) {
  const auto* arguments = host.kernel.arguments.get();
  const auto* root = arguments ? arguments->last("root") : nullptr;
  return !root || std::ranges::find(words, *root) != words.end() ? std::string() : root->text();
}

/// All places of the argument are lines of that list.
bool stands_in(const std::vector<PlainLine>& lines, const BootLine& line, const std::string& argument) {
  const auto wanted = KernelArguments::parse(argument).all();
  if (wanted.empty()) return false;
  const auto same = [&wanted](const BootToken& token) { return token.argument == wanted.front(); };
  if (std::ranges::none_of(line.tokens, same) || std::ranges::any_of(line.possible, same)) return false;
  return std::ranges::all_of(line.tokens, [&](const BootToken& token) {
    return !same(token) || std::ranges::any_of(lines, [&token](const PlainLine& plain) {
      return plain.file == token.file && plain.number == token.line;
    });
  });
}

std::optional<PlainEdit> edit_setting(const BootSetting& setting, const std::vector<std::string>& added,
                                      const std::vector<std::string>& removed) {
  const auto& lines = setting.plain_lines;
  if (lines.empty() || !setting.line.has_value()) return std::nullopt;
  for (const auto& argument : removed)
    if (!stands_in(lines, *setting.line, argument)) return std::nullopt;
  Edit edit;
  for (const auto& line : lines) {
    auto words = removed.empty() ? line.words : without(line.words, removed);
    if (&line == &lines.front()) words = with(words, added);
    if (!edit.exchange(line, words)) return std::nullopt;
  }
  return edit.take();
}

/// Those that a person starts, of this system: another one on the same disk has another root.
std::optional<PlainEdit> edit_entries(const Host& host, BootEntryKind kind, const std::vector<std::string>& added,
                                      const std::vector<std::string>& removed) {
  Edit edit;
  std::size_t found = 0;
  constexpr std::size_t most_entries = 8;
  for (const auto& entry : host.boot.entries) {
    if (entry.kind != kind || entry.role == BootEntryRole::recovery) continue;
    if (!entry.command_line.has_value() || !entry.plain_line) return std::nullopt;
    const auto& line = *entry.plain_line;
    if (!root_beyond(host, KernelArguments::parse(line.words).all()).empty()) continue;
    if (++found > most_entries ||
        !edit.exchange(line, with(removed.empty() ? line.words : without(line.words, removed), added)))
      return std::nullopt;
  }
  return found == 0 ? std::nullopt : std::optional(edit.take());
}

}  // namespace

std::string missing_root(const Host& host, ArgumentTool tool) {
  // sdbootutil puts root= there itself (sedrootflags()), dracut what its modules found out.
  if (tool == ArgumentTool::sdbootutil || tool == ArgumentTool::dracut_images) return {};
  const auto kind = setting_of(host, tool);
  const auto* setting = kind ? host.boot.find_setting(*kind) : nullptr;
  const bool whole_lines = kind == BootSettingKind::kernel_cmdline ||
                           (kind == BootSettingKind::limine_defaults && setting && setting->file == "/etc/default/limine");
  if (!setting || !whole_lines || !setting->line.has_value() || !setting->line->unknown_part.empty()) return {};
  std::vector<KernelArgument> words;
  for (const auto* tokens : {&setting->line->tokens, &setting->line->possible})
    for (const auto& token : *tokens) words.push_back(token.argument);
  return root_beyond(host, words);
}

std::optional<std::vector<std::string>> exchange_line(const std::string& file, const std::string& line,
                                                      const std::string& other) {
  const auto pattern = literal_pattern(line), replacement = literal_replacement(other);
  for (const char c : std::string_view("|#,%~@!;")) {
    if ((line + other).find(c) != std::string::npos) continue;
    const std::string sign(1, c);
    return std::vector<std::string>{"sudo sed -i --follow-symlinks " +
                                        shell_quoted("s" + sign + "^" + pattern + "$" + sign + replacement + sign) + " " +
                                        shell_quoted(file),
                                    "sudo grep -n -x -F -e " + shell_quoted(other) + " " + shell_quoted(file)};
  }
  return std::nullopt;
}

std::optional<PlainEdit> plain_edit(const Host& host, ArgumentTool tool, const std::vector<std::string>& added,
                                    const std::vector<std::string>& removed) {
  const auto is_plain = [](const std::string& argument) {
    return !argument.empty() && std::ranges::all_of(argument, is_plain_in_shell);
  };
  if (!std::ranges::all_of(added, is_plain) || !std::ranges::all_of(removed, is_plain)) return std::nullopt;
  std::optional<PlainEdit> edit;
  if (const auto kind = setting_of(host, tool)) {
    if (const auto* setting = host.boot.find_setting(*kind); setting && missing_root(host, tool).empty())
      edit = edit_setting(*setting, added, removed);
  } else if (const auto entries = entry_of(tool)) {
    edit = edit_entries(host, *entries, added, removed);
  }
  if (edit && edit->commands.empty()) return std::nullopt;
  return edit;
}

}  // namespace vfio_doctor
