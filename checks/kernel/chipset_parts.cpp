// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/chipset_parts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace vfio_doctor {
namespace {

constexpr std::uint16_t intel = 0x8086, amd = 0x1022, any = 0xffff;

/// Where such a function sits. Parts of the chipset and the processor are on a root bus; the same class on a card is a
/// device.
enum class Place { anywhere, root_bus };

struct Row {
  std::uint16_t vendor;       ///< any: every maker's
  std::uint16_t class_code;   ///< base class and subclass
  std::uint16_t first, last;  ///< device ids, both included
  Place place;
  bool only_in_use;           ///< a part only while a host driver holds it
  std::string_view what;
};

/// Classes: PCI Code and ID Assignment Specification 1.15, section 1. Ids: as said on the row.
constexpr Row rows[] = {
    {any, 0x0600, 0, any, Place::anywhere, false, "The host bridge: it belongs to the host's memory and bus"},
    {any, 0x0601, 0, any, Place::anywhere, false, "The ISA bridge (LPC): the host's own chipset hangs on it"},
    {any, 0x0806, 0, any, Place::anywhere, false, "The IOMMU itself: it keeps the host's devices apart"},
    {any, 0x0c05, 0, any, Place::root_bus, false, "The SMBus controller: the host's memory modules and sensors hang on it"},
    {any, 0x0800, 0, any, Place::root_bus, false, "An interrupt controller (IO-APIC) of the host"},
    {any, 0x0801, 0, any, Place::root_bus, false, "The DMA controller of the chipset"},
    {any, 0x0802, 0, any, Place::root_bus, false, "A timer of the chipset"},
    {any, 0x0803, 0, any, Place::root_bus, false, "The clock of the chipset"},
    // Flash and RAM of the platform: Intel's shared SRAM, SPI flash and power management (PMC).
    {intel, 0x0500, 0, any, Place::root_bus, false, "Memory of the chipset"},
    {intel, 0x0501, 0, any, Place::root_bus, false, "The flash memory of the chipset"},
    {intel, 0x0580, 0, any, Place::root_bus, false, "The power management controller (PMC) of the chipset"},
    {amd, 0x0500, 0, any, Place::root_bus, false, "Memory of the chipset"},
    {amd, 0x0501, 0, any, Place::root_bus, false, "The flash memory of the chipset"},
    {amd, 0x0580, 0, any, Place::root_bus, false, "A controller of the chipset"},
    {intel, 0x0c80, 0, any, Place::root_bus, false, "A serial bus of the chipset (SPI flash, I2C)"},
    // drivers/thermal/intel, drivers/hid/amd-sfh-hid.
    {intel, 0x1180, 0, any, Place::root_bus, false, "The temperature control of the processor or chipset"},
    {amd, 0x1180, 0, any, Place::anywhere, false, "The sensor hub of the processor"},
    // arch/x86/events/intel/uncore_*.c, drivers/edac/{sb,skx,i10nm}*.c: registers of the processor itself.
    {intel, 0x1101, 0, any, Place::root_bus, false, "Counters of the processor (uncore)"},
    {intel, 0x0880, 0, any, Place::root_bus, false, "Registers of the processor or the chipset (uncore)"},
    // drivers/crypto/ccp/sp-pci.c: the security processor, while the host's driver works with it.
    {amd, 0x1080, 0, any, Place::anywhere, true, "The security processor (PSP), which the host uses"},
    // Management controllers: drivers/gpu/drm/ast, drivers/gpu/drm/mgag200/mgag200_drv.c, drivers/gpu/drm/hisilicon/hibmc,
    // drivers/misc/hpilo.c.
    {0x1a03, 0x0300, 0, any, Place::anywhere, false, "The screen of the management controller (BMC): who looks after this host from afar sees it there"},
    {0x102b, 0x0300, 0x0522, 0x0538, Place::anywhere, false, "The screen of the management controller (BMC): who looks after this host from afar sees it there"},
    {0x19e5, 0x0300, 0x1711, 0x1711, Place::anywhere, false, "The screen of the management controller (BMC): who looks after this host from afar sees it there"},
    {0x103c, 0x0880, 0x3305, 0x3307, Place::anywhere, false, "The management controller (iLO) of the host"},
};

/// Intel's DMA engines and accelerators bear the class of the registers around them and are devices that one gives
/// (drivers/dma/ioat/hw.h, drivers/dma/idxd/registers.h).
constexpr std::array<std::array<std::uint16_t, 2>, 12> engines = {{{0x0b00, 0x0b00}, {0x0b25, 0x0b25}, {0x0cfe, 0x0cfe},
                                                                   {0x0c50, 0x0c53}, {0x0e20, 0x0e2f}, {0x2021, 0x2021},
                                                                   {0x2f20, 0x2f2f}, {0x3c20, 0x3c2f}, {0x3420, 0x3433},
                                                                   {0x3710, 0x371b}, {0x402f, 0x402f}, {0x6f20, 0x6f53}}};

bool is_engine(const PciFunction& function) {
  if (function.driver.is("ioatdma") || function.driver.is("idxd")) return true;
  const auto* id = function.id.device.get();
  return id && std::ranges::any_of(engines, [id](const auto& range) { return *id >= range[0] && *id <= range[1]; });
}

/// Function 0 and its like of device 22 on the first bus: the management engine with its serial port and disk
/// redirection (Intel's chipset data sheets, "Intel MEI", D22:F0 to F5).
bool is_management_engine(const PciFunction& function) {
  return function.id.vendor.is(intel) && function.address.domain == 0 && function.address.bus == 0 &&
         function.address.device == 0x16;
}

bool fits(const Row& row, const PciFunction& function, std::uint16_t kind) {
  if (row.class_code != kind || (row.vendor != any && !function.id.vendor.is(row.vendor))) return false;
  if (row.place == Place::root_bus && function.parent) return false;
  const bool every_id = row.first == 0 && row.last == any;
  if (!every_id && (!function.id.device.has_value() || *function.id.device < row.first || *function.id.device > row.last))
    return false;
  return !row.only_in_use || (function.driver.has_value() && !function.vfio_device.has_value() && !function.driver.is("vfio-pci"));
}

}  // namespace

std::optional<std::string> chipset_part(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  if (!kind || function.is_bridge()) return std::nullopt;
  if (is_management_engine(function)) return "The management engine of the chipset (MEI)";
  const auto* row = std::ranges::find_if(rows, [&](const Row& one) { return fits(one, function, *kind); });
  if (row == std::end(rows)) return std::nullopt;
  if (row->vendor == intel && row->class_code == 0x0880 && is_engine(function)) return std::nullopt;
  return std::string(row->what);
}

}  // namespace vfio_doctor
