// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan.hpp"

#include <array>
#include <utility>

namespace vfio_doctor {
namespace {

constexpr auto kinds = std::to_array<std::pair<AimKind, std::string_view>>({
    {AimKind::kernel_argument, "kernel-argument"},
    {AimKind::no_kernel_argument, "no-kernel-argument"},
    {AimKind::iommu, "iommu"},
    {AimKind::interrupt_remapping, "interrupt-remapping"},
    {AimKind::modprobe_line, "modprobe-line"},
    {AimKind::module_loaded, "module-loaded"},
    {AimKind::driver, "driver"},
    {AimKind::no_host_driver, "no-host-driver"},
    {AimKind::virtual_functions, "virtual-functions"},
    {AimKind::huge_pages, "huge-pages"},
});

}  // namespace

std::string_view to_text(AimKind kind) {
  for (const auto& [one, text] : kinds)
    if (one == kind) return text;
  return {};
}

std::optional<AimKind> aim_kind_of(std::string_view text) {
  for (const auto& [kind, word] : kinds)
    if (word == text) return kind;
  return std::nullopt;
}

std::string_view to_text(DeviceRole role) {
  switch (role) {
    case DeviceRole::guest:
      return "guest";
    case DeviceRole::companion:
      return "companion";
    case DeviceRole::idle:
      return "idle";
    case DeviceRole::physical:
      break;
  }
  return "physical";
}

std::string_view to_text(PlanState state) {
  return state == PlanState::plan ? "plan" : state == PlanState::refused ? "refused" : "undetermined";
}

std::string_view to_text(BootLoader loader) {
  switch (loader) {
    case BootLoader::grub:
      return "grub";
    case BootLoader::systemd_boot:
      return "systemd-boot";
    case BootLoader::limine:
      return "limine";
    case BootLoader::refind:
      return "refind";
    case BootLoader::unified_image:
      return "unified-image";
    case BootLoader::syslinux:
      return "syslinux";
    case BootLoader::efi_stub:
      return "efi-stub";
    case BootLoader::unknown:
      break;
  }
  return "unknown";
}

int exit_code(PlanState state) { return state == PlanState::plan ? 0 : state == PlanState::refused ? 1 : 3; }

}  // namespace vfio_doctor
