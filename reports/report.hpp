// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"
#include "checks/finding.hpp"
#include "facts/platform/machine_identity.hpp"
#include "machine/pci_address.hpp"
#include "machine/pci_identity.hpp"
#include "verdicts/acceptance.hpp"
#include "verdicts/next_boot.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

/// One PCI function and the decision about it. Renderers turn addresses and ids into text; what was not observed is
/// nothing, never a guess.
struct DeviceReport {
  PciAddress address;
  PciIdentity id;
  std::string name, class_name;
  std::optional<unsigned> iommu_group;
  std::optional<std::string> driver;
  std::optional<PciAddress> parent;  ///< the bridge above
  bool is_bridge = false;
  DeviceVerdict verdict = DeviceVerdict::undetermined;
  std::vector<PciAddress> companions;  ///< of very many only the first, see bounds
  std::size_t companions_total = 0;    ///< how many there are; counts only where it is more than are named
  std::vector<Sentence> reasons;
};

/// How many companions `device` has, named or not.
inline std::size_t companion_count(const DeviceReport& device) {
  return device.companions_total > device.companions.size() ? device.companions_total : device.companions.size();
}

struct GroupReport {
  unsigned id = 0;
  std::optional<std::string> type;
  std::vector<PciAddress> members;
  std::vector<std::string> other_members;  ///< names of devices that are no PCI functions

  /// All of them as text, addresses first.
  std::vector<std::string> member_names() const;
};

/// What people who mend this are asked for first.
struct MachineSummary {
  MachineIdentity hardware;
  Observed<std::string> cpu_model;
  HostName host;                                            ///< only where the user asked to be told apart from other hosts
  std::optional<std::vector<std::string>> interfaces = {};  ///< ways into VFIO: "group", "cdev", "container-compat", "spapr"

  const Observed<std::string>& board() const { return hardware.board.has_value() ? hardware.board : hardware.system; }
};

/// Why a check matters: its page, for the formats that can hold it. Not part of the JSON.
struct CheckPage {
  std::string id;
  std::string_view page;  ///< Markdown; lives as long as the program
};

/// Everything a report says. Renderers turn it into bytes and judge nothing.
struct Report {
  struct Tool {
    std::string name = "vfio-doctor", version;
  } tool;
  std::string generated_at;  ///< "2026-01-31T12:00:00Z"
  struct Source {
    std::string kind, name;  ///< kind: live, root, snapshot, sample, evidence, guest
  } source;
  struct HostSummary {
    std::optional<std::string> kernel, cpu_vendor, distribution;
    std::string iommu = "unknown", interrupt_remapping = "unknown";  ///< on, off, unknown
    MachineSummary machine = {};
  } host;
  Verdict verdict = Verdict::undetermined;
  std::optional<NextBoot> next_boot;  ///< of a host alone
  std::vector<PciAddress> selection;  ///< what the verdict is about; empty: the host
  std::vector<std::string> notes;     ///< about the run itself: what could not be seen and who could see it
  std::vector<Finding> findings;
  std::vector<DeviceReport> devices;
  std::vector<GroupReport> groups;
  std::vector<CheckPage> pages;      ///< of the checks that speak in this report, as far as they have one
  std::vector<Acceptance> accepted;  ///< those that a finding of this report answers to
};

/// The page of a check, or nothing.
std::string_view page_of(const Report& report, const std::string& id);

/// The acceptance of this finding, or nullptr.
const Acceptance* acceptance_of(const Report& report, const Finding& finding);

}  // namespace vfio_doctor
