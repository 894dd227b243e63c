// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/chipset_parts.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"slot-siblings", "Functions of one card with two owners", 50, run};

/// Functions of one card, by its slot; root-complex functions share bus 0 and are many devices.
std::map<std::string, std::vector<const PciFunction*>> cards_of(const Host& host) {
  std::map<std::string, std::vector<const PciFunction*>> cards;
  for (const auto& function : host.all_functions()) {
    if (function.is_bridge() || !function.parent || function.physical_function.has_value() || chipset_part(function)) continue;
    const auto text = function.address.text();
    cards[text.substr(0, text.find('.'))].push_back(&function);
  }
  return cards;
}

Finding judge(const PciFunction& given, const std::vector<const PciFunction*>& kept) {
  Sentence others;
  auto finding = check.finding(Status::warn, device_subject(given.address), "");
  finding.evidence = {{given.sysfs_path + "/driver", *given.driver}};
  for (const auto* other : kept) {
    others += (others.text.empty() ? "" : ", ") + named(other->address) + " (" + *other->driver + ")";
    finding.evidence.push_back({other->sysfs_path + "/driver", *other->driver});
  }
  finding.say("VFIO holds it, and the host's drivers hold other functions of the same card: " + others +
              ". A card reset as a whole takes them along, and some cards (AMD's integrated graphics) do not work in parts.");
  finding.remedy = {{"Give all functions of the card to the same guest.",
                     {"lspci -nnk -s " + given.address.text().substr(0, given.address.text().find('.'))},
                     {},
                     {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& [slot, functions] : cards_of(host)) {
    const auto given = std::ranges::find_if(functions, [](const PciFunction* function) {
      return is_held_by_vfio(*function) && function->driver.has_value();
    });
    if (given == functions.end()) continue;
    any = true;
    std::vector<const PciFunction*> kept;
    for (const auto* function : functions) {
      const bool one_group = function->iommu_group.has_value() &&
                             (*given)->iommu_group.is(*function->iommu_group);  // its companion: said elsewhere
      if (function->driver.has_value() && !leaves_dma_to_user(*function) && !one_group) kept.push_back(function);
    }
    if (!kept.empty()) findings.push_back(judge(**given, kept));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No card that VFIO holds is held "
                                     "in part by the host."));
  return findings;
}

}  // namespace

Check slot_siblings_check() { return check; }

}  // namespace vfio_doctor
