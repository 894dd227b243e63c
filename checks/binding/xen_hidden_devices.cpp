// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"xen-hidden-devices", "The list of devices that Xen's back end takes", 110, run};

/// One "(0000:03:00.0)" of the list; no address where it stands for several ("(03:00.*)").
struct HiddenDevice {
  std::optional<PciAddress> address;
};

/// What stands between the brackets: "[DOMAIN:]BUS:SLOT.FUNCTION", each in hexadecimal digits; FUNCTION, or SLOT and FUNCTION, may
/// be "*" (drivers/xen/xen-pciback/pci_stub.c pcistub_init). Nothing where the kernel does not read it.
std::optional<HiddenDevice> parse_item(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
  const auto dot = parts.back().find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto slot = parts.back().substr(0, dot), function = parts.back().substr(dot + 1);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i)
    if (!parse_unsigned(parts[i], 16)) return std::nullopt;
  if (slot == "*" && function == "*") return HiddenDevice{};
  if (!parse_unsigned(slot, 16)) return std::nullopt;
  if (function == "*") return HiddenDevice{};
  if (!parse_unsigned(function, 16)) return std::nullopt;
  return HiddenDevice{PciAddress::parse(text)};
}

/// The items of a list; `rest` is where the kernel stops to read, empty where it reads all.
std::vector<HiddenDevice> parse_list(std::string_view list, std::string_view& rest) {
  std::vector<HiddenDevice> devices;
  for (rest = trim(list); !rest.empty(); rest = trim(rest)) {
    const auto end = rest.find(')');
    if (rest.front() != '(' || end == std::string_view::npos) return devices;
    const auto item = parse_item(rest.substr(1, end - 1));
    if (!item) return devices;
    devices.push_back(*item);
    rest.remove_prefix(end + 1);
  }
  return devices;
}

/// "(03:00.0)(03:00.1)" of the addresses that a list names in whatever form; empty where none can be made out.
std::string as_it_should_be(std::string_view list) {
  std::string text, word;
  const auto take = [&] {
    if (const auto address = PciAddress::parse(word)) text += "(" + address->text() + ")";
    word.clear();
  };
  for (const char c : list)
    if (c == ':' || c == '.' || is_hex_digit(c))
      word += c;
    else
      take();
  take();
  return text;
}

Finding not_read(const Evidence& evidence, std::string_view list, std::string_view rest) {
  auto finding = check.finding(Status::warn, host_subject,
                               "xen-pciback cannot read its list from \"" + std::string(rest.substr(0, 40)) +
                                   "\" on (\"Error parsing pci_devs_to_hide\"): it does not load, and hides none of the "
                                   "devices in the list.");
  finding.evidence = {evidence};
  const auto right = as_it_should_be(list);
  finding.remedy = {{"Write each address in round brackets, without anything between them" +
                         (right.empty() ? std::string() : ": xen-pciback.hide=" + right) + ".",
                     {},
                     {},
                     {}}};
  return finding;
}

std::vector<Finding> judge(const Host& host, const Evidence& evidence, std::string_view list) {
  std::string_view rest;
  const auto devices = parse_list(list, rest);
  if (!rest.empty()) return {not_read(evidence, list, rest)};
  std::vector<Finding> findings;
  for (const auto& device : devices) {
    if (!device.address || !host.functions.has_value() || host.find(*device.address)) continue;
    auto finding = check.finding(Status::warn, host_subject,
                                 "xen-pciback is told to hide " + device.address->text() + ", where there is no device.");
    finding.evidence = {evidence};
    finding.remedy = {{"Write the address that lspci shows now: another card or firmware setting moves buses.", {}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<Finding> run(const Host& host) {
  if (!host.cpu.runs_on_xen()) return {};
  std::vector<Finding> findings;
  bool any = false;
  for (const auto* module : {"xen_pciback", "pciback"}) {
    const auto list = given_parameter(host, module, "hide");
    if (!list || !list->value) continue;
    any = true;
    std::ranges::move(judge(host, list->evidence, *list->value), std::back_inserter(findings));
  }
  if (any && findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject, "xen-pciback can read its list, and what it names is there."));
  return findings;
}

}  // namespace

Check xen_hidden_devices_check() { return check; }

}  // namespace vfio_doctor
