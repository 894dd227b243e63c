// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/machine_rows.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/known.hpp"

namespace vfio_doctor {
namespace {

using Devices = std::vector<const DeviceReport*>;

/// "0000:00" of "0000:00:1f.2".
std::string bus_of(const PciAddress& address) {
  const std::string text = address.text();
  return text.substr(0, text.rfind(':'));
}

bool alike(const DeviceReport& a, const DeviceReport& b) {
  return a.verdict == b.verdict && known(a.id.class_code) == known(b.id.class_code) &&
         known(a.id.vendor) == known(b.id.vendor) && known(a.id.device) == known(b.id.device);
}

class Tree {
 public:
  Tree(const Report& report, bool folded) : folded_(folded) {
    std::set<PciAddress> listed;
    for (const DeviceReport& device : report.devices) listed.insert(device.address);
    Devices orphans;
    for (const DeviceReport& device : report.devices) {
      const bool below_another = device.parent && *device.parent != device.address && listed.contains(*device.parent);
      if (below_another)
        children_[*device.parent].push_back(&device);
      else
        roots_[bus_of(device.address)].push_back(&device);
    }
    for (const auto& [bus, devices] : roots_) add_root(bus, devices);
    // What no root leads to goes round in a circle.
    for (const DeviceReport& device : report.devices)
      if (!seen_.contains(&device)) add_root(bus_of(device.address), {&device});
  }

  /// One list of rows for each function on a root bus, with all below it; the row of the bus is the first of
  /// its first list.
  std::vector<std::vector<MachineRow>> take() { return std::move(branches_); }

 private:
  void add_root(const std::string& bus, const Devices& devices) {
    std::vector<MachineRow> branch{MachineRow{0, std::nullopt, "PCI bus " + bus, {}}};
    for (const Devices& together : in_rows(devices)) {
      add_branch(branch, together);
      branches_.push_back(std::move(branch));
      branch.clear();
    }
  }

  /// Depth first without recursion: a forged report can be deeper than the stack. Rows know their depth
  /// alone; their parents are found once they all stand in one list.
  void add_branch(std::vector<MachineRow>& branch, const Devices& top) {
    std::vector<std::pair<std::size_t, Devices>> open{{1, top}};
    while (!open.empty()) {
      auto [depth, devices] = std::move(open.back());
      open.pop_back();
      std::erase_if(devices, [&](const DeviceReport* device) { return !seen_.insert(device).second; });
      if (devices.empty()) continue;
      const DeviceReport& first = *devices.front();
      branch.push_back({depth, std::nullopt, {}, std::move(devices)});
      const auto below = children_.find(first.address);
      if (below == children_.end()) continue;
      auto rows = in_rows(below->second);
      std::reverse(rows.begin(), rows.end());
      for (Devices& row : rows) open.emplace_back(depth + 1, std::move(row));
    }
  }

  std::vector<Devices> in_rows(const Devices& siblings) const {
    std::vector<Devices> rows;
    for (const DeviceReport* device : siblings) {
      const bool joins =
          folded_ && !rows.empty() && is_leaf(*device) && is_leaf(*rows.back().front()) && alike(*device, *rows.back().front());
      if (!joins) rows.emplace_back();
      rows.back().push_back(device);
    }
    return rows;
  }

  bool is_leaf(const DeviceReport& device) const { return !children_.contains(device.address); }

  bool folded_;
  std::map<PciAddress, Devices> children_;
  std::map<std::string, Devices> roots_;
  std::set<const DeviceReport*> seen_;
  std::vector<std::vector<MachineRow>> branches_;
};

bool is_interesting(const std::vector<MachineRow>& branch) {
  return std::any_of(branch.begin(), branch.end(), [](const MachineRow& row) {
    return !row.devices.empty() && (row.devices.front()->verdict == DeviceVerdict::protected_by_host ||
                                    row.devices.front()->verdict == DeviceVerdict::blocked);
  });
}

/// Which branches have rows; those with something to see come first when there is not room for all.
std::vector<bool> choose(const std::vector<std::vector<MachineRow>>& branches, std::size_t most_rows) {
  std::vector<bool> chosen(branches.size(), false);
  std::size_t used = 0;
  for (const bool interesting : {true, false})
    for (std::size_t i = 0; i < branches.size(); ++i) {
      if (is_interesting(branches[i]) != interesting || used + branches[i].size() > most_rows) continue;
      chosen[i] = true;
      used += branches[i].size();
    }
  return chosen;
}

void find_parents(std::vector<MachineRow>& rows) {
  std::vector<std::size_t> path;  // the last row of each depth
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].depth = std::min(rows[i].depth, path.size());
    path.resize(rows[i].depth);
    if (!path.empty()) rows[i].parent = path.back();
    path.push_back(i);
  }
}

}  // namespace

MachineRows machine_rows(const Report& report, std::size_t fold_above, std::size_t most_rows) {
  const bool folded = report.devices.size() > fold_above;
  auto branches = Tree(report, folded).take();
  const auto chosen = choose(branches, folded ? most_rows : report.devices.size() * 2 + 1);
  MachineRows result;
  std::size_t shown = 0;
  std::string bus_label;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    for (MachineRow& row : branches[i]) {
      if (row.devices.empty()) bus_label = row.label;
      if (!chosen[i]) continue;
      if (!row.devices.empty() && !bus_label.empty()) {
        // The bus of a chosen branch is shown even when the branch that led it in is not.
        result.rows.push_back({0, std::nullopt, bus_label, {}});
        bus_label.clear();
      }
      if (row.devices.empty()) continue;
      shown += row.devices.size();
      result.rows.push_back(std::move(row));
    }
  }
  find_parents(result.rows);
  result.left_out = report.devices.size() - shown;
  return result;
}

}  // namespace vfio_doctor
