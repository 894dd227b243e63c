// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <set>

#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-intent", "The device that was meant", 20, run};

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

std::string described(const PciFunction& function) { return function.address.text() + ", " + function.name; }

std::string its_group(const Host& host, const PciFunction& function) {
  if (!function.iommu_group.has_value()) return {};
  return companions_of(host, function).empty() ? ", with a group of its own" : ", in a group with other devices";
}

Finding suggest(const DomainCase& here, const DomainHostdev& device, const PciFunction& taken, const PciFunction& meant,
                const std::string& why, const Evidence& evidence) {
  const auto kind = taken.class_name.empty() ? taken.name : taken.class_name;
  auto finding = check.at_line(Status::warn, here, device.line,
                               "It takes " + taken.address.text() + " (" + kind + ", " + taken.name + "), but " + why +
                                   ": did you mean " + described(meant) + its_group(here.host, meant) + "?");
  finding.evidence.push_back(evidence);
  finding.remedy = {{"Write this as the source, if so: <address domain='0x" + hex_text(meant.address.domain, 4) + "' bus='0x" +
                         hex_text(meant.address.bus, 2) + "' slot='0x" + hex_text(meant.address.device, 2) + "' function='0x" +
                         hex_text(meant.address.function, 1) + "'/>",
                     {},
                     {},
                     {}}};
  return finding;
}

/// What the text around it calls the device fits another one, and this one not at all.
void judge_words(const DomainCase& here, const DomainHostdev& device, const PciFunction& taken,
                 std::vector<Finding>& findings) {
  const auto text = device.comment + " " + device.label;
  const auto words = words_of(text);
  if (words.empty() || score(taken, words) > 0) return;
  const PciFunction* best = nullptr;
  unsigned most = 0, ties = 0;
  for (const auto& function : here.host.all_functions()) {
    const auto points = function.is_bridge() ? 0 : score(function, words);
    if (points > most)
      best = &function, most = points, ties = 0;
    else if (points == most && points > 0)
      ++ties;
  }
  if (!best || ties > 0) return;
  findings.push_back(suggest(here, device, taken, *best, "what is written there speaks of another device",
                             {here.domain.file, std::string(trim(text)).substr(0, 200)}));
}

/// Group numbers look like slots: "IOMMU group 14" becomes slot='0x14'. Only where the device that this names shares its group
/// with one that is not taken, which nobody wants, while the group of that number holds one device alone.
void judge_group_number(const DomainCase& here, const DomainHostdev& device, const PciFunction& taken,
                        std::vector<Finding>& findings) {
  const auto number = parse_unsigned(hex_text(device.source.device, 2));
  if (device.source.bus != 0 || device.source.device < 0x10 || !number || taken.iommu_group.is(static_cast<unsigned>(*number)))
    return;
  const auto companions = companions_of(here.host, taken);
  const auto is_taken = [&here](const PciAddress& address) {
    return std::ranges::find(here.domain.hostdevs, address, &DomainHostdev::source) != here.domain.hostdevs.end();
  };
  if (companions.empty() || std::ranges::all_of(companions, is_taken)) return;
  const PciFunction* alone = nullptr;
  for (const auto& function : here.host.all_functions())
    if (function.iommu_group.is(static_cast<unsigned>(*number)) && !function.is_bridge()) {
      if (alone) return;
      alone = &function;
    }
  if (!alone || is_taken(alone->address)) return;
  findings.push_back(suggest(here, device, taken, *alone,
                             "its slot reads like the number of IOMMU group " + std::to_string(*number),
                             {"/sys/kernel/iommu_groups/" + std::to_string(*number) + "/devices", alone->address.text()}));
}

void judge_recorded(const DomainCase& here, const DomainHostdev& device, const PciFunction& taken,
                    std::vector<Finding>& findings) {
  if (device.expected_id.empty() || !taken.id.has_ids()) return;
  const auto now = ids_text(taken.id);
  if (to_lower(device.expected_id) == now) return;
  findings.push_back(check.at_line(Status::fail, here, device.line,
                                   taken.address.text() + " is another device now: " + now + " (" + taken.name +
                                       "), while the mapping recorded " + device.expected_id + ".",
                                   "PCI device mapping invalid (hardware probably changed)"));
}

std::vector<Finding> run(const DomainCase& here) {
  std::vector<Finding> findings;
  for (const auto& device : here.domain.hostdevs) {
    const auto* taken = here.host.find(device.source);
    if (!taken) continue;
    const auto before = findings.size();
    judge_recorded(here, device, *taken, findings);
    judge_words(here, device, *taken, findings);
    if (findings.size() == before) judge_group_number(here, device, *taken, findings);
  }
  if (findings.empty() && !here.domain.hostdevs.empty())
    findings.push_back(
        check.finding(Status::pass, here, "Nothing in its text speaks of other devices than those that it takes."));
  return findings;
}

}  // namespace

DomainCheck domain_intent_check() { return check; }

}  // namespace vfio_doctor
