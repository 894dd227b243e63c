// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/vfio_properties.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "facts/domain/command_iommus.hpp"

namespace vfio_doctor {
namespace {

enum class Kind { on_off, on_off_auto, number, text };

struct Property {
  std::string_view name;
  Kind kind;
};

/// -device vfio-pci,help of QEMU 7.2, and DEFINE_PROP in hw/vfio/pci.c, hw/pci/pci.c and hw/core/qdev.c of 10.0 and 10.2.
// clang-format off
constexpr std::array properties = {
    Property{"driver", Kind::text}, Property{"id", Kind::text}, Property{"bus", Kind::text}, Property{"addr", Kind::text},
    Property{"host", Kind::text}, Property{"sysfsdev", Kind::text}, Property{"fd", Kind::text}, Property{"iommufd", Kind::text},
    Property{"vf-token", Kind::text}, Property{"failover_pair_id", Kind::text}, Property{"romfile", Kind::text},
    Property{"romsize", Kind::number}, Property{"rombar", Kind::text}, Property{"bootindex", Kind::text},
    Property{"acpi-index", Kind::number}, Property{"multifunction", Kind::on_off}, Property{"busnr", Kind::text},
    Property{"display", Kind::on_off_auto}, Property{"xres", Kind::number}, Property{"yres", Kind::number},
    Property{"ramfb", Kind::on_off}, Property{"use-legacy-x86-rom", Kind::on_off}, Property{"x-ramfb-migrate", Kind::on_off_auto},
    Property{"enable-migration", Kind::on_off_auto}, Property{"x-enable-migration", Kind::on_off_auto},
    Property{"migration-events", Kind::on_off}, Property{"skip-vsc-check", Kind::on_off},
    Property{"x-pre-copy-dirty-page-tracking", Kind::on_off_auto}, Property{"x-device-dirty-page-tracking", Kind::on_off_auto},
    Property{"x-migration-multifd-transfer", Kind::on_off_auto}, Property{"x-migration-load-config-after-iter", Kind::on_off_auto},
    Property{"x-migration-max-queued-buffers-size", Kind::text}, Property{"x-intx-mmap-timeout-ms", Kind::number},
    Property{"x-vga", Kind::on_off}, Property{"x-req", Kind::on_off}, Property{"x-igd-opregion", Kind::on_off},
    Property{"x-igd-lpc", Kind::on_off}, Property{"x-igd-legacy-mode", Kind::on_off_auto}, Property{"x-igd-gms", Kind::number},
    Property{"x-no-mmap", Kind::on_off}, Property{"x-balloon-allowed", Kind::on_off}, Property{"x-no-kvm-intx", Kind::on_off},
    Property{"x-no-kvm-msi", Kind::on_off}, Property{"x-no-kvm-msix", Kind::on_off}, Property{"x-no-geforce-quirks", Kind::on_off},
    Property{"x-no-kvm-ioeventfd", Kind::on_off}, Property{"x-no-vfio-ioeventfd", Kind::on_off},
    Property{"x-pci-vendor-id", Kind::number}, Property{"x-pci-device-id", Kind::number},
    Property{"x-pci-sub-vendor-id", Kind::number}, Property{"x-pci-sub-device-id", Kind::number},
    Property{"x-pci-class-code", Kind::number}, Property{"x-nv-gpudirect-clique", Kind::text},
    Property{"x-msix-relocation", Kind::text}, Property{"x-pcie-lnksta-dllla", Kind::on_off},
    Property{"x-pcie-extcap-init", Kind::on_off}, Property{"x-pcie-err-unc-mask", Kind::on_off},
    Property{"x-pcie-ari-nextfn-1", Kind::on_off}, Property{"x-pcie-ext-tag", Kind::on_off},
    Property{"x-max-bounce-buffer-size", Kind::text}, Property{"sriov-pf", Kind::text},
};
// clang-format on

/// What QEMU says where a value is none of the kind; empty where it is one.
std::string refusal(const Property& property, const std::string& value) {
  const std::string name(property.name);
  switch (property.kind) {
    case Kind::on_off:
      return is_among(on_or_off(value), "on|off") ? "" : "Parameter '" + name + "' expects 'on' or 'off'";
    case Kind::on_off_auto:
      return is_among(value, "on|off|auto") ? ""
                                            : "Parameter '" + name + "' does not accept value '" + value.substr(0, 40) + "'";
    case Kind::number:
      return parse_unsigned(value) || (value.starts_with("0x") && parse_unsigned(value, 16))
                 ? ""
                 : "Parameter '" + name + "' expects integer";
    case Kind::text:
      break;
  }
  return {};
}

}  // namespace

void judge_vfio_properties(const CommandOptions& options, std::size_t line, Domain& domain) {
  const auto driver = options.find("driver");
  const auto fault = [&](const std::string& what, const std::string& words) {
    if (domain.faults.size() < most_domain_devices) domain.faults.push_back({line, what, words});
  };
  if (!options.contains("host") && !options.contains("sysfsdev") && !options.contains("fd"))
    fault("It names no function of the host: host= or sysfsdev= is missing.", "No provided host device");
  if (options.contains("ramfb") && driver != options.end() && driver->second == "vfio-pci")
    fault("ramfb= is a property of vfio-pci-nohotplug.", "Property 'vfio-pci.ramfb' not found");
  for (const auto& [name, value] : options) {
    const auto known = std::ranges::find(properties, std::string_view(name), &Property::name);
    const auto shown = name.substr(0, 40);
    if (known == properties.end() && domain.unresolved.size() < most_domain_devices)
      domain.unresolved.push_back({line,
                                   "'" + shown +
                                       "' is no property of vfio-pci that is known here (QEMU 7.2 to 10.2): where QEMU does "
                                       "not know it either, it does not start.",
                                   "Property 'vfio-pci." + shown + "' not found"});
    else if (const auto words = known == properties.end() ? std::string() : refusal(*known, value); !words.empty())
      fault("'" + value.substr(0, 40) + "' is no value of " + shown + "=.", words);
  }
}

}  // namespace vfio_doctor
