// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/guest/log_lines.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {

extern const std::string_view log_line_table;

namespace {

std::optional<LogMeaning> meaning_of(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, LogMeaning>, 4> words = {{{"fail", LogMeaning::fail},
                                                                                    {"trouble", LogMeaning::trouble},
                                                                                    {"success", LogMeaning::success},
                                                                                    {"benign", LogMeaning::benign}}};
  for (const auto& [text, meaning] : words)
    if (text == word) return meaning;
  return std::nullopt;
}

/// The parts between the '*' of `pattern` stand in `text` one behind the other.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  while (!pattern.empty()) {
    const auto star = std::min(pattern.find('*'), pattern.size());
    const auto found = text.find(pattern.substr(0, star), at);
    if (found == text.npos) return false;
    at = found + star;
    pattern.remove_prefix(std::min(star + 1, pattern.size()));
  }
  return true;
}

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_' || c == '.' || c == ':' || c == '-';
}

/// Words as names are written: "[eth0]:" gives "eth0", "(pci:0000:03:00):" gives "pci:0000:03:00".
std::vector<std::string_view> name_words(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();) {
    if (!is_name_character(line[at])) {
      ++at;
      continue;
    }
    auto end = at;
    while (end < line.size() && is_name_character(line[end])) ++end;
    auto word = line.substr(at, end - at);
    at = end;
    while (!word.empty() && (word.back() == ':' || word.back() == '.' || word.back() == '-')) word.remove_suffix(1);
    while (!word.empty() && (word.front() == ':' || word.front() == '.' || word.front() == '-')) word.remove_prefix(1);
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

/// What a word of a line names, where that is not the word itself; `before` is the word in front of it.
std::string implied_name(std::string_view word, std::string_view before) {
  if (word.starts_with("pci:")) return std::string(word.substr(4)) + ".0";  // an Xid tells no function
  if (word.starts_with("ata") && word.find('.') != word.npos) return std::string(word.substr(0, word.find('.')));
  if (before == "irq" && is_number(word)) return "irq " + std::string(word);
  const auto first = word.substr(0, word.find_first_of("-:"));
  if ((before == "usb" || before == "hub") && is_number(first) && word.size() > first.size()) return "usb" + std::string(first);
  if (word.starts_with("usb") && word.find("-port") != word.npos) return std::string(first);
  if ((before == "sd" || before == "sr" || before == "scsi") && is_number(first) && std::ranges::count(word, ':') == 3)
    return "host" + std::string(first);
  return {};
}

/// How a driver calls itself in front of a line without a device: "nvrm:", "mpt2sas_cm0:".
std::string driver_of_word(std::string_view word) {
  if (word == "nvrm") return "nvidia";
  if (word.starts_with("mpt2sas_cm") || word.starts_with("mpt3sas_cm")) return "mpt3sas";
  return std::string(word);
}

}  // namespace

std::vector<LogPattern> parse_log_patterns(std::string_view table) {
  std::vector<LogPattern> patterns;
  std::size_t number = 0;
  for (const auto line : split_lines(table)) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto columns = split(line, '\t');
    const auto meaning = columns.size() == 5 ? meaning_of(columns[2]) : std::nullopt;
    if (!meaning || std::ranges::any_of(columns, [](std::string_view column) { return column.empty(); }))
      throw std::runtime_error("line " + std::to_string(number) + ": not driver, topic, meaning, pattern and source");
    patterns.push_back({columns[0], columns[1], *meaning, columns[3], columns[4]});
  }
  return patterns;
}

const std::vector<LogPattern>& log_patterns() {
  static const auto patterns = parse_log_patterns(log_line_table);
  return patterns;
}

const LogPattern* match_log_line(std::string_view lower, std::string_view driver) {
  for (const auto& row : log_patterns()) {
    if (row.driver != "*" && row.driver != driver && lower.find(row.driver) == lower.npos) continue;
    if (fits(row.pattern, lower)) return &row;
  }
  return nullptr;
}

LogNames::LogNames(const std::vector<GuestFunction>& functions) {
  for (std::size_t i = 0; i < functions.size(); ++i) {
    add(functions[i].address.text(), i);
    for (const auto& name : functions[i].log_names) add(name, i);
    if (functions[i].driver.has_value()) by_driver_[to_lower(functions[i].driver.value())].push_back(i);
    if (!functions[i].children.has_value()) continue;
    for (const auto& child : functions[i].children.value())
      if (child.kind != GuestChild::Kind::sound && child.kind != GuestChild::Kind::display) add(to_lower(child.name), i);
  }
}

void LogNames::add(const std::string& name, std::size_t function) {
  auto& list = by_name_[name];
  if (std::ranges::find(list, function) == list.end()) list.push_back(function);
}

/// A driver that gives up takes its names with it. "nvme nvme0: pci function 0000:01:00.0" still tells whose the name was.
void LogNames::learn_lost_name(const std::vector<std::string_view>& words) {
  for (std::size_t i = 0; i + 3 < words.size(); ++i) {
    if (!words[i].starts_with("nvme") || words[i + 1] != "pci" || words[i + 2] != "function") continue;
    const auto found = by_name_.find(std::string(words[i + 3]));
    if (found == by_name_.end()) continue;
    const auto owners = found->second;
    for (const auto owner : owners) add(std::string(words[i]), owner);
  }
}

/// "nvrm: ...", "[drm:... [amdgpu]] ...": a line that names no device is about the only one of its driver.
std::vector<std::size_t> LogNames::by_sole_driver(const std::vector<std::string_view>& words, std::string_view lower) const {
  for (const auto word : words) {
    const auto at = static_cast<std::size_t>(word.data() - lower.data());
    const auto end = at + word.size();
    const bool speaks = end < lower.size() && lower[end] == ':';
    const bool is_in_brackets = at > 0 && lower[at - 1] == '[' && end < lower.size() && lower[end] == ']';
    if (!speaks && !is_in_brackets) continue;
    const auto found = by_driver_.find(driver_of_word(word));
    if (found != by_driver_.end() && found->second.size() == 1) return {found->second.front()};
  }
  return {};
}

std::vector<std::size_t> LogNames::functions_of(std::string_view lower) {
  const auto words = name_words(lower);
  learn_lost_name(words);
  std::vector<std::size_t> functions;
  const auto take = [&](const std::string& name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return;
    for (const auto function : found->second)
      if (std::ranges::find(functions, function) == functions.end()) functions.push_back(function);
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    take(std::string(words[i]));
    const auto implied = implied_name(words[i], i == 0 ? std::string_view() : words[i - 1]);
    if (!implied.empty()) take(implied);
  }
  return functions.empty() ? by_sole_driver(words, lower) : functions;
}

}  // namespace vfio_doctor
