// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>

#include "checks/check.hpp"
#include "checks/protection/host_needs.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"host-tunnel", "Thunderbolt and USB4 this host hangs on", 50, run};

/// What this host needs that can be unplugged, or of which that could not be read: it may be reached through a tunnel, which ends when its controller is reset. Where
/// the kernel shows which controller a port depends on, the need was followed to it already (functions_behind()).
std::vector<HostNeed> removable_needs(const Host& host) {
  std::vector<HostNeed> needs;
  const auto add = [&](const auto& uses) {
    for (const auto& use : uses)
      for (const auto& address : use.functions) {
        const auto* function = host.find(address);
        if (function && !function->removable.is(false) && !function->removable.is_absent())
          needs.push_back({use.use, address.text(), use.source});
      }
  };
  if (const auto* uses = host.storage.uses.get()) add(*uses);
  if (const auto* paths = host.network.paths.get()) add(*paths);
  return needs;
}

/// The needs whose tunnel is known name the controller themselves.
bool is_followed_to(const Host& host, const PciAddress& controller) {
  const auto has = [&controller](const auto& one) {
    return std::ranges::find(one.functions, controller) != one.functions.end();
  };
  const auto* uses = host.storage.uses.get();
  const auto* paths = host.network.paths.get();
  return (uses && std::ranges::any_of(*uses, has)) || (paths && std::ranges::any_of(*paths, has));
}

std::vector<Finding> run(const Host& host) {
  std::vector<const PciFunction*> controllers;
  for (const auto& function : host.all_functions())
    if (function.is_tunnel_controller()) controllers.push_back(&function);
  if (controllers.empty()) return {};
  const bool any_followed =
      std::ranges::any_of(controllers, [&](const auto* one) { return is_followed_to(host, one->address); });
  const auto needs = any_followed ? std::vector<HostNeed>{} : removable_needs(host);
  if (needs.empty())
    return {check.finding(Status::pass, host_subject,
                          "Nothing this host needs is known to be reached through a tunnel that is not followed.")};
  std::vector<Finding> findings;
  for (const auto* controller : controllers) {
    auto finding =
        check.finding(controllers.size() == 1 ? Status::warn : Status::unknown, device_subject(controller->address),
                      (controllers.size() == 1 ? "This host is reached through it: "
                                               : "This host may be reached through it: ") +
                          describe(needs) + " may be plugged in there, and a reset of the controller ends its tunnels.");
    finding.effect = Effect::protects;
    finding.evidence = evidence_of(needs);
    finding.remedy = {{"Leave it to the host, or first give the host another way that is not plugged in there.",
                       {},
                       {},
                       "When a guest takes the controller, everything plugged in there is gone at once."}};
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

Check host_tunnel_check() { return check; }

}  // namespace vfio_doctor
