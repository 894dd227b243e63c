// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"access-denied", "Refusals by AppArmor and SELinux", 40, run};

bool has(const std::string& line, std::string_view word) { return line.find(word) != line.npos; }

bool has_any(const std::string& line, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&line](std::string_view word) { return has(line, word); });
}

/// AppArmor: apparmor="DENIED" ... profile="libvirt-UUID" name="/dev/vfio/12" ... comm="qemu-system-x86"; SELinux: avc: denied
/// { ... } ... comm="qemu-kvm" name="config" dev="sysfs" ... svirt_t ... vfio_device_t.
bool is_refusal(const std::string& line) { return has_any(line, {"apparmor=\"DENIED\"", "avc:  denied", "avc: denied"}); }

/// By a guest's program or the daemon that starts it. Others are refused a file of theirs every day.
bool is_of_a_guest(const std::string& line) {
  return has_any(line, {"comm=\"qemu", "comm=\"kvm\"", "comm=\"CPU ", "comm=\"libvirtd\"", "comm=\"virtqemud\"", "comm=\"rpc-",
                        "profile=\"libvirt-", "svirt", "virt_launcher"});
}

bool is_of_vfio(const std::string& line) {
  return has_any(line, {"/dev/vfio", "vfio_device_t", "/dev/iommu", "iommu_device_t"});
}

/// What libvirt and QEMU write below /sys when they take a device. QEMU looks at much else there (uevent, vhost's parameters)
/// and does without it.
bool is_of_sysfs(const std::string& line) {
  if (!is_of_a_guest(line) || !has_any(line, {"dev=\"sysfs\"", "\"/sys/bus/pci/", "\"/sys/devices/pci"})) return false;
  return has_any(line, {"name=\"config\"", "/config\"", "driver_override\"", "/new_id\"", "name=\"new_id\"", "/bind\"",
                        "name=\"bind\"", "/unbind\"", "name=\"unbind\"", "drivers_probe\"", "/reset\"", "name=\"reset\"",
                        "/rom\"", "name=\"rom\""});
}

bool is_of_rom(const std::string& line) {
  return is_of_a_guest(line) && has_any(to_lower(line), {".rom\"", "vbios", "vgabios"});
}

bool is_of_shared_memory(const std::string& line) {
  return is_of_a_guest(line) && has_any(line, {"looking-glass", "/dev/kvmfr"});
}

bool is_of_huge_pages(const std::string& line) {
  return is_of_a_guest(line) && has_any(line, {"\"/dev/hugepages", "hugetlbfs"});
}

struct Refused {
  bool (*is_it)(const std::string& line);
  std::string_view what, remedy;
};

constexpr auto kinds = std::to_array<Refused>(
    {{is_of_vfio, "one of VFIO's nodes",
      "libvirt labels the devices of its guests by itself: start the guest through it, and look whether its "
      "own profile is what refuses. A program of your own needs a rule for that node."},
     {is_of_sysfs, "a device's files below /sys, without which it cannot take the device",
      "Allow it in the policy of the program that is refused (SELinux: audit2allow makes the rule out of the line); a "
      "manager's "
      "own policy comes with its packages, which may be too old."},
     {is_of_rom, "a ROM file",
      "Put the file where the policy lets guests read it: /usr/share/vgabios or /usr/share/qemu for AppArmor, a directory "
      "labelled virt_image_t for SELinux (restorecon); and name it there in the domain."},
     {is_of_shared_memory, "the memory that a guest shares with the host (Looking Glass)",
      "Allow it for libvirt's guests: for AppArmor a line like \"/dev/shm/looking-glass rw,\" in "
      "/etc/apparmor.d/local/abstractions/libvirt-qemu."},
     {is_of_huge_pages, "huge pages",
      "Let libvirt mount and label them: huge pages in <memoryBacking>, no path of your own."}});

std::vector<Finding> run(const Host& host) {
  const auto* log = host.kernel.device_log.get();
  if (!log)
    return {check.not_seen("Whether a guest was refused a device's node could not be seen.",
                           {"kernel log", host.kernel.device_log.why()})};
  std::vector<Finding> findings;
  std::array<std::size_t, kinds.size()> count{};
  std::array<std::vector<Evidence>, kinds.size()> lines;
  for (const auto& line : *log) {
    if (!is_refusal(line)) continue;
    const auto kind = std::ranges::find_if(kinds, [&line](const Refused& one) { return one.is_it(line); });
    if (kind == kinds.end()) continue;
    const auto at = static_cast<std::size_t>(kind - kinds.begin());
    ++count[at];
    if (lines[at].size() < 3) lines[at].push_back({"kernel log", line});
  }
  for (std::size_t at = 0; at < kinds.size(); ++at) {
    if (count[at] == 0) continue;
    const auto is_said_by = [&](std::string_view mark) {
      return std::ranges::any_of(lines[at], [&](const Evidence& one) { return one.value.find(mark) != std::string::npos; });
    };
    const bool apparmor = is_said_by("apparmor="), selinux = is_said_by("avc:");
    const std::string who = apparmor == selinux ? "AppArmor or SELinux" : apparmor ? "AppArmor" : "SELinux";
    auto finding = check.finding(Status::warn, host_subject,
                                 "Since the host started, " + who + " refused a program " + std::string(kinds[at].what) + " (" +
                                     std::to_string(count[at]) + (count[at] == 1 ? " time)." : " times)."));
    std::vector<std::string> commands;
    if (apparmor || !selinux) commands.emplace_back("sudo aa-status");
    if (selinux || !apparmor) commands.emplace_back("sudo ausearch -m avc -ts boot");
    finding.evidence = std::move(lines[at]);
    finding.remedy = {{std::string(kinds[at].remedy), std::move(commands), {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "The kernel's log tells of no refusal by AppArmor or SELinux of VFIO's nodes and of what "
                                     "else a guest with a device needs."));
  return findings;
}

}  // namespace

Check access_denied_check() { return check; }

}  // namespace vfio_doctor
