// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>

#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-address-width", "Where its firmware places the memory of devices", 95, run};

/// OVMF uses no more (PlatformAddressWidthFromCpuid() in OvmfPkg/Library/PlatformInitLib/MemDetect.c; 47 and 48 in some).
constexpr std::uint64_t most_used = 46;

enum class Regions { none, some, not_known };

/// Whether it takes devices with 64-bit memory regions: those are what the firmware places up there.
Regions regions_of_its_devices(const DomainCase& here, std::vector<const PciFunction*>& with) {
  bool not_known = false;
  for (const auto& device : here.domain.hostdevs) {
    const auto* function = device.reaches_guest ? here.host.find(device.source) : nullptr;
    if (!function) continue;
    const auto* regions = function->regions.get();
    if (!regions) {
      not_known = true;
    } else if (std::ranges::any_of(*regions, [](const Region& region) {
                 return region.index < 6 && region.is_memory() && region.is_64_bit() && region.bytes() > 0;
               })) {
      with.push_back(function);
    }
  }
  return !with.empty() ? Regions::some : not_known ? Regions::not_known : Regions::none;
}

/// The upper eighth of the guest's addresses (PlatformDynamicMmioWindow() in the same file).
std::uint64_t window_start(std::uint64_t bits) { return (1ULL << bits) - (1ULL << (bits - 3)); }

Finding placed_too_high(const DomainCase& here, std::uint64_t bits, const AddressWidth& iommu,
                        const std::vector<const PciFunction*>& devices) {
  const auto start = "0x" + hex_text(window_start(bits), 1), least = std::to_string(iommu.bits);
  auto finding = check.at_line(Status::warn, here, here.domain.processor.line,
                               "The guest's processor has " + std::to_string(bits) + " address bits, the host's IOMMU " +
                                   least + ": UEFI firmware since edk2-stable202211 places the devices' memory from " + start +
                                   " on, where the IOMMU does not reach. QEMU warns for each region, devices cannot reach each "
                                   "other's memory, and some "
                                   "cards stay dark",
                               "vfio_container_dma_map(..., " + start + ", ...) = -22 (Invalid argument)");
  finding.evidence.push_back({iommu.source, iommu.capabilities});
  finding.evidence.push_back({devices.front()->sysfs_path + "/resource", "a 64-bit memory region"});
  finding.remedy = {
      {"Write <maxphysaddr mode='passthrough' limit='" + least +
           "'/> in <cpu> (libvirt 9.3; QEMU: host-phys-bits-limit=" + least + " behind -cpu host).",
       {},
       {},
       "The guest's memory and its devices must fit into " + std::to_string((1ULL << iommu.bits) >> 30) + " GiB then."}};
  return finding;
}

std::vector<Finding> run(const DomainCase& here) {
  const auto& processor = here.domain.processor;
  const auto iommu = least_address_width(here.host);
  if (!here.domain.is_for_qemu() || here.domain.loader.empty() || !processor.has_the_hosts_width() || !iommu) return {};
  std::vector<const PciFunction*> devices;
  const auto regions = regions_of_its_devices(here, devices);
  const auto* hosts = here.host.room.physical_bits.get();
  if (here.domain.hostdevs.empty()) return {};
  if (regions != Regions::none && hosts) {
    const auto bits = std::min({std::uint64_t{*hosts}, processor.address_bits.value_or(most_used),
                                processor.usable_bits.value_or(most_used), most_used});
    if (bits <= iommu->bits || bits < 40)
      return {
          check.finding(Status::pass, here, "The host's IOMMU reaches wherever its firmware places the memory of devices.")};
    if (regions == Regions::some) return {placed_too_high(here, bits, *iommu, devices)};
  }
  if (regions == Regions::none)
    return {check.finding(Status::pass, here, "None of its devices has memory that its firmware would place that high.")};
  auto finding = check.finding(Status::unknown, here,
                               "Whether its firmware places the memory of devices beyond the IOMMU could not be seen.");
  finding.evidence = {{"/proc/cpuinfo", hosts ? std::to_string(*hosts) + " address bits" : here.host.room.physical_bits.why()},
                      {iommu->source, iommu->capabilities}};
  return {finding};
}

}  // namespace

DomainCheck domain_address_width_check() { return check; }

}  // namespace vfio_doctor
