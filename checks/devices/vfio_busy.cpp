// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vfio-busy", "Devices that a guest has now", 45, run};

/// Who has a device: what says so, and the program where it is known.
struct User {
  Evidence evidence;
  std::string program;
};

std::string name_of(const OpenDevice& open) {
  return (open.program.empty() ? "a program" : open.program) + " (process " + std::to_string(open.process) + ")";
}

/// By what is open: a group is opened as a whole (drivers/vfio/group.c: EBUSY for the second), or one function's own node.
class Users {
 public:
  explicit Users(const Host& host) {
    for (const auto& function : host.all_functions()) {
      const auto interrupt = host.interrupts.taken_by_vfio.find(function.address);
      if (interrupt != host.interrupts.taken_by_vfio.end())
        note(key_of(function), {{"/proc/interrupts", interrupt->second}, {}});
    }
    for (const auto& open : host.processes.open) {
      const auto number = parse_unsigned(base_name(open.node));
      const Evidence evidence{"/proc/" + std::to_string(open.process) + "/fd", open.node};
      if (open.node.starts_with("/dev/vfio/devices/")) {
        for (const auto& function : host.all_functions())
          if (function.vfio_device.is(base_name(open.node))) note(key_of(function), {evidence, name_of(open)});
      } else if (open.node.starts_with("/dev/vfio/") && number && *number <= 0x7fffffff) {
        note(group_subject(static_cast<unsigned>(*number)), {evidence, name_of(open)});
      }
    }
  }

  const std::map<std::string, std::vector<User>>& by_subject() const { return users_; }

 private:
  static std::string key_of(const PciFunction& function) {
    return function.iommu_group.has_value() ? group_subject(*function.iommu_group) : device_subject(function.address);
  }
  void note(const std::string& subject, User user) {
    auto& users = users_[subject];
    if (users.size() < 16) users.push_back(std::move(user));
  }

  std::map<std::string, std::vector<User>> users_;
};

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  const Users all(host);
  for (const auto& [subject, users] : all.by_subject()) {
    const auto known = std::ranges::find_if(users, [](const User& user) { return !user.program.empty(); });
    auto finding = check.finding(Status::warn, subject,
                                 (known == users.end() ? std::string("A guest or a program of the host") : known->program) +
                                     " has it open now: until that ends, nothing else gets it (\"Device or resource busy\").");
    finding.effect = Effect::blocked;
    for (const auto& user : users) finding.evidence.push_back(user.evidence);
    finding.remedy = {
        {"If it is a guest, it gives the device back when it is shut down. A service of the host (SPDK, DPDK, Open "
         "vSwitch) needs it for the host itself.",
         {"sudo fuser -v /dev/vfio/* /dev/vfio/devices/*"},
         {},
         {}}};
    findings.push_back(std::move(finding));
  }
  if (!findings.empty()) return findings;
  const bool any_held =
      std::ranges::any_of(host.all_functions(), [](const PciFunction& function) { return is_held_by_vfio(function); });
  if (!any_held) return {check.finding(Status::not_applicable, host_subject, "VFIO holds no device now.")};
  if (host.processes.all_seen) return {check.finding(Status::pass, host_subject, "No device that VFIO holds is seen in use.")};
  if (!host.interrupts.chips.has_value()) {
    auto finding =
        check.finding(Status::unknown, host_subject, "Whether a guest has a device that VFIO holds could not be seen.");
    finding.evidence = {{"/proc/interrupts", host.interrupts.chips.why()}};
    return {finding};
  }
  // DPDK and SPDK poll, and a guest takes its first interrupt late.
  return {
      check.not_seen("No guest takes interrupts from a device that VFIO holds; who has one open without them, only root can "
                     "see.",
                     {"/proc/*/fd", "not all programs' files could be seen"})};
}

}  // namespace

Check vfio_busy_check() { return check; }

}  // namespace vfio_doctor
