// SPDX-License-Identifier: GPL-2.0-or-later
// A plan while it is made: what its parts share. For plan/ alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/make_plan.hpp"
#include "plan/treatments.hpp"
#include "verdicts/device_verdicts.hpp"

namespace vfio_doctor {

struct PlanDraft {
  const Host& host;
  const std::vector<Finding>& findings;
  const std::vector<Acceptance>& accepted;
  const PlanRequest& request;
  std::vector<DeviceDecision> decisions;
  Plan plan;

  /// What speaks of the planned devices, their groups, the host or the domain, and is not accepted.
  std::vector<const Finding*> relevant;
  bool reboots = false;  ///< a step so far takes effect when the host starts anew

  const DeviceDecision* decision(const PciAddress& address) const;
  /// The finding's treatment has it, and it fails or warns.
  std::vector<const Finding*> problems(Treatment treatment) const;
};

inline bool is_problem(const Finding& finding) { return finding.status == Status::fail || finding.status == Status::warn; }
inline bool is_open(const Finding& finding) { return finding.status == Status::unknown || finding.status == Status::error; }

/// A step from a remedy, without the start of the host at its end; `draft.reboots` where there was one.
PlanStep step_of(PlanDraft& draft, std::string id, Remedy remedy, std::string why, std::vector<Aim> aims);

/// Puts the step behind the others, unless it has aims and all are reached.
void add_step(PlanDraft& draft, PlanStep step);

/// Finds the devices of the plan and their parts in it, and what speaks of them.
void choose_devices(PlanDraft& draft);
/// Fills `refused` and `unseen`.
void find_obstacles(PlanDraft& draft);

/// The parts of the plan, in order.
void add_intent_step(PlanDraft& draft);   ///< whether another device was meant, before anything is taken from the host
void add_start_steps(PlanDraft& draft);   ///< what takes effect when the host starts anew, and that start
void add_device_steps(PlanDraft& draft);  ///< what is done while it runs
void add_guest_steps(PlanDraft& draft);   ///< what is done in the guest's definition

/// What the guest's definition wants of huge pages and the host lacks: so many of this size would have to be there.
struct HugePageNeed {
  std::uint64_t page_kib = 0, now = 0, wanted = 0;  ///< pages there are, free or not; pages there must be
};
/// Nothing where it wants none, or enough are free. What cannot be planned becomes a note.
std::optional<HugePageNeed> huge_pages_needed(PlanDraft& draft);
inline constexpr std::uint64_t early_page_kib = 1 << 20;  ///< pages of 1 GiB are to be had at the start alone

/// Whether the device is to be bound at the start, now or by libvirt; what automatic comes to.
BindWhen binding_of(const PlanDraft& draft, const PciFunction& function);

}  // namespace vfio_doctor
