// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/guest/log_lines.hpp"

namespace vfio_doctor {
namespace {

bool is_name_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '.' || c == ':' || c == '-'; }

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

/// "2:0:0:0", a SCSI device: its host is "host2".
bool is_scsi_address(std::string_view word) {
  const auto parts = split(word, ':');
  return parts.size() == 4 && std::ranges::all_of(parts, is_number);
}

/// "03:00.0", as IOMMU drivers and some others write an address.
bool is_short_address(std::string_view word) { return word.size() == 7 && word[2] == ':' && word[5] == '.'; }

/// "0000:03:00.0"
bool is_address(std::string_view word) { return word.size() == 12 && word.find('.') == 10; }

/// The disk that a partition is on: "nvme0n1p2", "mmcblk0p1", "sdb3"; empty where the word is no partition's name.
std::string_view disk_of(std::string_view partition) {
  const auto last = partition.find_last_not_of("0123456789");
  if (last == partition.npos || last + 1 == partition.size()) return {};
  if (partition.starts_with("sd")) return partition.substr(0, last + 1);
  const bool is_split = partition[last] == 'p' && last > 0 && is_digit(partition[last - 1]);
  return is_split && (partition.starts_with("nvme") || partition.starts_with("mmcblk")) ? partition.substr(0, last)
                                                                                        : std::string_view();
}

/// What a word of a line names, where that is not the word itself; `before` is the word in front of it.
std::string implied_name(std::string_view word, std::string_view before) {
  if (word.starts_with("pci:")) return std::string(word.substr(4)) + ".0";  // an Xid tells no function
  if (is_short_address(word)) return "0000:" + std::string(word);
  if (word.starts_with("ata") && word.find('.') != word.npos) return std::string(word.substr(0, word.find('.')));
  if (const auto phy = word.find("-phy"); phy != word.npos) return std::string(word.substr(phy + 1));  // "b43-phy0"
  if (before == "irq" && is_number(word)) return "irq " + std::string(word);
  const auto first = word.substr(0, word.find_first_of("-:"));
  if ((before == "usb" || before == "hub") && is_number(first) && word.size() > first.size()) return "usb" + std::string(first);
  if (word.starts_with("usb") && word.find("-port") != word.npos) return std::string(first);
  if (is_scsi_address(word)) return "host" + std::string(first);
  return std::string(disk_of(first));  // JBD2 has "sdb3-8"
}

/// One spelling for modules and drivers: "ehci-pci" is "ehci_pci".
std::string driver_key(std::string_view name) { return normalize_module_name(to_lower(name)); }

struct OwnName {
  std::string_view in_log, driver;
};
/// How drivers call themselves in front of a line without a device. Sources: NVIDIA/open-gpu-kernel-modules kernel-open;
/// Linux 6.18 drivers/scsi/mpt3sas, drivers/message/fusion/mptbase.c, drivers/scsi/megaraid.
constexpr std::array own_names = {OwnName{"nvrm", "nvidia"},           OwnName{"nvidia_drm", "nvidia"},
                                  OwnName{"nvidia_modeset", "nvidia"}, OwnName{"mpt2sas_cm", "mpt3sas"},
                                  OwnName{"mpt3sas_cm", "mpt3sas"},    OwnName{"mptbase", "mptsas"},
                                  OwnName{"mptbase", "mptspi"},        OwnName{"mptbase", "mptfc"},
                                  OwnName{"megasas", "megaraid_sas"},  OwnName{"megaraid", "megaraid_sas"}};

/// What drivers a word at the start of a line may stand for: "ivtv0" and "cx18-0" are the first device of theirs,
/// "xdma:map_bars" and "saa7164_downloadfirmware()" functions of theirs.
std::vector<std::string> drivers_of_word(std::string_view word, bool is_call) {
  word = word.substr(0, word.find(':'));
  auto key = driver_key(word);
  std::vector<std::string> drivers{key};
  key.erase(key.find_last_not_of("0123456789") + 1);
  while (key.ends_with('_')) key.pop_back();
  drivers.push_back(key);
  if (is_call) drivers.push_back(key.substr(0, key.find('_')));
  for (const auto& [in_log, driver] : own_names)
    if (driver_key(word).starts_with(in_log)) drivers.emplace_back(driver);
  return drivers;
}

}  // namespace

std::string_view driver_by_own_name(std::string_view word) {
  const auto key = driver_key(word);
  const auto found = std::ranges::find_if(own_names, [&key](const OwnName& own) { return key.starts_with(own.in_log); });
  return found == own_names.end() ? std::string_view() : found->driver;
}

LogNames::LogNames(const std::vector<GuestFunction>& functions) {
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].has_address) add(functions[i].address.text(), i);
    for (const auto& name : functions[i].log_names) add(name, i);
    if (functions[i].driver.has_value()) by_driver_[driver_key(functions[i].driver.value())].push_back(i);
    if (!functions[i].children.has_value()) continue;
    for (const auto& child : functions[i].children.value())
      if (child.kind != GuestChild::Kind::sound && child.kind != GuestChild::Kind::display) add(to_lower(child.name), i);
  }
  // NVIDIA's driver says without an address why it leaves a card alone.
  constexpr std::uint16_t nvidia = 0x10de, display = 0x03;
  if (by_driver_.contains("nvidia")) return;
  for (std::size_t i = 0; i < functions.size(); ++i)
    if (functions[i].driver.is_absent() && functions[i].id.vendor.is(nvidia) && functions[i].class_and_subclass.has_value() &&
        functions[i].class_and_subclass.value() >> 8 == display)
      by_driver_["nvidia"].push_back(i);
}

void LogNames::add(const std::string& name, std::size_t function) {
  auto& list = by_name_[name];
  if (std::ranges::find(list, function) == list.end()) list.push_back(function);
}

void LogNames::learn(std::string_view name, std::string_view address) {
  const auto found = by_name_.find(std::string(address));
  if (found != by_name_.end() && found->second.size() == 1) learned_[std::string(name)] = found->second.front();
}

/// A driver that gives up takes its names with it, and a captured log has no names but its own. What still tells whose they
/// are: "nvme nvme0: pci function ADDRESS", "igb ADDRESS eth0: ...", "igb ADDRESS ens3: renamed from eth0",
/// "xhci_hcd ADDRESS: new USB bus registered, assigned bus number 3", "mmc0: SDHCI controller on PCI [ADDRESS]".
void LogNames::learn_names(const Words& words, std::string_view lower) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto behind = static_cast<std::size_t>(words[i].data() - lower.data()) + words[i].size();
    if (!is_address(words[i]) || behind >= lower.size()) continue;
    if (lower[behind] == ' ' && is_digit(words[i + 1].back())) {
      learn(words[i + 1], words[i]);
      if (i + 4 < words.size() && words[i + 2] == "renamed" && words[i + 3] == "from") learn(words[i + 4], words[i]);
    }
    if (lower.find("assigned bus number") != lower.npos && is_number(words.back()))
      learn("usb" + std::string(words.back()), words[i]);
  }
  if (words.size() < 4) return;
  const auto learn_first = [&](std::size_t name, std::string_view said) {
    if (lower.find(said) == lower.npos) return;
    for (auto i = name + 1; i < words.size(); ++i)
      if (is_address(words[i])) learn(words[name], words[i]);
  };
  for (std::size_t i = 0; i + 3 < words.size(); ++i) {
    if (words[i].starts_with("nvme") && words[i + 1] == "pci" && words[i + 2] == "function") learn(words[i], words[i + 3]);
    if (words[i].starts_with("mmc")) learn_first(i, "controller on pci [");
  }
}

/// "nvrm: ...", "[drm:... [amdgpu]] ...": a line that names no device is about one of its driver's.
LogOwners LogNames::by_driver(const Words& words, std::string_view lower) const {
  for (const auto& word : words) {
    const auto at = static_cast<std::size_t>(word.data() - lower.data());
    const auto end = at + word.size();
    const char behind = end < lower.size() ? lower[end] : ' ';
    const bool is_call = behind == '(';
    const bool is_in_brackets = at > 0 && lower[at - 1] == '[' && behind == ']';
    // NVIDIA's driver writes "NVRM kgspBootstrap_GH100: ..." as well as "NVRM: ...".
    const bool speaks = behind == ':' || behind == '[' || is_call || word.find(':') != word.npos || word == "nvrm";
    if (!speaks && !is_in_brackets) continue;
    // "nvme nvme7: ...": another device of the driver, which is none of these.
    if (const auto key = driver_key(word); at > 0 && lower[at - 1] == ' ' && &word != &words.front())
      if (const auto before = driver_key(*(&word - 1)); key != before && key.starts_with(before)) return {};
    for (const auto& driver : drivers_of_word(word, is_call)) {
      const auto found = by_driver_.find(driver);
      if (found != by_driver_.end()) return {found->second, found->second.size() > 1};
    }
  }
  return {};
}

LogOwners LogNames::owners_of(std::string_view lower) {
  const auto words = name_words(lower);
  learn_names(words, lower);
  std::vector<std::size_t> functions;
  const auto put = [&functions](std::size_t function) {
    if (std::ranges::find(functions, function) == functions.end()) functions.push_back(function);
  };
  const auto take = [&](const std::string& name) {
    if (const auto found = by_name_.find(name); found != by_name_.end())
      std::ranges::for_each(found->second, put);
    else if (const auto learned = learned_.find(name); learned != learned_.end())
      put(learned->second);
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    take(std::string(words[i]));
    const auto implied = implied_name(words[i], i == 0 ? std::string_view() : words[i - 1]);
    if (!implied.empty()) take(implied);
  }
  return functions.empty() ? by_driver(words, lower) : LogOwners{std::move(functions), false};
}

}  // namespace vfio_doctor
