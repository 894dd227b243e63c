// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <optional>
#include <ranges>

#include "checks/advice/binding_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/chipset_parts.hpp"
#include "checks/kernel/group_isolation.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"group-companions", "Groups of several devices", 20, run};

Sentence described(const PciFunction& function) {
  return named(function.address) + (function.class_name.empty() ? "" : " (" + function.class_name + ")");
}

std::string driver_text(const PciFunction& function) {
  if (function.driver.has_value()) return "driver " + function.driver.value();
  return function.driver.is_absent() ? "no driver" : "driver not known: " + function.driver.why();
}

void append_name(Sentence& list, const Sentence& name) { list += (list.text.empty() ? "" : ", ") + name; }

Finding describe_group(const Host& host, const IommuGroup& group, const std::vector<const PciFunction*>& counted) {
  auto finding = check.finding(Status::pass, group_subject(group.number), "");
  const auto source = "/sys/kernel/iommu_groups/" + std::to_string(group.number);
  Sentence members, chipset;
  constexpr std::size_t most_named = 64;  // this sentence becomes a reason of every member
  for (const auto* function : counted | std::views::take(most_named)) {
    append_name(members, described(*function));
    if (chipset_part(*function)) append_name(chipset, named(function->address));
    finding.evidence.push_back({source, described(*function).text + ", " + driver_text(*function)});
  }
  if (counted.size() > most_named) append_name(members, std::to_string(counted.size() - most_named) + " more");
  auto summary = named(finding.subject, "Group " + std::to_string(group.number)) + ": " + members + ". ";
  if (chipset.text.empty())
    summary += "They go to one guest together; what it does not want is left without a host driver.";
  else
    summary += "Parts of the chipset (" + chipset +
               ") go to no guest: they only have to be without a host driver while a guest has the rest.";
  for (const auto& cause : causes_of_shared_group(host, group)) {
    summary += " " + cause.sentence;
    finding.evidence.push_back(cause.evidence);
  }
  finding.say(std::move(summary));
  return finding;
}

bool is_held_by_host(const PciFunction& function) { return function.driver.has_value() && !leaves_dma_to_user(function); }

/// Some members with VFIO and others with the host's drivers: whoever meant to give them away is not done.
std::optional<Finding> held_in_parts(const IommuGroup& group, const std::vector<const PciFunction*>& counted) {
  constexpr std::size_t most_named = 8;
  Sentence given, kept;
  auto finding = check.finding(Status::warn, group_subject(group.number), "");
  std::size_t more = 0;
  for (const auto* function : counted) {
    const bool host_has_it = is_held_by_host(*function);
    if (function->is_bridge() || (!host_has_it && !is_held_by_vfio(*function))) continue;
    finding.evidence.push_back({function->sysfs_path + "/driver", driver_text(*function)});
    if (!host_has_it)
      append_name(given, named(function->address));
    else if (finding.evidence.size() <= most_named)
      append_name(kept, named(function->address) + " (" + *function->driver + ")");
    else
      ++more;
  }
  if (given.text.empty() || kept.text.empty()) return std::nullopt;
  if (more > 0) kept += " and " + std::to_string(more) + " more";
  finding.say("VFIO holds " + given + " of this group, and the host's drivers hold " + kept +
              ": as it stands no guest gets any of them (\"" + named(finding.subject, "group " + std::to_string(group.number)) +
              " is not viable\").");
  finding.remedy = {
      {"Give all of them to the same guest, or take the host's drivers off those that it does not want. libvirt "
       "frees only what the domain lists.",
       {},
       {},
       "What the host does with such a function (a disk, its network) stops: look at its own verdict first."}};
  return finding;
}

Finding held_by_bridge(const IommuGroup& group, const PciFunction& bridge) {
  auto finding =
      check.finding(Status::warn, group_subject(group.number),
                    "The bridge " + named(bridge.address) + " in this group is held by the driver " + bridge.driver.value() +
                        ", which does not share: until that driver lets go, no device "
                        "of the group can be assigned.");
  finding.evidence = {{bridge.sysfs_path + "/driver", bridge.driver.value()}};
  finding.remedy = {take_driver_away(bridge.address)};
  finding.remedy.front().text = "Take the driver off the bridge.";
  finding.remedy.front().risk = "Hot plug behind this bridge stops working until it is bound again.";
  return finding;
}

Finding doubtful_bridge(const IommuGroup& group, const PciFunction& bridge) {
  auto finding = check.finding(Status::unknown, group_subject(group.number),
                               "Whether the bridge " + named(bridge.address) +
                                   " in this group stands in the way is not "
                                   "known: " +
                                   (bridge.driver.has_value()
                                        ? "its driver " + bridge.driver.value() +
                                              " does not share, which counts since Linux "
                                              "5.19, and whether this distribution's kernel took over that rule is not known."
                                        : "its driver could not be read."));
  finding.effect = Effect::blocked;
  finding.evidence = {{bridge.sysfs_path + "/driver", driver_text(bridge)}};
  return finding;
}

/// Members that were not all seen must not look like none. `unseen`: one that is no function of the host.
void add_doubts(const IommuGroup& group, const PciAddress* unseen, std::vector<Finding>& findings) {
  const auto add = [&](const Sentence& summary, const std::string& value) {
    auto finding = check.finding(Status::unknown, group_subject(group.number), summary);
    finding.effect = Effect::blocked;
    finding.evidence = {{"/sys/kernel/iommu_groups/" + std::to_string(group.number) + "/devices", value}};
    findings.push_back(finding);
  };
  if (group.members.size() > most_members)
    add("This group has more than " + std::to_string(most_members) + " members: too many to name the companions of each.",
        std::to_string(group.members.size()) + " functions");
  if (!group.members_doubt.empty())
    add("This group may have more members than were seen (" + group.members_doubt +
            "): what else would have to go to the "
            "guest is not known. If a device was plugged in just now, run this again.",
        group.members_doubt);
  if (unseen)
    add("This group lists " + named(*unseen) +
            ", which is not among the host's PCI functions: what it is and what holds "
            "it could not be seen.",
        unseen->text());
  for (std::size_t i = 0; i < group.other_members.size() && i < group.other_drivers.size(); ++i) {
    const auto& driver = group.other_drivers[i];
    if (!driver.is_unreadable()) continue;
    add("This group also holds " + group.other_members[i] +
            ", which is no PCI function: whether a driver holds it could not be "
            "seen (" +
            driver.why() + ").",
        group.other_members[i]);
    break;
  }
}

/// A platform or ACPI device with a driver stands in the way as any other member; no driver of those leaves its DMA to a
/// user (`driver_managed_dma`, Linux 5.19; vfio_dev_viable() before).
void add_held_others(const IommuGroup& group, std::vector<Finding>& findings) {
  for (std::size_t i = 0; i < group.other_members.size() && i < group.other_drivers.size(); ++i) {
    const auto* driver = group.other_drivers[i].get();
    if (!driver) continue;
    auto finding = check.finding(Status::warn, group_subject(group.number),
                                 "This group also holds " + group.other_members[i] +
                                     ", which is no PCI function, and the "
                                     "host's driver " +
                                     *driver +
                                     " has it: until that driver lets go, no device of the group can "
                                     "be assigned.");
    finding.effect = Effect::blocked;
    finding.evidence = {
        {"/sys/kernel/iommu_groups/" + std::to_string(group.number) + "/devices/" + group.other_members[i] + "/driver",
         *driver}};
    findings.push_back(std::move(finding));
  }
}

std::vector<Finding> run(const Host& host) {
  if (dma_remapping(host) != Switch::on || !host.iommu.groups.has_value()) return {};
  std::vector<Finding> findings;
  std::vector<const PciFunction*> counted;
  for (const auto& group : host.iommu.groups.value()) {
    counted.clear();
    const PciAddress* unseen = nullptr;
    for (const auto& address : group.members) {
      const auto* member = host.find(address);
      if (!member) {
        if (!unseen) unseen = &address;
        continue;
      }
      const auto kind = membership(host, *member);
      if (kind == Membership::held_bridge) findings.push_back(held_by_bridge(group, *member));
      if (kind == Membership::doubtful_bridge) findings.push_back(doubtful_bridge(group, *member));
      if (kind != Membership::exempt_bridge) counted.push_back(member);
    }
    if (counted.size() > 1) {
      findings.push_back(describe_group(host, group, counted));
      if (auto parts = held_in_parts(group, counted)) findings.push_back(std::move(*parts));
    }
    if (!counted.empty()) add_doubts(group, unseen, findings);
    if (!counted.empty()) add_held_others(group, findings);
  }
  if (!findings.empty()) return findings;
  return {check.finding(Status::pass, host_subject, "Every device has an IOMMU group of its own.")};
}

}  // namespace

Check group_companions_check() { return check; }

}  // namespace vfio_doctor
