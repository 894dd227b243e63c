// SPDX-License-Identifier: GPL-2.0-or-later
// The guest's side of a plan: what its definition must say to get the whole set.
#include <algorithm>
#include <cstdint>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "reports/plan/guest_definition.hpp"
#include "reports/plan/plan_report.hpp"

namespace vfio_doctor {
namespace {

/// A line of a comment in XML, in which "--" may not stand.
std::string xml_comment(std::string text) {
  text = printable(text);
  std::string safe;
  for (const char c : text) safe += c == '-' && safe.ends_with('-') ? '_' : c == '<' || c == '>' || c == '&' ? '_' : c;
  return "<!-- " + safe + " -->\n";
}

std::string described(const PlannedDevice& device) {
  return device.address.text() + " " + device.name + (device.ids ? " [" + *device.ids + "]" : "");
}

std::string hex_attribute(const char* name, std::uint64_t value, std::size_t digits) {
  return std::string(name) + "='0x" + hex_text(value, digits) + "'";
}

std::string hostdev(const PciAddress& address) {
  return "<hostdev mode='subsystem' type='pci' managed='yes'>\n  <source>\n    <address " +
         hex_attribute("domain", address.domain, 4) + " " + hex_attribute("bus", address.bus, 2) + " " +
         hex_attribute("slot", address.device, 2) + " " + hex_attribute("function", address.function, 1) +
         "/>\n  </source>\n</hostdev>\n";
}

/// Why there is no definition to write.
std::string no_definition(const Plan& plan) {
  if (!plan.refused.empty()) return "Refused: " + plan.refused.front().subject + ": " + plan.refused.front().reason;
  if (!plan.unseen.empty()) return "Not seen: " + plan.unseen.front();
  if (plan.continues) return "What goes to the guest together is known only later: see the text of this plan.";
  return "Nothing goes to a guest.";
}

std::string commented(const std::string& text) { return "# " + printable(text) + "\n"; }

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::vector<const PlannedDevice*> given_devices(const Plan& plan) {
  std::vector<const PlannedDevice*> given;
  if (plan.state != PlanState::plan || plan.continues) return given;
  for (const auto& device : plan.devices)
    if (device.goes()) given.push_back(&device);
  return given;
}

std::string hostdev_elements(const Plan& plan) {
  std::string xml;
  for (const auto* device : given_devices(plan)) xml += xml_comment(described(*device)) + hostdev(device->address);
  return xml;
}

std::string render_plan_xml(const Plan& plan, const TextStyle&) {
  const auto xml = hostdev_elements(plan);
  return xml.empty() ? xml_comment(no_definition(plan)) : xml;
}

std::string render_plan_qm(const Plan& plan, const TextStyle&) {
  const auto given = given_devices(plan);
  if (given.empty()) return commented(no_definition(plan));
  const std::string guest = is_number(plan.domain) ? plan.domain : "VMID";
  std::string text = commented("pcie=1 wants a guest with machine: q35; numbers that are taken already have to be changed.");
  for (std::size_t i = 0; i < given.size(); ++i)
    text += commented(described(*given[i])) + "qm set " + guest + " --hostpci" + std::to_string(i) + " " +
            given[i]->address.text() + ",pcie=1\n";
  return text;
}

std::string render_plan_qemu(const Plan& plan, const TextStyle&) {
  const auto given = given_devices(plan);
  if (given.empty()) return commented(no_definition(plan));
  std::string text;
  for (const auto* device : given)
    text += commented(described(*device)) + "-device vfio-pci,host=" + device->address.text() + "\n";
  return text;
}

}  // namespace vfio_doctor
