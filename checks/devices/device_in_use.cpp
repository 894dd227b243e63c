// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>

#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"device-in-use", "Graphics cards that programs hold", 46, run};

constexpr std::size_t most_named = 4;

std::vector<const PciFunction*> driven_by_nvidia(const Host& host) {
  std::vector<const PciFunction*> cards;
  for (const auto& function : host.all_functions())
    if (function.driver.is("nvidia") && !is_held_by_vfio(function)) cards.push_back(&function);
  return cards;
}

/// The card behind a node. NVIDIA's numbers its nodes itself; where it does not say which is which, one card is certain.
const PciFunction* card_of(const Host& host, const OpenDevice& open, const std::vector<const PciFunction*>& nvidia) {
  if (open.function) return host.find(*open.function);
  return open.node.starts_with("/dev/nvidia") && nvidia.size() == 1 ? nvidia.front() : nullptr;
}

Finding held(const PciFunction& card, const std::vector<const OpenDevice*>& users) {
  std::string names;
  std::vector<unsigned> named;
  for (const auto* user : users) {
    if (named.size() == most_named || std::ranges::find(named, user->process) != named.end()) continue;
    named.push_back(user->process);
    names += (names.empty() ? "" : ", ") + (user->program.empty() ? "a program" : user->program) + " (process " +
             std::to_string(user->process) + ")";
  }
  auto finding = check.finding(Status::warn, device_subject(card.address),
                               "Programs of the host hold it now: " + names + ". Taking it from its driver " +
                                   (card.driver.has_value() ? *card.driver : std::string()) +
                                   " hangs or ends them; end them before a guest starts.");
  for (const auto* user : users)
    if (finding.evidence.size() < 8) finding.evidence.push_back({"/proc/" + std::to_string(user->process) + "/fd", user->node});
  finding.remedy = {{"End what holds it: the desktop on this card, computations, nvidia-persistenced. This names them.",
                     {"sudo fuser -v /dev/nvidia* /dev/dri/*"},
                     {},
                     {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  const auto nvidia = driven_by_nvidia(host);
  std::map<PciAddress, std::vector<const OpenDevice*>> users;
  std::vector<const OpenDevice*> unnamed;
  for (const auto& open : host.processes.open) {
    if (open.node.starts_with("/dev/vfio/")) continue;
    const auto* card = card_of(host, open, nvidia);
    if (!card && open.node.starts_with("/dev/nvidia")) unnamed.push_back(&open);
    // The boot display is the host's own screen; host-console speaks of it.
    if (card && !is_held_by_vfio(*card) && !card->boot_vga.is(true)) users[card->address].push_back(&open);
  }
  std::vector<Finding> findings;
  for (const auto& [address, list] : users) findings.push_back(held(*host.find(address), list));
  if (!unnamed.empty())
    for (const auto* card : nvidia) {
      if (users.contains(card->address)) continue;
      auto finding = held(*card, unnamed);
      finding.status = Status::unknown;
      finding.summary = "Programs of the host hold a card of NVIDIA's driver now; whether it is this one could not be told.";
      findings.push_back(std::move(finding));
    }
  if (!findings.empty()) return findings;
  if (!host.processes.all_seen)
    return {check.finding(Status::not_applicable, host_subject, "Which programs hold graphics cards is seen with root alone.")};
  return {check.finding(Status::pass, host_subject, "No program is seen to hold a graphics card that could be given.")};
}

}  // namespace

Check device_in_use_check() { return check; }

}  // namespace vfio_doctor
