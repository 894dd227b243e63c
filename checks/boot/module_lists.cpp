// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/advice/shell_words.hpp"
#include "checks/check.hpp"
#include "checks/kernel/kernel_rules.hpp"
#include "facts/iommu/module_slips.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"module-lists", "Modules that are named to be loaded", 30, run};

/// vfio_virqfd became a part of vfio (commit e2d55709398e "vfio: Fold vfio_virqfd.ko into vfio.ko", Linux 6.2).
bool is_part_of_vfio_now(const Host& host, const ListedModule& listed) {
  return listed.module == "vfio_virqfd" && host.kernel.version.has_value() && has_rule_since(host, {6, 2}) == KernelRule::yes;
}

/// In no kernel: whoever updates the kernel and not what builds such modules is without.
Finding not_built(const Host& host, const ListedModule& listed) {
  const auto release = host.kernel.release.has_value() ? *host.kernel.release : "*";
  auto finding =
      check.finding(Status::warn, host_subject,
                    listed.module + " is named in " + listed.file +
                        ", but this kernel has no such module. It comes from outside the kernel and is built for each one anew "
                        "(DKMS): for this "
                        "one that was not done, or failed. " +
                        (listed.module == "vendor_reset" ? "So no card is reset by it." : "What it is for is missing."));
  finding.evidence = {{listed.place(), listed.module}, {"/lib/modules/" + release + "/modules.dep", "not in it"}};
  finding.remedy = {
      {"See what the last build said (the headers of this kernel are missing, or the module's version is too old for "
       "it), and build it again; or start an older kernel that has it.",
       {"dkms status", "sudo dkms autoinstall"},
       {},
       {}}};
  return finding;
}

Finding not_there(const Host& host, const ListedModule& listed) {
  auto finding = check.finding(Status::warn, host_subject,
                               listed.module + " is named in " + listed.file +
                                   ", but this kernel has no such module: what reads the file "
                                   "says \"Failed to find module\" and goes on, or fails.");
  finding.evidence = {{listed.place(), listed.module}};
  if (listed.installed.is(false))
    finding.evidence.push_back(
        {"/lib/modules/" + (host.kernel.release.has_value() ? *host.kernel.release : "*") + "/modules.dep", "not in it"});
  if (listed.module == "vfio_virqfd")
    finding.summary += " It is a part of vfio since Linux 6.2, and nothing is missing without it.";
  finding.remedy = {{"Take the name out. Where the file is one of the initial RAM disk's, build that anew.",
                     {"sudoedit " + shell_quoted(listed.file)},
                     {},
                     {}}};
  return finding;
}

/// Parameters behind a name are /etc/modules' own; in modules-load.d a line is a name (modules-load.d(5)).
Finding no_name(const ListedModule& listed) {
  auto finding = check.finding(Status::warn, host_subject,
                               listed.module + " stands in " + listed.file +
                                   " with more words behind it: systemd takes the whole line for a name, finds no such "
                                   "module, and neither it nor the words come to anything.");
  finding.evidence = {{listed.place(), listed.line_for_a_name}};
  finding.remedy = {
      {"Leave the name alone on its line, and put its parameters into a file of /etc/modprobe.d that ends in .conf: "
       "options " +
           listed.module + " PARAMETER=VALUE. Where the initial RAM disk has the module, build it anew.",
       {"sudoedit " + shell_quoted(listed.file)},
       {},
       {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  const auto& all = host.vfio.listed_modules;
  if (all.empty()) return {};
  std::vector<Finding> findings;
  bool any_unread = false;
  for (const auto& listed : all) {
    if (!listed.line_for_a_name.empty()) {
      findings.push_back(no_name(listed));
      continue;
    }
    const bool from_outside = is_from_outside(listed.module);
    const bool gone = listed.installed.is(false) || is_part_of_vfio_now(host, listed);
    if (gone && listed.file != "/proc/cmdline")
      findings.push_back(from_outside ? not_built(host, listed) : not_there(host, listed));
    any_unread |= !gone && listed.installed.is_unreadable() && !from_outside && listed.module != "vfio" &&
                  listed.module != "vfio_pci" && listed.module != "vfio_iommu_type1";
  }
  if (!findings.empty()) return findings;
  if (any_unread) {
    auto finding = check.finding(Status::unknown, host_subject,
                                 "Whether this kernel has every module of VFIO that is to be loaded could not be seen.");
    for (const auto& listed : all)
      if (listed.installed.is_unreadable())
        finding.evidence.push_back({listed.place(), listed.module + ": " + listed.installed.why()});
    return {finding};
  }
  auto finding = check.finding(Status::pass, host_subject, "This kernel has every module of VFIO that is to be loaded.");
  for (const auto& listed : all)
    if (finding.evidence.size() < 8) finding.evidence.push_back({listed.place(), listed.module});
  return {finding};
}

}  // namespace

Check module_lists_check() { return check; }

}  // namespace vfio_doctor
