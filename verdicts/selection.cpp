// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/selection.hpp"

#include <algorithm>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "checks/kernel/group_members.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {
namespace {

bool has_ids(const PciFunction& function, std::string_view selector) {
  const auto parts = split(selector, ':');
  if (parts.size() != 2 || parts[0].size() != 4 || parts[1].size() != 4) return false;
  const auto vendor = parse_unsigned(parts[0], 16), device = parse_unsigned(parts[1], 16);
  return vendor && device && function.vendor_id.is(static_cast<std::uint16_t>(*vendor)) &&
         function.device_id.is(static_cast<std::uint16_t>(*device));
}

std::vector<const PciFunction*> matches(const Host& host, const std::string& selector) {
  std::vector<const PciFunction*> found;
  if (const auto address = PciAddress::parse(selector)) {
    if (const auto* function = host.find(*address)) found.push_back(function);
    return found;
  }
  const auto wanted = to_lower(selector);
  for (const auto& function : host.all_functions())
    if (has_ids(function, selector) || (!wanted.empty() && to_lower(function.name).find(wanted) != std::string::npos))
      found.push_back(&function);
  return found;
}

/// libvirt's name for a function: "pci_0000_03_00_0".
std::string node_device_name(const PciAddress& address) {
  auto name = "pci_" + address.text();
  for (char& c : name)
    if (c == ':' || c == '.') c = '_';
  return name;
}

}  // namespace

std::vector<PciAddress> select_functions(const Host& host, const std::vector<std::string>& selectors) {
  std::vector<PciAddress> selected;
  for (const auto& selector : selectors) {
    const auto found = matches(host, selector);
    if (found.empty()) throw InputError("no PCI function matches '" + selector + "'; 'vfio-doctor groups' lists them all");
    if (found.size() > 1) {
      std::string list;
      for (const auto* function : found)
        if (list.size() < 400) list += (list.empty() ? "" : ", ") + function->address.text();
      throw InputError("'" + selector + "' matches " + std::to_string(found.size()) + " functions: " + list +
                       "; name one by its address");
    }
    if (std::ranges::find(selected, found[0]->address) == selected.end()) selected.push_back(found[0]->address);
  }
  return selected;
}

void select_domain(const Domain& domain, std::vector<PciAddress>& selected) {
  for (const auto& hostdev : domain.hostdevs)
    if (std::ranges::find(selected, hostdev.source) == selected.end()) selected.push_back(hostdev.source);
  if (!domain.hostdevs.empty()) return;
  const auto* wrong = !domain.faults.empty() ? &domain.faults.front() : !domain.unresolved.empty() ? &domain.unresolved.front() : nullptr;
  if (!wrong) throw InputError("domain '" + domain.name + "' takes no PCI function from this host");
  throw InputError(domain.file + ":" + std::to_string(wrong->line) + ": domain '" + domain.name + "' names no PCI function of this host: " +
                   wrong->what + (wrong->words.empty() ? "" : " (\"" + wrong->words + "\")"));
}

std::vector<Finding> judge_unmanaged(const Host& host, const Domain& domain) {
  std::vector<Finding> findings;
  for (const auto& hostdev : domain.hostdevs) {
    const auto* function = host.find(hostdev.source);
    if (hostdev.managed || !function || hostdev.origin == DomainHostdev::Origin::network) continue;
    const auto& driver = function->driver;
    if (driver.has_value() && *driver != "pci-stub" && leaves_dma_to_user(*driver)) continue;
    const auto address = hostdev.source.text();
    Finding finding;
    finding.id = verdict_finding_id;
    finding.title = "Verdict";
    finding.subject = address;
    finding.status = driver.is_unreadable() ? Status::unknown : Status::fail;
    finding.effect = Effect::blocked;
    finding.summary = "The domain " + domain.name + " takes it without managed='yes', so it must be on vfio-pci before the "
                      "start (\"must be manually detached from the host\"); " +
                      (driver.has_value() ? "now " + *driver + " holds it."
                       : driver.is_absent() ? "now it has no driver."
                                            : "which driver holds it could not be read.");
    finding.evidence = {{function->sysfs_path + "/driver", driver.has_value() ? *driver : driver.why()}};
    finding.remedy = {{"Write managed='yes' in the domain's XML, or detach the function before each start.",
                       {"sudo virsh nodedev-detach " + node_device_name(hostdev.source)},
                       {"sudo virsh nodedev-reattach " + node_device_name(hostdev.source)}, {}}};
    findings.push_back(finding);
  }
  return findings;
}

}  // namespace vfio_doctor
