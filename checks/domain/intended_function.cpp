// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/domain/intended_function.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <set>

#include "base/text.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

/// Words by which people call a kind of device, and its base class and subclass (PCI Code and ID Assignment); 0xff in the
/// subclass: any.
struct KindWord {
  std::string_view word;
  std::uint16_t kind;
};
constexpr std::array kind_words = {KindWord{"wifi", 0x0280},  KindWord{"wireless", 0x0280}, KindWord{"wlan", 0x0280},
                                   KindWord{"gpu", 0x03ff},   KindWord{"graphics", 0x03ff}, KindWord{"vga", 0x03ff},
                                   KindWord{"nvme", 0x0108},  KindWord{"ssd", 0x0108},      KindWord{"ethernet", 0x0200},
                                   KindWord{"nic", 0x0200},   KindWord{"xhci", 0x0c03},     KindWord{"usb", 0x0c03},
                                   KindWord{"audio", 0x04ff}, KindWord{"sound", 0x04ff},    KindWord{"sata", 0x0106}};

/// Words of a device's name that tell nothing apart.
const std::set<std::string, std::less<>> empty_words =
    {"controller", "device", "family",       "series",        "chipset", "corporation", "intel",   "amd",
     "nvidia",     "host",   "bridge",       "the",           "and",     "for",         "pass",    "passthrough",
     "pci",        "pcie",   "express",      "root",          "port",    "hostdev",     "ua",      "card",
     "inc",        "ltd",    "technologies", "semiconductor", "micro",   "advanced",    "devices", "co",
     "adapter",    "core",   "processor",    "gen",           "this",    "share",       "guest",   "system"};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : to_lower(text.substr(0, 600))) {
    const bool part = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '.';
    if (part)
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  std::erase_if(words, [](const std::string& word) { return word.size() < 3 || empty_words.contains(word); });
  return words;
}

bool is_kind(const PciFunction& function, std::uint16_t kind) {
  const auto own = function.class_and_subclass();
  if (!own) return false;
  return (kind & 0xff) == 0xff ? (*own >> 8) == (kind >> 8) : *own == kind;
}

/// How many of the words speak of the function: its ids and address count most.
unsigned score(const PciFunction& function, const std::vector<std::string>& words) {
  const auto name_words = words_of(function.name + " " + function.class_name);
  const std::set<std::string> name(name_words.begin(), name_words.end());
  unsigned sum = 0;
  for (const auto& word : words) {
    if (const auto address = PciAddress::parse(word); address && *address == function.address) sum += 10;
    if (function.id.has_ids() && word == ids_text(function.id)) sum += 10;
    const auto known = std::ranges::find(kind_words, word, &KindWord::word);
    if (name.contains(word))
      sum += 2;
    else if (known != kind_words.end() && is_kind(function, known->kind))
      sum += 2;
  }
  return sum;
}

/// What the text around it calls the device fits another one, and this one not at all.
std::optional<IntendedFunction> meant_by_words(const DomainCase& here, const DomainHostdev& device, const PciFunction& taken) {
  const auto text = device.comment + " " + device.label;
  const auto words = words_of(text);
  if (words.empty() || score(taken, words) > 0) return std::nullopt;
  const PciFunction* best = nullptr;
  unsigned most = 0, ties = 0;
  for (const auto& function : here.host.all_functions()) {
    const auto points = function.is_bridge() ? 0 : score(function, words);
    if (points > most)
      best = &function, most = points, ties = 0;
    else if (points == most && points > 0)
      ++ties;
  }
  if (!best || ties > 0) return std::nullopt;
  return IntendedFunction{best,
                          "what is written there speaks of another device",
                          {here.domain.file, std::string(trim(text)).substr(0, 200)}};
}

/// Group numbers look like slots: "IOMMU group 14" becomes slot='0x14'. Only where the device that this names shares its group
/// with one that is not taken, which nobody wants, while the group of that number holds one device alone.
std::optional<IntendedFunction> meant_by_group_number(const DomainCase& here, const DomainHostdev& device,
                                                      const PciFunction& taken) {
  const auto number = parse_unsigned(hex_text(device.source.device, 2));
  if (device.source.bus != 0 || device.source.device < 0x10 || !number || taken.iommu_group.is(static_cast<unsigned>(*number)))
    return std::nullopt;
  const auto companions = companions_of(here.host, taken);
  const auto is_taken = [&here](const PciAddress& address) {
    return std::ranges::find(here.domain.hostdevs, address, &DomainHostdev::source) != here.domain.hostdevs.end();
  };
  if (companions.empty() || std::ranges::all_of(companions, is_taken)) return std::nullopt;
  const PciFunction* alone = nullptr;
  for (const auto& function : here.host.all_functions())
    if (function.iommu_group.is(static_cast<unsigned>(*number)) && !function.is_bridge()) {
      if (alone) return std::nullopt;
      alone = &function;
    }
  if (!alone || is_taken(alone->address)) return std::nullopt;
  return IntendedFunction{alone,
                          "its slot reads like the number of IOMMU group " + std::to_string(*number),
                          {"/sys/kernel/iommu_groups/" + std::to_string(*number) + "/devices", alone->address.text()}};
}

}  // namespace

std::optional<IntendedFunction> intended_function(const DomainCase& here, const DomainHostdev& device) {
  const auto* taken = here.host.find(device.source);
  if (!taken) return std::nullopt;
  if (auto meant = meant_by_words(here, device, *taken)) return meant;
  return meant_by_group_number(here, device, *taken);
}

}  // namespace vfio_doctor
