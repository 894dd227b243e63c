// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/loader_entries.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "machine/pe_sections.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_initrds = 16;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// A line that blscfg stops at: one without a blank behind its first word.
bool ends_for_grub(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  if (line.starts_with('#')) return false;
  const auto blank = std::min(line.find(' '), line.find(' ') == line.npos ? line.find('\t') : line.npos);
  return blank == line.npos || blank + 1 == line.size();
}

/// It looks for a space first, and for a tab only where there is none.
std::optional<LoaderSetting> key_and_value_of_grub(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  if (line.starts_with('#')) return std::nullopt;
  const auto blank = line.find(' ') != line.npos ? line.find(' ') : line.find('\t');
  if (blank == line.npos) return std::nullopt;
  auto value = line.substr(blank);
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  return LoaderSetting{line.substr(0, blank), value};
}

/// Behind each "$NAME" blscfg puts a blank of its own, also where another follows at once: "$a$b" are two words (expand_val() and
/// field_append() in grub-core/commands/blscfg.c of Fedora's GRUB).
std::string with_blanks_behind_variables(std::string_view value) {
  std::string text;
  bool in_name = false;
  for (const char c : value) {
    const bool goes_on = is_name_part(c);
    if (in_name && !goes_on) text += ' ';
    in_name = c == '$' || (in_name && goes_on);
    text += c;
  }
  return text;
}

std::string id_of(const std::string& file) {
  auto id = base_name(file);
  if (id.ends_with(".conf")) id.resize(id.size() - 5);
  return id.substr(0, id.find('+'));  // boot counting: "name+3-1.conf"
}

/// A fallback is what starts a fallback image; a title alone ("LTS fallback") is a person's name for another kernel, which is
/// started as often. Where the entry names no image, the words are all there is.
BootEntryRole role_of(const BootEntry& entry, const std::string& initrds) {
  const auto words = to_lower(entry.id + " " + entry.title + " " + entry.version);
  for (const std::string_view word : {"rescue", "recovery", "memtest"})
    if (words.find(word) != std::string::npos) return BootEntryRole::recovery;
  const bool fallback = (initrds.empty() ? words : to_lower(initrds)).find("fallback") != std::string::npos;
  return fallback ? BootEntryRole::recovery : BootEntryRole::normal;
}

void append(BootLine& line, BootLine more) {
  line.tokens.insert(line.tokens.end(), more.tokens.begin(), more.tokens.end());
  line.possible.insert(line.possible.end(), more.possible.begin(), more.possible.end());
  if (!more.unknown_part.empty()) line.unknown_part = more.unknown_part, line.unknown_cause = more.unknown_cause;
}

}  // namespace

std::optional<BootEntry> parse_loader_entry(std::string_view text, const std::string& file, const GrubVariables& variables,
                                            EntryReader reader) {
  const bool by_grub = reader == EntryReader::grub;
  BootEntry entry;
  entry.kind = BootEntryKind::loader_entry;
  entry.file = file;
  entry.id = id_of(file);
  BootLine command_line;
  std::string initrds;
  unsigned number = 0, lines = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (by_grub && ends_for_grub(line)) break;
    const auto pair = by_grub ? key_and_value_of_grub(line) : loader_setting(line);
    if (!pair) continue;
    if (pair->key == "title") entry.title = pair->value;
    if (pair->key == "version") entry.version = pair->value;
    if (pair->key == "linux" || pair->key == "uki") entry.kernel = pair->value;
    if (pair->key == "initrd") {
      initrds += std::string(pair->value) + " ";
      for (const auto word : split_words(pair->value))
        if (!word.starts_with('$') && entry.initrds.size() < most_initrds) entry.initrds.emplace_back(word);
    }
    if (pair->key != "options" || (by_grub && lines > 0)) continue;
    entry.plain_line = ++lines == 1 && !pair->value.empty() ? plain_line(line, pair->value, file, number) : std::nullopt;
    const bool has_variables = pair->value.find('$') != std::string_view::npos;
    append(command_line, has_variables
                             ? expand_grub_line(by_grub ? with_blanks_behind_variables(pair->value) : std::string(pair->value),
                                                file, number, variables)
                             : split_boot_line(pair->value, file, number));
  }
  if (entry.kernel.empty()) return std::nullopt;
  if (by_grub && lines == 0) append(command_line, expand_grub_line("$default_kernelopts", file, 0, variables));
  entry.role = role_of(entry, initrds);
  entry.command_line = std::move(command_line);
  return entry;
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() > 1 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::optional<LoaderSetting> loader_setting(std::string_view line) {
  line = trim(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  const auto end = line.find_first_of(" \t");
  if (end == std::string_view::npos) return std::nullopt;
  return LoaderSetting{line.substr(0, end), without_quotes(trim(line.substr(end)))};
}

std::optional<std::string> default_of_loader_conf(std::string_view text) {
  std::optional<std::string> found;
  for (const auto line : split_lines(text))
    if (const auto pair = loader_setting(line); pair && pair->key == "default" && !pair->value.empty())
      if (pair->value[0] != '@' || to_lower(pair->value) == "@saved")
        found = to_lower(pair->value) == "@saved" ? "@saved" : std::string(pair->value);
  return found;
}

Observed<std::string> command_line_of_unified_image(std::string_view head) {
  using Line = Observed<std::string>;
  const auto section = section_of_unified_image(head, ".cmdline");
  if (!section.has_value()) return Line::like(section);
  if (section->size > PlacedText::limit || section->offset + section->size > head.size())
    return Line::unreadable("its command line lies beyond the part that was read");
  const auto line = head.substr(static_cast<std::size_t>(section->offset), static_cast<std::size_t>(section->size));
  return std::string(line.substr(0, line.find('\0')));
}

}  // namespace vfio_doctor
