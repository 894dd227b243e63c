// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

using Kind = GuestChild::Kind;

/// What a working function of a class brings forth. `subclass` 0xff stands for every one of the base class.
struct Role {
  std::uint8_t base, subclass;
  std::array<Kind, 3> kinds;  ///< any one of them will do
  std::string_view noun;
  bool is_decisive;  ///< its absence disproves FUNCTION; else it only leaves it open
};
constexpr std::array roles = {
    Role{0x01, 0x08, {Kind::block, Kind::block, Kind::block}, "block device", true},
    Role{0x01, 0xff, {Kind::block, Kind::scsi, Kind::scsi}, "block device or disk controller", true},
    Role{0x02, 0xff, {Kind::net, Kind::wireless, Kind::infiniband}, "network interface", true},
    Role{0x03, 0xff, {Kind::display, Kind::display, Kind::display}, "display device", false},
    Role{0x04, 0x01, {Kind::sound, Kind::sound, Kind::sound}, "sound card", true},
    Role{0x04, 0x03, {Kind::sound, Kind::sound, Kind::sound}, "sound card", true},
    Role{0x08, 0x05, {Kind::mmc, Kind::mmc, Kind::mmc}, "card reader", true},
};

const Role* role_of(std::uint16_t class_and_subclass) {
  for (const auto& role : roles)
    if (role.base == class_and_subclass >> 8 &&
        (role.subclass == 0xff || role.subclass == (class_and_subclass & 0xff)))
      return &role;
  return nullptr;
}

bool plays(const Role& role, const GuestChild& child) {
  return std::find(role.kinds.begin(), role.kinds.end(), child.kind) != role.kinds.end();
}

std::string shown(const GuestChild& child) {
  return child.state.has_value() ? child.name + " (" + child.state.value() + ")" : child.name;
}

/// Every proof of work that a function of this class gives; empty where there is none.
std::vector<std::string> proofs(const Role& role, const std::vector<GuestChild>& children) {
  std::vector<std::string> found;
  for (const auto& child : children)
    if (plays(role, child) && found.size() < 8) found.push_back(shown(child));
  return found;
}

/// An NVMe controller that is not live, or a drive of no size, is there but does not work.
std::string nvme_problem(const std::vector<GuestChild>& children) {
  for (const auto& child : children) {
    if (child.kind == Kind::nvme && child.state.has_value() && child.state.value() != "live")
      return "its controller " + child.name + " is \"" + child.state.value() + "\", not live";
    if (child.kind == Kind::block && child.sectors.is(0)) return "its drive " + child.name + " has no capacity";
  }
  return {};
}

bool is_silent(const GuestFunction& seen) {
  return seen.interrupts.vectors.has_value() && seen.interrupts.vectors.value() > 0 && seen.interrupts.arrived.is(0);
}

RungResult judge_children(const Role& role, const GuestFunction& seen) {
  if (!seen.children.has_value())
    return rung_result(Status::unknown, "what its driver made of it was not seen: " + seen.children.why() + ".");
  const auto found = proofs(role, seen.children.value());
  if (found.empty()) {
    if (!role.is_decisive)
      return rung_result(Status::unknown, "no " + std::string(role.noun) + " was seen.");
    return rung_result(Status::fail, "its driver is there, but no " + std::string(role.noun) + " came of it.");
  }
  if (role.base == 0x01 && role.subclass == 0x08) {
    if (const auto problem = nvme_problem(seen.children.value()); !problem.empty())
      return rung_result(Status::fail, problem + ".");
    if (is_silent(seen))
      return rung_result(Status::fail, "no interrupt from it has ever arrived, so it only works by time-outs.");
  }
  return rung_result(Status::pass, "it works: " + join(found, ", ") + ".");
}

RungResult judge_by_interrupts(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (seen.interrupts.vectors.has_value() && seen.interrupts.vectors.value() > 0 &&
      seen.interrupts.arrived.has_value() && seen.interrupts.arrived.value() > 0)
    return rung_result(Status::pass, "it works: its interrupts arrive.");
  if (!expected.expect_driver) return rung_result(Status::not_applicable, "nothing of use was expected of it.");
  return rung_result(Status::unknown, "nothing that was seen proves that it works.");
}

std::uint16_t class_of(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (seen.class_and_subclass.has_value()) return seen.class_and_subclass.value();
  return expected.class_code ? static_cast<std::uint16_t>(*expected.class_code >> 8) : 0xffff;
}

/// The log is never decisive: it makes a pass a warning, and explains what failed. A pass without it says so.
void add_log(const GuestFunction& seen, RungResult& result) {
  if (!seen.log_errors.has_value() && result.status == Status::pass) result.summary += " The kernel log was not seen.";
  if (!seen.log_errors.has_value() || seen.log_errors->empty()) return;
  for (const auto& line : seen.log_errors.value()) result.evidence.push_back({"kernel log", line});
  if (result.status != Status::pass) return;
  result.status = Status::warn;
  result.summary += " But the kernel log tells of trouble with it.";
}

void add_interrupts(const GuestFunction& seen, RungResult& result) {
  if (!seen.interrupts.vectors.has_value() || !seen.interrupts.arrived.has_value()) return;
  const auto vectors = seen.interrupts.vectors.value();
  result.evidence.push_back({"interrupts", std::to_string(seen.interrupts.arrived.value()) + " arrived on " +
                                               (vectors == 0 ? "a shared line" : std::to_string(vectors) + " vectors")});
}

}  // namespace

RungResult judge_function(const ExpectedDevice& expected, const GuestFunction& seen, const GuestView& view) {
  if (!seen.driver.has_value() && !expected.expect_driver)
    return rung_result(Status::not_applicable, "nothing of use was expected of it.");
  if (const auto* code = seen.problem_code.has_value() ? find_problem_code(seen.problem_code.value()) : nullptr)
    if (code->rung == Rung::function)
      return rung_result(Status::fail, problem_text(*code));
  if (gave_up(seen)) {
    auto result = rung_result(Status::fail, "its driver tried and gave up: the device does not work.");
    add_log(seen, result);
    return result;
  }
  const auto class_code = class_of(expected, seen);
  const auto* role = role_of(class_code);
  const bool makes_a_bus = seen.class_and_subclass.has_value() ? seen.is_usb_controller() : class_code == 0x0c03;
  auto result = makes_a_bus ? judge_usb(expected, seen, view)
                : role      ? judge_children(*role, seen)
                            : judge_by_interrupts(expected, seen);
  if (role && !role->is_decisive && result.status == Status::unknown) {
    const auto by_interrupts = judge_by_interrupts(expected, seen);
    if (by_interrupts.status == Status::pass) result = by_interrupts;
  }
  add_interrupts(seen, result);
  add_log(seen, result);
  return result;
}

}  // namespace vfio_doctor
