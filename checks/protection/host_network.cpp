// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>

#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/protection/host_needs.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"host-network", "This host's way to the network", 20, run};

Finding protecting(const PciAddress& function, const std::vector<HostNeed>& needs) {
  auto finding = check.finding(Status::warn, device_subject(function),
                               "This host's way to the network: it carries the " + describe(needs) + ".");
  finding.effect = Effect::protects;
  finding.evidence = evidence_of(needs);
  finding.remedy = {
      {"Leave it to the host. To give it away all the same, first give the host another way to the "
       "network; these commands show the routes in use.",
       {"ip route show table all default", "ip -6 route show table all default"},
       {},
       "A guest that takes it cuts this host off: a remote session ends at once and cannot be opened again."}};
  return finding;
}

struct Doubt {
  std::string what, source, why;
};

std::vector<Doubt> doubts_of(const Host& host) {
  const auto* paths = host.network.paths.get();
  if (!paths) return {{"The routes of this host could not be read", "/proc/net/route", host.network.paths.why()}};
  std::vector<Doubt> doubts;
  for (const auto& path : *paths)
    if (!path.unresolved.empty())
      doubts.push_back({"The " + path.use + (path.interface.empty() ? "" : " through " + path.interface) +
                            " could not be followed to its end",
                        path.source, path.unresolved});
  return doubts;
}

bool is_network(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  return !kind || *kind >> 8 == 0x02 || *kind == 0x0c06;
}

/// Where the interfaces could be listed, those that are switched on; else every network controller in use.
bool may_carry_routes(const Host& host, const PciFunction& function) {
  const auto* cards = host.network.cards.get();
  if (!cards || cards->empty()) return is_network(function);
  return std::ranges::any_of(*cards, [&function](const NetworkCard& card) {
    return std::ranges::find(card.functions, function.address) != card.functions.end();
  });
}

Finding unknown(const std::string& subject, const std::string& summary, const std::vector<Doubt>& doubts) {
  auto finding = check.finding(Status::unknown, subject, summary);
  for (const auto& doubt : doubts)
    finding.evidence.push_back({doubt.source, doubts.size() == 1 ? doubt.why : doubt.what + ": " + doubt.why});
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::map<PciAddress, std::vector<HostNeed>> needs;
  if (const auto* paths = host.network.paths.get())
    for (const auto& path : *paths)
      for (const auto& function : path.functions) needs[function].push_back({path.use, path.chain, path.source});
  std::vector<Finding> findings;
  for (const auto& [function, uses] : needs) findings.push_back(protecting(function, uses));

  const auto doubts = doubts_of(host);
  if (doubts.empty()) {
    const bool has_paths = host.network.paths.has_value() && !host.network.paths->empty();
    findings.push_back(check.finding(Status::pass, host_subject,
                                     has_paths
                                         ? "Every default route and remote session was traced to its network cards."
                                         : "This host has no default route to protect, and nobody is logged in from afar."));
    return findings;
  }
  const std::string reason = doubts.front().what + " (" + doubts.front().why + ")";
  const InUse in_use(host);
  for (const auto& function : host.all_functions()) {
    if (function.is_bridge() || needs.contains(function.address)) continue;
    // A program of the host may drive a card through VFIO (Open vSwitch with DPDK): no interface shows it.
    const bool by_a_program = !in_use(function) && is_network(function) && is_held_by_vfio(function);
    if (!by_a_program && (!in_use(function) || !may_carry_routes(host, function))) continue;
    auto finding = unknown(device_subject(function.address), reason + ": it may be this device.", doubts);
    finding.effect = Effect::protects;
    findings.push_back(std::move(finding));
  }
  findings.push_back(unknown(host_subject, reason + ".", doubts));
  return findings;
}

}  // namespace

Check host_network_check() { return check; }

}  // namespace vfio_doctor
