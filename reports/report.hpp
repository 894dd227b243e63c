// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

/// One PCI function and the decision about it. Ids are lower-case hexadecimal without a prefix; what was not
/// observed is nothing, never a guess.
struct DeviceReport {
  std::string address;
  std::optional<std::string> vendor_id, device_id, subsystem_vendor_id, subsystem_device_id;
  std::optional<std::string> class_code;  ///< six digits
  std::optional<std::string> revision;
  std::string name, class_name;
  std::optional<unsigned> iommu_group;
  std::optional<std::string> driver;
  std::optional<std::string> parent;  ///< address of the bridge above
  bool is_bridge = false;
  DeviceVerdict verdict = DeviceVerdict::undetermined;
  std::vector<std::string> companions;  ///< addresses
  std::vector<std::string> reasons;     ///< sentences
};

struct GroupReport {
  unsigned id = 0;
  std::optional<std::string> type;
  std::vector<std::string> members;  ///< addresses, then other devices' names
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
  } host;
  Verdict verdict = Verdict::undetermined;
  std::vector<std::string> selection;  ///< addresses the verdict is about; empty: the host
  std::vector<std::string> notes;      ///< about the run itself: what could not be seen and who could see it
  std::vector<Finding> findings;
  std::vector<DeviceReport> devices;
  std::vector<GroupReport> groups;
};

}  // namespace vfio_doctor
