// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "checks/guest/fit.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

RungResult not_reached(Rung rung) {
  return rung_result(Status::not_applicable, "not judged: " + std::string(to_text(rung)) + " comes first.");
}

const ProblemCode* problem_at(const GuestFunction& seen, Rung rung) {
  const auto* code = seen.problem_code.has_value() ? find_problem_code(seen.problem_code.value()) : nullptr;
  return code && code->rung == rung ? code : nullptr;
}

/// A problem that is none of the listed ones still keeps the device from being used.
bool has_other_problem(const GuestFunction& seen) {
  return seen.problem_code.has_value() && seen.problem_code.value() != 0 && !find_problem_code(seen.problem_code.value());
}

RungResult judge(Rung rung, const DeviceLadder& ladder, const GuestView& view) {
  const auto& expected = *ladder.expected;
  const auto& seen = *ladder.seen;
  if (rung == Rung::driver && has_other_problem(seen))
    return rung_result(Status::fail, "Windows reports problem code " + std::to_string(seen.problem_code.value()) + ".");
  if (const auto* code = problem_at(seen, rung)) return rung_result(Status::fail, problem_text(*code));
  switch (rung) {
    case Rung::present:
      if (seen.may_be_gone)
        return rung_result(Status::unknown,
                           "Windows lists it, but lists what it only remembers too, and this listing does not "
                           "tell (Get-PnpDevice -PresentOnly | ConvertTo-Json does).");
      return rung_result(Status::pass,
                         seen.has_address ? "it is in the guest, at " + seen.address.text() + "." : "it is in the guest.");
    case Rung::identity:
      return judge_identity(ladder);
    case Rung::placement:
      return judge_placement(expected, seen);
    case Rung::driver:
      return judge_driver(ladder);
    case Rung::decode:
      return judge_decode(ladder);
    case Rung::function:
      return judge_function(ladder, view);
  }
  return {};
}

/// Whose rungs these are is open: an emulated twin's work proves nothing about the assigned device.
bool is_ambiguous(const DeviceLadder& ladder) {
  return ladder.alternatives == Alternatives::with_others && ladder.at(Rung::identity).status == Status::unknown;
}

void climb(DeviceLadder& ladder, const GuestView& view) {
  for (const auto rung : all_rungs) {
    if (const auto failed = ladder.failed()) {
      ladder.at(rung) = not_reached(*failed);
    } else if (rung > Rung::identity && is_ambiguous(ladder)) {
      ladder.at(rung) = rung_result(Status::unknown, "it is not known which of them is the assigned device.");
    } else {
      ladder.at(rung) = judge(rung, ladder, view);
    }
  }
  auto& decode = ladder.at(Rung::decode);
  const auto function = ladder.at(Rung::function).status;
  if (decode.status == Status::unknown && ladder.seen->is_asleep() && (function == Status::pass || function == Status::warn))
    decode = rung_result(Status::pass, "it is asleep now, but it has answered, as FUNCTION shows.");
}

/// What libvirt gives a guest by default and QEMU marks with the maker's own subsystem: vendor, device, subsystem.
/// QEMU 9.2 hw/net/e1000e.c and igb.c (subsys), hw/audio/ac97.c and es1370.c, hw/scsi/megasas.c, lsi53c895a.c and mptconfig.c.
struct EmulatedModel {
  std::uint16_t vendor, device, subsystem_vendor, subsystem_device;
};
constexpr std::array emulated_models = {
    EmulatedModel{0x8086, 0x10d3, 0x8086, 0x0000}, EmulatedModel{0x8086, 0x2415, 0x8086, 0x0000},
    EmulatedModel{0x1274, 0x5000, 0x4942, 0x4c4c}, EmulatedModel{0x1000, 0x0060, 0x1000, 0x1013},
    EmulatedModel{0x1000, 0x0012, 0x1000, 0x1000}, EmulatedModel{0x1000, 0x0054, 0x1000, 0x8000},
};

bool is_emulated_model(const GuestFunction& seen) {
  return std::ranges::any_of(emulated_models, [&seen](const EmulatedModel& model) {
    return seen.id.vendor.is(model.vendor) && seen.id.device.is(model.device) &&
           seen.id.subsystem_vendor.is(model.subsystem_vendor) && seen.id.subsystem_device.is(model.subsystem_device);
  });
}

/// QEMU's, VMware's, Hyper-V's, VirtualBox's and Xen's own ids; QEMU marks what it emulates after real parts with
/// the subsystem 1af4:1100 (docs/specs/pci-ids.rst). Without a subsystem, the parts of its two chipsets. Without ids, the
/// names that pci.ids gives to the first two and to the parts of q35.
bool looks_emulated(const GuestFunction& seen) {
  if (!seen.id.vendor.has_value())
    return seen.name.starts_with("Red Hat, Inc. ") || seen.name.starts_with("VMware ") ||
           seen.name.find("(ICH9") != std::string::npos || seen.name.find("82G33/G31/P35/P31") != std::string::npos;
  const auto is_one_of = [](std::uint16_t id, std::initializer_list<std::uint16_t> list) {
    return std::find(list.begin(), list.end(), id) != list.end();
  };
  if (is_emulated_model(seen)) return true;
  if (is_one_of(seen.id.vendor.value(), {0x1af4, 0x1b36, 0x1234, 0x15ad, 0x1414, 0x80ee, 0x5853})) return true;
  if (seen.id.subsystem_vendor.has_value()) return is_one_of(seen.id.subsystem_vendor.value(), {0x1af4, 0x1b36});
  return seen.id.vendor.is(0x8086) && seen.id.device.has_value() &&
         is_one_of(seen.id.device.value(), {0x29c0, 0x2918, 0x2922, 0x2930, 0x1237, 0x7000, 0x7010, 0x7020, 0x7113, 0x2934,
                                            0x2935, 0x2936, 0x2937, 0x2938, 0x2939, 0x293a, 0x293c, 0x293e, 0x2668});
}

/// A function without ids that could be the missing device; nullptr where there is none.
const GuestFunction* nameless_candidate(const ExpectedDevice& expected, const GuestView& view) {
  for (const auto& seen : view.functions.value())
    if (may_be_called_otherwise(expected, seen) && !looks_emulated(seen)) return &seen;
  return nullptr;
}

void leave_unmatched(DeviceLadder& ladder, const GuestView& view) {
  auto& present = ladder.at(Rung::present);
  if (!view.functions.has_value())
    present = rung_result(Status::unknown, "the guest's PCI devices were not seen: " + view.functions.why() + ".");
  else if (!view.functions_complete)
    present = rung_result(Status::unknown, "it is not in the part of the listing that was given.");
  else if (const auto* candidate = nameless_candidate(*ladder.expected, view))
    present = rung_result(Status::unknown,
                          "no name in the listing is its own, but the listing shows no ids (lspci -nn does), and "
                          "another pci.ids may call it otherwise: " +
                              candidate->name + ".");
  else
    present = rung_result(Status::fail, "it is not in the guest.");
  for (const auto rung : all_rungs)
    if (rung != Rung::present) ladder.at(rung) = not_reached(Rung::present);
}

bool share_a_slot(const ExpectedDevice& one, const ExpectedDevice& other) {
  if (one.host_address && other.host_address)
    return one.host_address->domain == other.host_address->domain && one.host_address->bus == other.host_address->bus &&
           one.host_address->device == other.host_address->device;
  if (!one.guest_path || !other.guest_path) return false;
  auto first = one.guest_path->steps, second = other.guest_path->steps;
  return first.size() == second.size() && first.back().slot == second.back().slot &&
         std::equal(first.begin(), first.end() - 1, second.begin());
}

/// Thermal sensors, memory controllers and their like come along with the device that is wanted. One that was passed by
/// itself was passed for something.
Need need_of(const Manifest& manifest, const ExpectedDevice& expected) {
  if (expected.expect_driver) return Need::driver;
  const auto is_main = [&expected](const ExpectedDevice& other) {
    return &other != &expected && other.expect_driver && share_a_slot(expected, other);
  };
  return std::ranges::any_of(manifest.devices, is_main) ? Need::nothing : Need::use;
}

/// The kernel numbers domains from 0x10000 that a controller makes (Linux 6.12, drivers/pci/controller/vmd.c,
/// vmd_find_free_domain()): what is in one came along with the controller.
bool is_behind_a_controller(const GuestFunction& seen) { return seen.has_address && seen.address.domain > 0xffff; }

/// It may be one that PRESENT did not find by its name.
bool may_be_expected(const GuestJudgement& judgement, const GuestFunction& seen) {
  return std::ranges::any_of(judgement.devices, [&seen](const DeviceLadder& ladder) {
    return !ladder.seen && may_be_called_otherwise(*ladder.expected, seen);
  });
}

}  // namespace

std::string_view to_text(Rung rung) {
  static constexpr std::array names = {"PRESENT", "IDENTITY", "PLACEMENT", "DRIVER", "DECODE", "FUNCTION"};
  return names[static_cast<std::size_t>(rung)];
}

std::string_view rung_id(Rung rung) {
  static constexpr std::array ids = {"guest-present", "guest-identity", "guest-placement",
                                     "guest-driver",  "guest-decode",   "guest-function"};
  return ids[static_cast<std::size_t>(rung)];
}

RungResult rung_result(Status status, std::string summary) {
  RungResult result;
  result.status = status;
  result.summary = std::move(summary);
  return result;
}

std::optional<Rung> DeviceLadder::proven() const {
  std::optional<Rung> highest;
  for (const auto rung : all_rungs) {
    const auto status = at(rung).status;
    if (status == Status::fail) break;
    if (status == Status::pass || status == Status::warn) highest = rung;
  }
  return highest;
}

std::optional<Rung> DeviceLadder::failed() const {
  for (const auto rung : all_rungs)
    if (at(rung).status == Status::fail) return rung;
  return std::nullopt;
}

GuestJudgement judge_guest(const Manifest& manifest, const GuestView& view) {
  static const std::vector<GuestFunction> nothing;
  const auto& seen = view.functions.has_value() ? view.functions.value() : nothing;
  const auto assignment = best_assignment(fit_table(manifest, seen));
  GuestJudgement judgement;
  std::vector<bool> is_expected(seen.size(), false);
  for (std::size_t row = 0; row < manifest.devices.size(); ++row) {
    DeviceLadder ladder;
    ladder.expected = &manifest.devices[row];
    ladder.alternatives = assignment.alternatives[row];
    ladder.need = need_of(manifest, *ladder.expected);
    if (const auto column = assignment.column_of[row]) {
      ladder.seen = &seen[*column];
      // What came instead of an expected device is still an unexpected one.
      is_expected[*column] = same_ids(*ladder.expected, *ladder.seen) != Agreement::different;
      climb(ladder, view);
    } else {
      leave_unmatched(ladder, view);
    }
    judgement.devices.push_back(std::move(ladder));
  }
  for (std::size_t column = 0; column < seen.size(); ++column)
    if (!is_expected[column] && !may_be_expected(judgement, seen[column]) && !seen[column].is_bridge() &&
        !is_emulated(manifest, seen[column]) && !looks_emulated(seen[column]) && !is_gone(seen[column]) &&
        !is_behind_a_controller(seen[column]))
      judgement.unexpected.push_back(&seen[column]);
  return judgement;
}

}  // namespace vfio_doctor
