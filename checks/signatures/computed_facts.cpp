// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <set>

#include "base/text.hpp"
#include "checks/signatures/driver_stories.hpp"
#include "checks/signatures/known_versions.hpp"
#include "checks/signatures/occurrence.hpp"
#include "checks/signatures/pasted_words.hpp"

namespace vfio_doctor {
namespace {

// clang-format off
constexpr std::array<std::string_view, 27> plain_facts = {
    "companion-held",   "companion-listed", "sibling-held",       "alone-in-group",  "self-held",          "igd-address",
    "identical-ids",    "share-group",      "ids-not-bound",      "not-on-command-line", "two-vfio-devices", "log-without-iommu-table",
    "log-without-groups", "asked-for-iommu", "guest-kernel-log", "virtual-function", "given", "groups-differ", "no-groups-listed",
    "subject-held", "bad-id-entry", "misspelt-iommu", "misspelt-argument", "setting-not-running",
    "speaks-of-passthrough", "groups-shown", "device-fault"};
// clang-format on

/// Drivers that leave their device to a user program, and the port driver that shares (Linux 5.19 driver_managed_dma).
bool leaves_group_alone(std::string_view driver) {
  return driver.empty() || driver.find("vfio") != driver.npos || driver == "pci-stub" || driver == "pcieport" ||
         driver == "pciback" || driver == "xen-pciback";
}

class Computer {
 public:
  Computer(const PastedMachine& machine, const std::vector<PasteDocument>& documents, Occurrences& occurrences)
      : machine_(machine), documents_(documents), occurrences_(occurrences) {
    for (const auto& member : machine.group_members)
      if (!is_guest(member.at)) members_[member.group].emplace(member.address, &member.at);
    for (const auto& function : machine.functions)
      if (!is_guest(function.at)) functions_[function.address] = &function;
    // A later listing of the same function may show less: the last one with a driver says it.
    for (const auto& function : machine.functions)
      if (function.driver && !is_guest(function.at)) driven_[function.address] = &function;
  }

  void run() {
    judge_presence();
    judge_groups();
    compare_listings();
    judge_subjects();
    judge_addresses();
    judge_listing();
    judge_settings();
    for (auto& word : judge_words(machine_))
      if (!is_guest(word.at)) add(word.fact, word.at, std::move(word.captures));
    judge_versions();
    judge_logs();
    judge_faults();
  }

 private:
  bool is_guest(const PastedAt& at) const {
    return at.document < documents_.size() && documents_[at.document].machine == PastedFrom::guest;
  }
  void add(std::string_view id, const PastedAt& at, Captures captures = {}, std::optional<PciAddress> address = {}) {
    occurrences_.add({id, nullptr, at, 0, std::move(captures), address});
  }
  std::optional<unsigned> group_of(const PciAddress& address) const {
    for (const auto& [number, members] : members_)
      if (members.contains(address)) return number;
    return std::nullopt;
  }

  /// Any group at all: the IOMMU is on.
  void judge_presence() {
    for (const auto& member : machine_.group_members)
      if (!is_guest(member.at)) return add("groups-shown", member.at);
    for (const auto& [address, function] : functions_)
      if (function->group) return add("groups-shown", function->at);
  }

  /// Who else is in the group that is not viable.
  void judge_groups() {
    const auto refused = occurrences_.of("group-not-viable");  // a copy: facts are added meanwhile
    for (const auto& one : refused) {
      auto group = one.address ? group_of(*one.address) : std::nullopt;
      if (!group)
        if (const auto number = parse_unsigned(one.capture("group"));
            number && members_.contains(static_cast<unsigned>(*number)))
          group = static_cast<unsigned>(*number);
      if (!group && !one.address && members_.size() == 1) group = members_.begin()->first;  // "group X" beside one listing
      if (group)
        judge_group(*group, one.address);
      else if (one.address)
        judge_siblings(*one.address);
    }
  }

  void judge_group(unsigned number, const std::optional<PciAddress>& subject) {
    std::size_t endpoints = 0;
    const PastedAt* shown = nullptr;
    const std::string group = std::to_string(number);
    for (const auto& [address, at] : members_.at(number)) {
      const auto function = functions_.find(address);
      if (function != functions_.end() && function->second->is_bridge) continue;
      ++endpoints;
      shown = at;
      const auto driven = driven_.find(address);
      const bool is_held = driven != driven_.end() && !leaves_group_alone(*driven->second->driver);
      const Captures captures = {{"companion", address.text()},
                                 {"group", group},
                                 {"driver", is_held ? *driven->second->driver : ""}};
      if (subject && address == *subject) {
        if (is_held) add("self-held", *driven->second->driver_at, captures, subject);
        continue;
      }
      if (is_held)
        add("companion-held", *driven->second->driver_at, captures, subject);
      else if (driven == driven_.end())
        add("companion-listed", *at, captures, subject);
    }
    if (endpoints == 1 && shown) add("alone-in-group", *shown, {{"group", group}}, subject);
  }

  /// Without a group's listing: the function itself, and others of the same device, that a host driver holds.
  void judge_siblings(const PciAddress& subject) {
    if (const auto own = driven_.find(subject); own != driven_.end() && !leaves_group_alone(*own->second->driver))
      add("self-held", *own->second->driver_at, {{"driver", *own->second->driver}}, subject);
    for (const auto& [address, function] : driven_)
      if (address != subject && address.domain == subject.domain && address.bus == subject.bus &&
          address.device == subject.device && !leaves_group_alone(*function->driver))
        add("sibling-held", *function->driver_at, {{"companion", address.text()}, {"driver", *function->driver}}, subject);
  }

  /// The same function alone in one listing and in company in another: two kernels, two settings.
  void compare_listings() {
    std::map<std::uint32_t, std::map<unsigned, std::set<PciAddress>>> listings;
    for (const auto& member : machine_.group_members) {
      const auto function = functions_.find(member.address);
      if (is_guest(member.at) || (function != functions_.end() && function->second->is_bridge)) continue;
      if (documents_[member.at.document].kind == PasteKind::group_listing)
        listings[member.at.document][member.group].insert(member.address);
    }
    if (listings.size() != 2) return;
    std::map<PciAddress, unsigned> first;
    for (const auto& [group, members] : listings.begin()->second)
      for (const auto& address : members) first.emplace(address, group);
    for (const auto& member : machine_.group_members) {
      if (member.at.document != listings.rbegin()->first) continue;
      const auto before = first.find(member.address);
      const auto after = listings.rbegin()->second.find(member.group);
      if (before == first.end() || after == listings.rbegin()->second.end()) continue;
      const bool was_alone = listings.begin()->second.at(before->second).size() == 1, is_alone = after->second.size() == 1;
      if (was_alone == is_alone) continue;
      add("groups-differ", member.at, {{"group", std::to_string(is_alone ? before->second : member.group)}}, member.address);
      return;
    }
  }

  /// DPDK drives these together with their own driver (doc/guides/platform/mlx5.rst, nics/mlx4.rst, nics/mana.rst): it holds nothing.
  static bool is_shared_with_dpdk(std::string_view driver) {
    return driver == "mlx5_core" || driver == "mlx4_core" || driver == "mana";
  }

  /// What somebody could not open, or DPDK not attach, because a host driver holds it.
  void judge_subjects() {
    auto refused = occurrences_.of("vfio-node-missing");  // a copy: facts are added meanwhile
    const auto& unattached = occurrences_.of("dpdk-attach-failed");
    refused.insert(refused.end(), unattached.begin(), unattached.end());
    for (const auto& one : refused) {
      const auto driven = one.address ? driven_.find(*one.address) : driven_.end();
      if (driven == driven_.end() || leaves_group_alone(*driven->second->driver) ||
          (one.id == "dpdk-attach-failed" && is_shared_with_dpdk(*driven->second->driver)))
        continue;
      add("subject-held", *driven->second->driver_at, {{"driver", *driven->second->driver}}, one.address);
    }
  }

  void judge_addresses() {
    std::set<PciAddress> seen;
    std::vector<std::pair<PciAddress, PastedAt>> found;
    for (const auto& [id, list] : occurrences_.all())
      for (const auto& one : list)
        if (one.address && one.signature && one.signature->kind == Signature::Kind::error && seen.insert(*one.address).second)
          found.emplace_back(*one.address, one.at);
    for (const auto& [address, at] : found) {
      if (address == PciAddress{0, 0, 2, 0} && !is_guest(at)) add("igd-address", at, {}, address);
      // Functions behind .0 of 8 or more, or with a device number, that a listing calls one.
      const auto function = functions_.find(address);
      if (function != functions_.end() && function->second->description.find("Virtual Function") != std::string::npos)
        add("virtual-function", function->second->at, {}, address);
    }
    std::set<std::string> hosts;
    for (const auto& one : occurrences_.of("qemu-vfio-device")) hosts.insert(std::string(one.capture("bdf")));
    const auto& devices = occurrences_.of("qemu-vfio-device");
    if (hosts.size() > 1 || devices.size() > 1)
      add("two-vfio-devices", PastedAt(devices.back().at), {{"count", std::to_string(hosts.size())}});
  }

  /// What a short excerpt of a listing asks about; a whole machine's listing asks nothing.
  void judge_listing() {
    for (const auto& [address, function] : functions_) {
      for (const auto& quirk : device_quirks())
        if (quirk.name.empty() ? function->vendor_id == quirk.vendor_id && function->device_id == quirk.device_id
                               : function->description.find(quirk.name) != std::string::npos)
          add(quirk.fact, function->at, {{"what", quirk.what}}, address);
      const bool is_given = driven_.contains(address) && driven_.at(address)->driver->find("vfio") != std::string::npos;
      if (is_given) add("given", driven_.at(address)->driver_at.value_or(function->at), {}, address);
    }
    if (functions_.size() > 8) return;
    for (auto one = functions_.begin(); one != functions_.end(); ++one)
      for (auto other = std::next(one); other != functions_.end(); ++other) compare(*one->second, *other->second);
  }

  /// "Audio device" of "Audio device [0403]: NVIDIA ...".
  static std::string_view kind_of(const PastedFunction& function) {
    return std::string_view(function.description).substr(0, function.description.find_first_of("[:"));
  }

  void compare(const PastedFunction& one, const PastedFunction& other) {
    const auto held = [](const PastedFunction& function) { return function.driver && !leaves_group_alone(*function.driver); };
    const auto given = [](const PastedFunction& function) {
      return function.driver && function.driver->find("vfio") != std::string::npos;
    };
    const bool same_ids = one.vendor_id && one.vendor_id == other.vendor_id && one.device_id == other.device_id;
    if (same_ids && ((given(one) && held(other)) || (given(other) && held(one))))
      add("identical-ids", given(one) ? other.at : one.at,
          {{"first", one.address.text()},
           {"second", other.address.text()},
           {"ids", hex_text(*one.vendor_id, 4) + ":" + hex_text(*one.device_id, 4)}});
    // A card's picture, sound and USB share a group by nature, and go to one guest anyway; ports of a card need not.
    const bool is_one_card = one.address.domain == other.address.domain && one.address.bus == other.address.bus &&
                             one.address.device == other.address.device && kind_of(one) != kind_of(other);
    if (one.group && one.group == other.group && !one.is_bridge && !other.is_bridge && !is_one_card)
      add("share-group", other.at,
          {{"first", one.address.text()}, {"second", other.address.text()}, {"group", std::to_string(*one.group)}});
  }

  void judge_settings() {
    std::set<std::string, std::less<>> given_ids;
    for (const auto& ids : machine_.vfio_ids)
      for (const auto id : split(ids.text, ',')) given_ids.emplace(id.substr(0, 9));
    for (const auto& [address, function] : functions_) {
      if (!function->vendor_id) continue;
      const auto ids = hex_text(*function->vendor_id, 4) + ":" + hex_text(*function->device_id, 4);
      // lspci -v prints the driver's line where there is one.
      const bool is_unbound = function->driver ? function->driver->find("vfio") == std::string::npos : function->shows_details;
      if (is_unbound && given_ids.contains(ids))
        add("ids-not-bound", function->driver_at.value_or(function->at),
            {{"ids", ids}, {"driver", function->driver.value_or("none")}}, address);
    }
    for (const auto& search : machine_.searches_without_result)
      if (search.text == "iommu_groups")
        add("no-groups-listed", search.at);
      else
        add("not-on-command-line", search.at, {{"word", search.text}});
    for (const auto& line : machine_.command_lines)
      if (line.text.find("intel_iommu=on") != std::string::npos || line.text.find("iommu=pt") != std::string::npos ||
          line.text.find("vfio") != std::string::npos)
        add("asked-for-iommu", line.at);
  }

  void judge_versions() {
    for (const auto& release : machine_.releases)
      for (const auto& range : kernel_ranges())
        if (!is_guest(release.at) && is_in_range(release.text, range)) add(range.fact, release.at, {{"release", release.text}});
  }

  bool is_vtd_capable(std::uint32_t document) const {
    for (const auto& cpu : occurrences_.of("cpu")) {
      if (cpu.at.document != document) continue;
      const auto name = cpu.capture("name");
      const auto family = parse_unsigned(cpu.capture("family"), 16).value_or(0),
                 model = parse_unsigned(cpu.capture("model"), 16).value_or(0);
      // Xeons have VT-d; of the others, those since Skylake (model 4e). AMD: every Zen.
      if (name.find("xeon") != name.npos || (name.find("intel") != name.npos && family == 6 && model >= 0x4e) ||
          (name.find("amd") != name.npos && family >= 0x17))
        return true;
    }
    return false;
  }

  /// A whole boot's log in which no IOMMU comes up.
  void judge_logs() {
    for (std::uint32_t i = 0; i < documents_.size(); ++i) {
      const auto& document = documents_[i];
      const auto has = [&](std::string_view id) { return occurrences_.count(id, i) > 0; };
      if (document.kind != PasteKind::kernel_log) continue;
      const auto place_of = [&](std::string_view id) {
        for (const auto& one : occurrences_.of(id))
          if (one.at.document == i) return one.at;
        return PastedAt{document.file, document.from, i, {}};
      };
      if (document.machine == PastedFrom::guest) {
        add("guest-kernel-log", {document.file, document.from, i, {}});
        continue;
      }
      if (!has("boot-start") || !has("late-boot") || has("iommu-groups-made") || has("iommu-on") || has("xen-host")) continue;
      const bool has_table = has("dmar-table") || has("ivrs-table") || has("iort-table");
      const bool is_asked = std::ranges::any_of(occurrences_.of("asked-for-iommu"),
                                                [i](const Occurrence& one) { return one.at.document == i; }) ||
                            has("dmar-argument-echo");
      if (!has_table && occurrences_.count("acpi-table", i) >= 6 && (is_vtd_capable(i) || is_asked))
        add("log-without-iommu-table", place_of("acpi-table"));
      if (has_table)
        add("log-without-groups", place_of(has("dmar-table") ? "dmar-table" : has("ivrs-table") ? "ivrs-table" : "iort-table"));
    }
  }

  /// Many a boot has a fault or two until each device's own driver has it (the firmware's picture is still read, a queue is
  /// still fetched): in the log of a whole boot, only those count that were so many that the kernel stops printing them.
  void judge_faults() {
    constexpr std::size_t printed_at_once = 10;    // Linux include/linux/ratelimit_types.h DEFAULT_RATELIMIT_BURST
    const auto faults = occurrences_.of("fault");  // a copy: facts are added meanwhile
    for (const auto& fault : faults)
      if (occurrences_.count("boot-start", fault.at.document) == 0 ||
          occurrences_.count("fault", fault.at.document) >= printed_at_once)
        add("device-fault", fault.at, fault.captures, fault.address);
  }

  const PastedMachine& machine_;
  const std::vector<PasteDocument>& documents_;
  Occurrences& occurrences_;
  std::map<unsigned, std::map<PciAddress, const PastedAt*>> members_;
  std::map<PciAddress, const PastedFunction*> functions_, driven_;
};

}  // namespace

bool is_computed_fact(std::string_view id) {
  return std::ranges::find(plain_facts, id) != plain_facts.end() || is_driver_fact(id) ||
         std::ranges::any_of(kernel_ranges(), [id](const KernelRange& range) { return range.fact == id; }) ||
         std::ranges::any_of(device_quirks(), [id](const DeviceQuirk& quirk) { return quirk.fact == id; });
}

void add_computed_facts(const PastedMachine& machine, const std::vector<PasteDocument>& documents, Occurrences& occurrences) {
  Computer(machine, documents, occurrences).run();
}

}  // namespace vfio_doctor
