// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/argument_redaction.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "facts/platform/known_arguments.hpp"
#include "snapshot/line_changes.hpp"

namespace vfio_doctor {
namespace {

using View = std::string_view;

bool is_key_part(char c) { return is_name_part(c) || c == '.' || c == '-' || c == '[' || c == ']' || c == '+'; }

/// A key as programs name them. Anything longer or stranger is somebody's text.
bool is_key(View text) { return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_key_part); }

/// Says only yes, no or how much of nothing.
bool says_nothing(View value) {
  static constexpr auto values =
      std::to_array<View>({"0", "1", "y", "n", "Y", "N", "on", "off", "yes", "no", "true", "false", "auto"});
  return std::ranges::find(values, value) != values.end();
}

/// Settings whose value is a command line, a part of one, the name of an entry, or a switch.
bool holds_arguments(View key) {
  static constexpr auto keys =
      std::to_array<View>({"default", "saved_entry", "next_entry", "prev_saved_entry", "timeout", "fallback", "kernelopts",
                           "boot_counter", "boot_success", "boot_indeterminate", "tuned_params", "bootargs", "early_initrd",
                           "LINUX_OPTIONS", "LINUX_FALLBACK_OPTIONS"});
  return key.starts_with("GRUB_") || key.starts_with("KERNEL_CMDLINE") || std::ranges::find(keys, key) != keys.end();
}

/// The quote of `line` that starts at `at` ends there.
std::size_t quote_end(View line, std::size_t at) {
  auto end = at + 1;
  while (end < line.size() && line[end] != line[at]) end += line[end] == '\\' && line[at] == '"' ? 2 : 1;
  return std::min(end, line.size());
}

/// Where a comment begins: a '#' in front of which stands a blank or nothing, outside quotes.
std::size_t comment_start(View line) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '"' || line[at] == '\'')
      at = quote_end(line, at);
    else if (line[at] == '\\')
      ++at;
    else if (line[at] == '#' && (at == 0 || is_white_space(line[at - 1])))
      return at;
  }
  return line.size();
}

bool ends_script_word(char c) { return is_white_space(c) || View("\"'`;{}()|<>").find(c) != View::npos; }

}  // namespace

std::string ArgumentRedactor::value(View text) const {
  std::string plain;
  for (const char c : text)
    if (c != '"' && c != '\\' && c != '\'') plain += c;
  if (plain.empty() || says_nothing(plain) || pseudonyms_.is_stand_in(plain)) return plain;
  return pseudonyms_.word("value", plain);
}

/// Words, and the names of variables as keys are kept: what is set there must be found here.
std::string ArgumentRedactor::words(View text) const {
  std::string out;
  std::size_t copied = 0;
  for (auto at = text.find('$'); at != text.npos; at = text.find('$', copied)) {
    auto end = at + 1;
    while (end < text.size() && end - at <= 64 && is_name_part(text[end])) ++end;
    out += text_.redact(text.substr(copied, at - copied)) + "$" + text_.redact_secrets(text.substr(at + 1, end - at - 1));
    copied = end;
  }
  return out + text_.redact(text.substr(copied));
}

std::string ArgumentRedactor::argument(View word, int depth) const {
  const auto equals = word.find('=');
  if (equals == View::npos || equals == 0) {
    const auto* flag = find_known_argument(word);
    return flag && !flag->name.ends_with('.') ? text_.redact_secrets(word) : words(word);
  }
  const auto key = word.substr(0, equals), given = word.substr(equals + 1);
  auto start = (is_key(key) ? text_.redact_secrets(key) : text_.redact(key)) + "=";
  if (given.empty()) return start;
  if (is_secret(key, given)) return start + value(given);
  constexpr int deepest = 3;  // "kernelopts=root=UUID=..."
  if (depth < deepest && holds_arguments(key)) return start + argument(given, depth + 1);
  const auto* known = find_known_argument(key);
  // A slip in what decides about passthrough ("intel_iommu=onn") is what a reader looks for; no such value has blanks. All that
  // starts with a module's name is one row, so a parameter of it can be anything.
  const bool whole = known && known->kind == ArgumentKind::passthrough && !known->name.ends_with('.');
  if (known)
    return start + (whole && given.find_first_of(" \t\"'") == View::npos ? text_.redact_secrets(given) : text_.redact(given));
  if (key == "--set") return start + words(given);                 // GRUB: the name of a variable
  if (given.find('$') != View::npos) return start + words(given);  // a script's variable
  const auto inner = given.substr(0, given.find('='));
  if (depth < deepest && find_known_argument(inner))
    return start + argument(given, depth + 1);  // a variable that holds an argument
  return start + value(given);
}

/// lib/cmdline.c next_arg(): blanks separate, double quotes hold a value or a whole word together.
std::string ArgumentRedactor::line(View text) const {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (is_white_space(text[at]) || text[at] == '\0') {
      out += text[at++];
      continue;
    }
    bool quoted = false;
    const auto start = at;
    for (; at < text.size() && text[at] != '\0' && (quoted || !is_white_space(text[at])); ++at)
      if (text[at] == '"') quoted = !quoted;
    auto word = text.substr(start, at - start);
    const bool whole = word.starts_with('"');
    if (whole) word.remove_prefix(1);
    if (whole && word.ends_with('"')) word.remove_suffix(1);
    const auto changed = argument(word);
    const bool blanks = changed.find_first_of(" \t") != changed.npos;
    out += whole && blanks ? "\"" + changed + "\"" : changed;
  }
  return out;
}

std::string ArgumentRedactor::script(View text) const {
  return change_lines(text, [this](View line) { return script_line(line); });
}

std::string ArgumentRedactor::script_line(View line) const {
  const auto words = split_words(line);
  // GRUB: "password USER PLAIN", "password_pbkdf2 USER HASH", "set superusers=".
  if (words.size() > 1 && words[0].starts_with("password"))
    return text_.redact(words[0]) + " " + pseudonyms_.word("password", std::string(trim(line.substr(line.find(words[1])))));
  const auto comment = comment_start(line);
  if (comment < line.size() && (words[0] != "###" || words.size() < 3 || (words[1] != "BEGIN" && words[1] != "END")))
    return script_line(line.substr(0, comment)) + "#";  // "### BEGIN /etc/grub.d/10_linux ###" tells who wrote what follows
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    if (ends_script_word(line[at])) {
      out += line[at++];
      continue;
    }
    if (line.substr(at).starts_with("\\\"")) {
      out += line.substr(at, 2);
      at += 2;
      continue;
    }
    auto end = at;
    while (end < line.size() && !ends_script_word(line[end]) && !line.substr(end).starts_with("\\\"")) ++end;
    const auto word = line.substr(at, end - at);
    const bool variable = out.ends_with("${") && is_key(word);
    out += variable ? text_.redact_secrets(word) : argument(word);
    at = end;
    // key="several words": each is looked at for itself, unless the key says that they are a secret or nothing is known of it.
    const bool escaped = line.substr(at).starts_with("\\\"");
    const bool quote = escaped || (at < line.size() && (line[at] == '"' || line[at] == '\''));
    if (!quote || !word.ends_with('=') || word.size() < 2) continue;
    const auto key = word.substr(0, word.size() - 1);
    const bool kept = find_known_argument(key) || holds_arguments(key);
    if (!is_secret_key(key) && !(escaped && !kept)) continue;
    const auto first = at + (escaped ? 2 : 1);
    auto last = escaped ? line.find("\\\"", first) : quote_end(line, at);
    last = std::min(last, line.size());
    out += std::string(line.substr(at, first - at)) + value(line.substr(first, last - first));
    at = last;
  }
  return out;
}

std::string ArgumentRedactor::loader_entry(View text) const {
  static constexpr auto keys =
      std::to_array<View>({"title", "version", "machine-id", "sort-key", "linux", "uki", "initrd", "efi", "architecture",
                           "devicetree", "id", "grub_users", "grub_arg", "grub_class", "profile"});
  return change_lines(text, [this](View line) {
    const auto words = split_words(line);
    if (words.empty()) return std::string(line);
    if (words[0].starts_with('#')) return std::string("#");
    const auto behind = static_cast<std::size_t>(words[0].data() - line.data()) + words[0].size();
    if (words[0] == "options") return std::string(line.substr(0, behind)) + this->line(line.substr(behind));
    if (std::ranges::find(keys, words[0]) != keys.end())
      return std::string(line.substr(0, behind)) + text_.redact(line.substr(behind));
    return text_.redact(words[0]) + (words.size() > 1 ? " " + value(trim(line.substr(behind))) : "");
  });
}

namespace {

/// What keeps a module from being loaded.
bool does_nothing(View command) {
  static constexpr auto commands =
      std::to_array<View>({"/bin/false", "/bin/true", "/usr/bin/false", "/usr/bin/true", "false", "true"});
  return std::ranges::find(commands, command) != commands.end();
}

/// A backslash before the line's end joins the next line to it, before anything else it is dropped (getline_wrapped() in
/// libkmod/libkmod-util.c). Empty lines make up for those that were joined: what follows keeps its number.
std::string joined_lines(View text) {
  std::string out;
  std::size_t joined = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      if (++at == text.size()) break;
      if (text[at] == '\n')
        ++joined;
      else
        out += text[at];
      continue;
    }
    out += text[at];
    if (text[at] == '\n') out.append(std::exchange(joined, 0), '\n');
  }
  return out.append(joined, '\n');
}

}  // namespace

std::string ArgumentRedactor::modprobe(View text) const {
  return change_lines(joined_lines(text), [this](View line) {
    const auto words = split_words(line);
    if (words.empty()) return std::string(line);
    if (words[0].starts_with('#')) return std::string("#");
    std::string out(words[0]);
    const bool runs = words[0] == "install" || words[0] == "remove";
    if (!runs && words[0] != "options") return text_.redact(line);
    if (words.size() < 2) return out;
    out += " " + text_.redact(words[1]);
    if (runs && words.size() == 3 && does_nothing(words[2])) return out + " " + std::string(words[2]);
    if (runs)
      return words.size() < 3 ? out
                              : out + " " + value(trim(line.substr(static_cast<std::size_t>(words[2].data() - line.data()))));
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto equals = words[i].find('=');
      const auto key = words[i].substr(0, equals);
      const bool known = find_known_argument(std::string(words[1]) + "." + std::string(key)) != nullptr && !is_secret_key(key);
      if (equals == words[i].npos)
        out += " " + text_.redact(key);
      else
        out += " " + (is_key(key) ? text_.redact_secrets(key) : text_.redact(key)) + "=" +
               (known ? text_.redact(words[i].substr(equals + 1)) : value(words[i].substr(equals + 1)));
    }
    return out;
  });
}

}  // namespace vfio_doctor
