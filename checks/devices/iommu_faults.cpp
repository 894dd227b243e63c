// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>

#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"iommu-faults", "Accesses that the IOMMU refused", 80, run};

/// The address in "[03:00.0]" or "0000:03:00.0" or "device=03:00.0", from `at` on.
std::optional<PciAddress> address_at(std::string_view message, std::size_t at) {
  if (at == message.npos) return std::nullopt;
  const auto end = std::min(message.find_first_not_of("0123456789abcdef:.x", at), message.size());
  auto text = std::string(message.substr(at, end - at));
  for (auto x = text.find("0x"); x != text.npos; x = text.find("0x")) text.erase(x, 2);  // Linux 5.12 wrote [0x03:0x00.0]
  while (!text.empty() && (text.back() == ':' || text.back() == '.')) text.pop_back();
  return PciAddress::parse(text);
}

/// Intel: "DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr ..." (drivers/iommu/intel/dmar.c
/// dmar_fault_do_one()). AMD: "amdgpu 0000:03:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=..." or "... device=03:00.0"
/// (drivers/iommu/amd/iommu.c amd_iommu_report_page_fault()).
std::optional<PciAddress> device_at_fault(std::string_view message) {
  constexpr std::string_view intel = "Request device [", amd = "AMD-Vi: Event logged [IO_PAGE_FAULT", device = "device=";
  if (message.find("DMAR") != message.npos && message.find("fault addr") != message.npos)
    if (const auto at = message.find(intel); at != message.npos) return address_at(message, at + intel.size());
  const auto event = message.find(amd);
  if (event == message.npos) return std::nullopt;
  if (const auto at = message.find(device, event); at != message.npos) return address_at(message, at + device.size());
  const auto end = message.rfind(": ", event);  // the function's name stands before "AMD-Vi: "
  if (end == message.npos || end == 0) return std::nullopt;
  const auto start = message.rfind(' ', end - 1);
  return address_at(message, start == message.npos ? 0 : start + 1);
}

std::vector<Finding> run(const Host& host) {
  const auto* log = host.kernel.log.get();
  if (!log) return {};
  struct Faults {
    std::size_t count = 0;
    std::string last;
  };
  std::map<PciAddress, Faults> faults;
  for (const auto& message : *log)
    if (const auto address = device_at_fault(message)) {
      auto& of = faults[*address];
      ++of.count;
      of.last = message;
    }
  std::vector<Finding> findings;
  for (const auto& [address, of] : faults) {
    const auto* function = host.find(address);
    auto finding = check.finding(Status::warn, device_subject(address),
                                 "The IOMMU refused accesses of it to memory (" + std::to_string(of.count) +
                                     " in this boot's log): its driver, "
                                     "its firmware or an earlier guest told it to go where it may not.");
    finding.evidence = {{"kernel log", of.last}};
    if (function && function->driver.has_value())
      finding.evidence.push_back({function->sysfs_path + "/driver", *function->driver});
    finding.remedy = {
        {"Look when they happen. Once, while a guest starts or ends, is usual; again and again in use is a fault of the driver "
         "or "
         "the device, or memory that the firmware uses and did not reserve.",
         {"sudo dmesg | grep -e 'fault addr' -e IO_PAGE_FAULT"},
         {},
         {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject, "The kernel's log names no access that the IOMMU refused."));
  return findings;
}

}  // namespace

Check iommu_faults_check() { return check; }

}  // namespace vfio_doctor
