// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/selection.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "checks/kernel/group_members.hpp"
#include "verdicts/selector.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {
namespace {

/// "0000:01:00.0 (NVIDIA ... ), ...": as many as one line can hold.
std::string list_with_names(const std::vector<const PciFunction*>& functions) {
  constexpr std::size_t most = 8;
  std::string list;
  for (std::size_t i = 0; i < functions.size() && i < most; ++i)
    list += (i == 0 ? "" : ", ") + functions[i]->address.text() + " (" + functions[i]->name + ")";
  if (functions.size() > most) list += " and " + std::to_string(functions.size() - most) + " more";
  return list;
}

/// Several functions that a name fits are meant together where they are one card: one slot behind a bridge. A slot of the root
/// bus holds unrelated parts of the chipset, and virtual functions are given one by one.
bool are_one_card(const std::vector<const PciFunction*>& functions) {
  return std::ranges::all_of(functions, [&](const PciFunction* function) {
    auto first = functions.front()->address, slot = function->address;
    first.function = slot.function = 0;
    return slot == first && function->parent && !function->physical_function.has_value();
  });
}

/// What was asked for with one word: one function, one card, or a whole slot that was named as such.
std::vector<const PciFunction*> select_one(const Host& host, const Root& root, const std::string& selector) {
  auto found = functions_named(host, root, selector);
  if (found.empty()) throw InputError("no PCI function matches '" + selector + "'; 'vfio-doctor groups' lists them all");
  if (found.size() > 1 && !names_a_slot(selector) && !are_one_card(found))
    throw InputError("'" + selector + "' matches " + std::to_string(found.size()) + " functions: " + list_with_names(found) +
                     "; name one by its address");
  return found;
}

/// A comma separates selectors, unless it is part of a device's name: "O2 Micro, Inc.".
std::vector<std::string> words_of(const Host& host, const std::string& text) {
  const auto is_in_name = [wanted = to_lower(trim(text))](const PciFunction& function) {
    return wanted.size() > 2 && to_lower(function.name).find(wanted) != std::string::npos;
  };
  if (std::ranges::any_of(host.all_functions(), is_in_name)) return {std::string(trim(text))};
  std::vector<std::string> words;
  for (const auto part : split(text, ',')) {
    if (trim(part).empty()) throw InputError("'" + text + "' names no device, or ends in a comma");
    words.emplace_back(trim(part));
  }
  return words;
}

/// libvirt's name for a function: "pci_0000_03_00_0".
std::string node_device_name(const PciAddress& address) {
  auto name = "pci_" + address.text();
  for (char& c : name)
    if (c == ':' || c == '.') c = '_';
  return name;
}

}  // namespace

std::vector<PciAddress> select_functions(const Host& host, const Root& root, const std::vector<std::string>& selectors) {
  std::vector<PciAddress> selected;
  for (const auto& text : selectors)
    for (const auto& word : words_of(host, text))
      for (const auto* function : select_one(host, root, word))
        if (std::ranges::find(selected, function->address) == selected.end()) selected.push_back(function->address);
  return selected;
}

void select_domain(const Domain& domain, std::vector<PciAddress>& selected) {
  for (const auto& hostdev : domain.hostdevs)
    if (std::ranges::find(selected, hostdev.source) == selected.end()) selected.push_back(hostdev.source);
}

std::vector<PciAddress> freed_by(const Domain& domain) {
  std::vector<PciAddress> freed;
  for (const auto& hostdev : domain.hostdevs)
    if (domain.only_frees(hostdev.source)) freed.push_back(hostdev.source);
  return freed;
}

namespace {

/// Why nobody takes the function away from its driver when the guest starts, and what to do, in the words of the guest's form.
struct Unmanaged {
  std::string why;
  Remedy remedy;
};

Unmanaged unmanaged_in(const Domain& domain, const DomainHostdev& hostdev) {
  const Remedy bind{"Bind it to vfio-pci before each start.", {"vfio-doctor plan " + hostdev.source.text()}, {}, {}};
  const bool by_qemu = hostdev.origin == DomainHostdev::Origin::command_line;
  if (domain.form == Domain::Form::proxmox && !by_qemu)  // not what args: hands to QEMU
    return {" keeps its driver (driver=keep), so it must be on a driver of VFIO before the start; ",
            {"Take driver=keep out of this hostpciN: Proxmox VE binds the function to vfio-pci then.", {}, {}, {}}};
  if (by_qemu)
    return {
        " takes it on QEMU's command line, and QEMU binds nothing, so it must be on vfio-pci before the start (\"failed to "
        "open "
        "/dev/vfio/...: No such file or directory\"); ",
        bind};
  if (domain.form == Domain::Form::list)
    return {" gets it from a device plugin, which hands out what is on vfio-pci already; ", bind};
  return {
      " takes it without managed='yes', so it must be on vfio-pci before the start (\"must be manually detached from the "
      "host\"); ",
      {"Write managed='yes' in the domain's XML, or detach the function before each start.",
       {"sudo virsh nodedev-detach " + node_device_name(hostdev.source)},
       {"sudo virsh nodedev-reattach " + node_device_name(hostdev.source)},
       {}}};
}

}  // namespace

std::vector<Finding> judge_unmanaged(const Host& host, const Domain& domain) {
  std::vector<Finding> findings;
  for (const auto& hostdev : domain.hostdevs) {
    const auto* function = host.find(hostdev.source);
    if (hostdev.managed || !function || hostdev.origin == DomainHostdev::Origin::network) continue;
    const auto& driver = function->driver;
    if (is_held_by_vfio(*function)) continue;
    const auto address = hostdev.source.text();
    Finding finding;
    finding.id = verdict_finding_id;
    finding.title = "Verdict";
    finding.subject = address;
    finding.status = driver.is_unreadable() ? Status::unknown : Status::fail;
    finding.effect = Effect::blocked;
    auto unmanaged = unmanaged_in(domain, hostdev);
    finding.summary = "The domain " + domain.name + unmanaged.why +
                      (driver.has_value()   ? "now " + *driver + " holds it."
                       : driver.is_absent() ? "now it has no driver."
                                            : "which driver holds it could not be read.");
    finding.evidence = {{function->sysfs_path + "/driver", driver.has_value() ? *driver : driver.why()}};
    finding.remedy = {std::move(unmanaged.remedy)};
    findings.push_back(finding);
  }
  return findings;
}

}  // namespace vfio_doctor
