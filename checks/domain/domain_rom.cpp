// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-rom", "ROM files of its devices", 70, run};

void judge_file(const DomainCase& here, const DomainHostdev& device, std::vector<Finding>& findings) {
  const auto& file = device.rom_file;
  if (!file.starts_with("/")) return;  // QEMU looks in its own directories
  const auto found = here.around.files.find(file);
  if (found == here.around.files.end()) return;
  if (found->second.is(NodeKind::file)) return;
  const bool known = found->second.has_value() || (found->second.is_absent() && here.around.complete);
  auto finding = check.at_line(known ? Status::fail : Status::unknown, here, device.line,
                               found->second.has_value() ? "Its ROM file " + file + " is no regular file."
                               : known                   ? "Its ROM file " + file + " does not exist."
                                                         : "Whether its ROM file " + file + " exists could not be seen.",
                               known ? "failed to find romfile \"" + file + "\"" : "");
  finding.evidence.push_back({file, found->second.has_value() ? "no regular file" : found->second.why()});
  finding.effect = Effect::blocked;
  finding.remedy = {
      {"Take the file= out: most devices bring their ROM along. Where one is needed, put it where QEMU's user and its "
       "security label may read it (/usr/share/vgabios, /usr/share/qemu).",
       {},
       {},
       {}}};
  findings.push_back(finding);
}

std::vector<Finding> run(const DomainCase& here) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& device : here.domain.hostdevs) {
    if (device.rom_disabled && (!device.rom_file.empty() || device.rom_bar_given))
      findings.push_back(check.at_line(Status::fail, here, device.line, "Its ROM is disabled and set up at the same time.",
                                       "ROM tuning is not supported when ROM is disabled"));
    any = any || !device.rom_file.empty() || device.rom_disabled;
    judge_file(here, device, findings);
  }
  if (findings.empty() && any) findings.push_back(check.finding(Status::pass, here, "What it says about ROMs can be done."));
  return findings;
}

}  // namespace

DomainCheck domain_rom_check() { return check; }

}  // namespace vfio_doctor
