// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/pasted_words.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "checks/kernel/near_miss.hpp"

namespace vfio_doctor {
namespace {

/// Name and value of each argument; in names - and _ are the same (Linux lib/cmdline.c, kernel/params.c parameq).
std::vector<std::pair<std::string, std::string>> arguments_of(std::string_view line) {
  std::vector<std::pair<std::string, std::string>> arguments;
  for (auto word : split_words(line)) {
    const auto is_quote = [](char c) { return c == '"' || c == '\''; };
    while (!word.empty() && is_quote(word.front())) word.remove_prefix(1);
    while (!word.empty() && is_quote(word.back())) word.remove_suffix(1);
    if (word.empty()) continue;
    const auto equals = word.find('=');
    arguments.emplace_back(normalize_module_name(word.substr(0, equals)),
                           equals == word.npos ? std::string() : std::string(word.substr(equals + 1)));
  }
  return arguments;
}

/// What the machine was started with: other lines that look alike are what somebody would write.
bool is_running(std::string_view line) {
  return line.find("BOOT_IMAGE=") != line.npos || line.find("initrd=") != line.npos || line.find("root=") != line.npos;
}

bool is_hexadecimal(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return !text.empty() && text.size() <= 8 && std::ranges::all_of(text, is_hex_digit);
}

/// "vvvv:dddd" with up to four more fields (Linux drivers/vfio/pci/vfio_pci.c vfio_pci_fill_ids).
bool is_id(std::string_view entry) {
  const auto fields = split(entry, ':');
  return fields.size() >= 2 && fields.size() <= 6 && std::ranges::all_of(fields, is_hexadecimal);
}

/// A placeholder ("xxxx:xxxx", "<id>") is no mistake: only what has the digits of an id or is an address.
bool is_mistaken_id(std::string_view entry) {
  if (entry.empty() || is_id(entry)) return false;
  const auto colon = entry.find(':');
  if (colon == entry.npos || !std::ranges::any_of(entry, is_digit)) return false;
  if (PciAddress::parse(entry)) return true;
  return colon >= 4 && is_hexadecimal(entry.substr(colon - 4, 4)) && is_hexadecimal(entry.substr(colon + 1, 4));
}

void judge_ids(const PastedMachine& machine, std::vector<PastedWord>& found) {
  for (const auto& ids : machine.vfio_ids)
    for (const auto entry : split(ids.text, ','))
      if (is_mistaken_id(entry)) found.push_back({"bad-id-entry", ids.at, {{"entry", std::string(entry)}}});
}

/// Arguments that people mistype: of the kernel (boot_words()) and of VFIO's modules (Linux drivers/vfio).
const std::vector<std::string>& known_arguments() {
  static const std::vector<std::string> known = [] {
    std::vector<std::string> words = {"vfio_pci.ids", "vfio_iommu_type1.allow_unsafe_interrupts"};
    words.insert(words.end(), boot_words().begin(), boot_words().end());
    return words;
  }();
  return known;
}

void judge_spelling(const PastedText& line, std::vector<PastedWord>& found) {
  // intel_iommu_setup() of drivers/iommu/intel/iommu.c knows none of these; all others may be of another kernel.
  static constexpr std::array<std::string_view, 6> no_values = {"yes", "true", "1", "enable", "enabled", "pt"};
  for (const auto& [name, value] : arguments_of(line.text)) {
    if (name == "intel_iommu" && std::ranges::find(no_values, value) != no_values.end())
      found.push_back({"misspelt-iommu", line.at, {{"word", value}, {"meant", "on"}}});
    // A sound word of the kernel that happens to be near.
    if (name == "amd_iommu" || name == "iommu") continue;
    if (const auto meant = meant_word(name, known_arguments()))
      found.push_back(
          {*meant == "intel_iommu" ? "misspelt-iommu" : "misspelt-argument", line.at, {{"word", name}, {"meant", *meant}}});
  }
}

/// What the settings ask for and no pasted running command line has.
void judge_running(const PastedMachine& machine, std::vector<PastedWord>& found) {
  std::set<std::string> running;
  bool is_shown = false;
  for (const auto& line : machine.command_lines)
    if (is_running(line.text)) {
      is_shown = true;
      for (auto& [name, value] : arguments_of(line.text)) running.insert(std::move(name));
    }
  if (!is_shown) return;
  std::map<std::string, PastedAt> wanted;
  for (const auto& line : machine.boot_settings)
    for (const auto& [name, value] : arguments_of(line.text))
      if (!value.empty() && value != "off" && std::ranges::find(known_arguments(), name) != known_arguments().end())
        wanted.emplace(name, line.at);
  // What is said last is told first: intel_iommu before those that need it.
  for (auto one = wanted.rbegin(); one != wanted.rend(); ++one)
    if (!running.contains(one->first)) found.push_back({"setting-not-running", one->second, {{"word", one->first}}});
}

}  // namespace

std::vector<PastedWord> judge_words(const PastedMachine& machine) {
  std::vector<PastedWord> found;
  judge_ids(machine, found);
  for (const auto& line : machine.command_lines) judge_spelling(line, found);
  for (const auto& line : machine.boot_settings) judge_spelling(line, found);
  judge_running(machine, found);
  return found;
}

}  // namespace vfio_doctor
