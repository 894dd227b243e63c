// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/image/booster_settings.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_lines = 500, longest_line = 4096;

/// A scalar of one line as gopkg.in/yaml.v3 writes it: plain or in quotes. Nothing where it is of another form.
std::optional<std::string> scalar(std::string_view text) {
  if (text.empty() || text.size() > longest_line) return std::nullopt;
  std::string value;
  if (const char quote = text.front(); quote == '\'' || quote == '"') {
    if (text.size() < 2 || text.back() != quote) return std::nullopt;
    text = text.substr(1, text.size() - 2);
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool escapes = text[at] == (quote == '"' ? '\\' : '\'');
      if (escapes && ++at == text.size()) return std::nullopt;
      if (text[at] == quote && !escapes) return std::nullopt;
      // '' between single quotes; \" and \\ between double ones.
      if (escapes && text[at] != quote && text[at] != '\\') return std::nullopt;
      value += text[at];
    }
  } else {
    if (std::string_view("|>&*!{}[]%@`#,?").find(text.front()) != std::string_view::npos || text.find(" #") != text.npos)
      return std::nullopt;
    value = text;
  }
  const bool is_text = std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
  return is_text ? std::optional(value) : std::nullopt;
}

/// "vfio_pci: ids=10de:1c82", "vfio_pci:". Nothing where it is of another form; an empty value where none follows.
std::optional<std::pair<std::string, std::string>> key_and_value(std::string_view line) {
  std::size_t end = line.find(':');
  if (!line.empty() && (line.front() == '"' || line.front() == '\'')) {
    end = line.find(line.front(), 1);
    if (end == line.npos || ++end == line.size() || line[end] != ':') return std::nullopt;
  }
  if (end == line.npos) return std::nullopt;
  const auto key = scalar(line.substr(0, end));
  const auto rest = line.substr(end + 1);
  if (!key || (!rest.empty() && rest.front() != ' ')) return std::nullopt;
  if (trim(rest).empty()) return std::pair(*key, std::string());
  const auto value = scalar(trim(rest));
  if (!value) return std::nullopt;
  return std::pair(*key, *value);
}

class Digest {
 public:
  /// False where a line of the parts that matter is of another form.
  bool take(std::string_view line) {
    const auto words = trim(line);
    if (words.empty() || words.front() == '#') return true;
    const bool is_item = words.starts_with("- ") || words == "-";
    if (!is_item && line.front() != ' ') return start(words);
    if (part_ == Part::other) return true;
    if (lines_ > most_lines) return false;
    if (is_item) return take_item(trim(words.substr(1)));
    const auto pair = part_ == Part::loads ? std::nullopt : key_and_value(words);
    if (!pair) return false;
    module_ = normalize_module_name(pair->first);
    if (part_ == Part::depends) return pair->second.empty();
    if (pair->second.empty()) return false;
    if (!module_.starts_with("vfio")) return true;
    add("options " + module_ + " " + pair->second);
    return pair->second.find('\\') == std::string::npos;  // modprobe.d would read it otherwise
  }

  std::string text = "#\n";

 private:
  enum class Part { other, loads, options, depends };

  /// The names of yaml.v3: those of the fields, in small letters.
  bool start(std::string_view line) {
    const auto key = line.substr(0, line.find(':'));
    part_ = key == "modulesforceload"     ? Part::loads
            : key == "modprobeoptions"    ? Part::options
            : key == "moduledependencies" ? Part::depends
                                          : Part::other;
    module_.clear();
    if (part_ == Part::other || key.size() + 1 == line.size()) return true;
    const auto rest = key.size() == line.size() ? line : trim(line.substr(key.size() + 1));
    return rest == "[]" || rest == "{}";
  }

  bool take_item(std::string_view item) {
    const auto name = scalar(item);
    if (!name || part_ == Part::options || (part_ == Part::depends && module_.empty())) return false;
    const auto module = normalize_module_name(*name);
    if (part_ == Part::loads) add("load " + module);
    if (part_ == Part::depends && module == "vfio_pci") add("softdep " + module_ + " pre: vfio_pci");
    return true;
  }

  void add(const std::string& line) {
    text += line + "\n";
    ++lines_;
  }

  Part part_ = Part::other;
  std::string module_;
  std::size_t lines_ = 0;
};

}  // namespace

Observed<std::string> booster_digest(std::string_view yaml) {
  Digest digest;
  unsigned number = 0;
  for (const auto line : split_lines(yaml)) {
    ++number;
    if (!digest.take(line))
      return Observed<std::string>::unreadable(booster_settings_path + ":" + std::to_string(number) +
                                               " is YAML of a form that booster does not write");
  }
  return digest.text;
}

bool read_booster_digest(std::string_view digest, ModprobeConfig& modprobe, std::vector<ModuleList>& loads) {
  if (!digest.starts_with('#')) return false;
  for (auto& line : parse_modprobe(digest, booster_settings_path))
    if (line.command == "options" || line.command == "softdep") modprobe.lines.push_back(std::move(line));
  unsigned number = 0;
  for (const auto line : split_lines(digest)) {
    ++number;
    const auto words = split_words(line);
    if (words.size() == 2 && words[0] == "load" && loads.size() < most_lines)
      loads.push_back({"load", {normalize_module_name(words[1])}, std::string(line), booster_settings_path, number});
  }
  return true;
}

}  // namespace vfio_doctor
