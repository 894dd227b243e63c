// SPDX-License-Identifier: GPL-2.0-or-later
// What has to be done so that some devices can go to a guest: a Plan, made from facts and decisions, carried out by a person.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/host.hpp"
#include "verdicts/acceptance.hpp"

namespace vfio_doctor {

/// A state of the host that a step brings about. It tells whether the step is needed at all, and afterwards whether it took effect.
enum class AimKind {
  kernel_argument,      ///< `value` is on the running command line
  no_kernel_argument,   ///< it is not
  iommu,                ///< DMA remapping is on
  interrupt_remapping,  ///< on, or not asked for
  modprobe_line,        ///< `value`, a line of modprobe.d as kmod hands it on, is there
  module_loaded,        ///< the module `value` is loaded or built in
  driver,               ///< the driver `value` holds `device`
  no_host_driver,       ///< no driver holds `device`, or one that leaves its DMA to a guest
  virtual_functions,    ///< `device` has `value` virtual functions
  huge_pages,           ///< `value` "2048:512": of that size in KiB there are so many huge pages, or more
};

struct Aim {
  AimKind kind = AimKind::iommu;
  std::optional<PciAddress> device;
  std::string value;
  bool operator==(const Aim&) const = default;
};

struct PlanStep {
  std::string id;    ///< "kernel-arguments", "bind-0000:03:00.0": unique in its plan
  std::string text;  ///< what to do
  std::string why;
  std::vector<std::string> commands, undo;
  std::vector<std::string> verify;  ///< commands that succeed, and show why, where the step took effect
  std::string risk;
  bool reboot = false;   ///< the host starts anew here
  bool by_hand = false;  ///< a person has to act; `commands` help with it
  std::vector<Aim> aims;
  std::vector<std::string> files;  ///< that `commands` make or change
};

enum class DeviceRole {
  guest,      ///< was asked for
  companion,  ///< shares a group with one of those, and goes along
  idle,       ///< shares a group, and stays on the host without a driver
  physical,   ///< the card whose virtual functions are to be switched on; stays with its driver
};

struct PlannedDevice {
  PciAddress address;
  std::string name;                ///< of the device, as others wrote it
  std::optional<std::string> ids;  ///< "8086:24f3"
  std::optional<unsigned> group;
  std::vector<PciAddress> members;    ///< of its group, itself included; empty where it has none
  std::optional<std::string> driver;  ///< that holds it now; nothing: none
  DeviceRole role = DeviceRole::guest;
  bool goes() const { return role == DeviceRole::guest || role == DeviceRole::companion; }
};

/// Why there is no plan.
struct Refusal {
  std::string subject;                     ///< an address, "host", "group:7"
  std::string id;                          ///< the check that says so; empty: the plan itself
  std::string reason;                      ///< for a protected device: what would be lost
  std::optional<std::string> accept = {};  ///< the word for --accept that takes the risk; nothing where none can
};

enum class PlanState {
  plan,  ///< steps, perhaps none
  refused,
  undetermined,  ///< something needed could not be seen
};

struct Plan {
  struct HostSummary {
    std::optional<std::string> kernel, distribution;
    std::string boot_loader, iommu;
    std::optional<std::string> machine;    ///< a hash of its machine-id (HostName::id)
    bool machine_known = true;             ///< false: nobody could look for the machine-id
    std::optional<std::string> arguments;  ///< the running command line, words between single blanks, without quotes
  } host;
  PlanState state = PlanState::plan;
  std::string domain;  ///< the guest's name; empty where none was named
  /// What the guest is defined in, so that its own words are used; not part of the JSON.
  enum class GuestForm { libvirt, proxmox, command_line } guest_form = GuestForm::libvirt;
  std::vector<PlannedDevice> devices;
  std::vector<PlanStep> steps;
  std::vector<Refusal> refused;
  std::vector<std::string> unseen;  ///< what could not be seen
  std::vector<std::string> notes;   ///< what is worth knowing and no step
  std::vector<Acceptance> accepted;
  bool continues = false;  ///< after the start that ends it another plan has to be made
};

std::string_view to_text(AimKind kind);
std::optional<AimKind> aim_kind_of(std::string_view text);
std::string_view to_text(DeviceRole role);    ///< "guest", "companion", "idle", "physical"
std::string_view to_text(PlanState state);    ///< "plan", "refused", "undetermined"
std::string_view to_text(BootLoader loader);  ///< "grub", "systemd-boot", ..., "unknown"

/// Exit code: 0 a plan or nothing left to do, 1 refused, 3 undetermined.
int exit_code(PlanState state);

}  // namespace vfio_doctor
