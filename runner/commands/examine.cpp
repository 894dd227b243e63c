// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/examine.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "base/in_parallel.hpp"
#include "base/input_error.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/kernel/vfio_ways.hpp"
#include "facts/platform/machine_identity.hpp"
#include "reports/bounds.hpp"
#include "reports/report_of.hpp"
#include "runner/commands/accepted_risks.hpp"
#include "runner/commands/check_list.hpp"
#include "runner/commands/output.hpp"
#include "runner/commands/root_commands.hpp"
#include "runner/guest/find_domain.hpp"
#include "verdicts/selection.hpp"

namespace vfio_doctor {
namespace {

using Text = std::optional<std::string>;

bool contains(const std::vector<std::string>& ids, std::string_view id) {
  return std::ranges::find(ids, id) != ids.end();
}

/// A check left out with --skip does not run at all. --only narrows what is reported and what the host's verdict counts,
/// but device verdicts still rest on every check: "assignable" must not come from not having looked.
std::vector<Finding> run_checks(const Options& options, const Host& host) {
  const auto run_unless_skipped = [&](const Check& check) {
    return contains(options.skip, check.id) ? std::vector<Finding>{} : run_check(check, host);
  };
  std::vector<Finding> findings;
  for (auto& some : in_parallel(all_checks(), run_unless_skipped, 1))
    std::ranges::move(some, std::back_inserter(findings));
  // What keeps every device from being assigned is what a reader looks for first.
  std::ranges::stable_partition(findings, [](const Finding& finding) {
    return finding.subject == host_subject && finding.effect == Effect::blocked;
  });
  return findings;
}

/// What the rules about domains say, and what keeps it from starting besides.
std::vector<Finding> judge_domain(const Options& options, const Host& host, const Domain& domain, const Source& source,
                                  std::vector<std::string>& notes) {
  const auto around = gather_surroundings(*source.root, domain, source.kind == "live" || source.kind == "root");
  notes = domain.notes;
  if (std::ranges::all_of(around.pools, [](const auto& pool) { return pool.second.has_value(); })) std::erase(notes, pool_note);
  std::vector<Finding> findings;
  for (const auto& check : all_domain_checks())
    if (!contains(options.skip, check.id))
      std::ranges::move(run_domain_check(check, {host, domain, around}), std::back_inserter(findings));
  std::ranges::move(judge_unmanaged(host, domain), std::back_inserter(findings));
  return findings;
}

/// A plugin that failed is always reported: what --only asked for may be what it did not say.
std::vector<std::string> reported_ids(const Options& options) {
  auto ids = options.only;
  if (!ids.empty()) ids.emplace_back(plugin_finding_id);
  return ids;
}

/// A text that names neither its recorder nor itself complete is taken for one too.
bool is_of_format_1(const Root& recorded) {
  const auto recorder = recorded.read(Root::recorder_path);
  return recorder.is_unreadable() || (recorder.has_value() && recorder->find("(format 1)") != std::string::npos);
}

Text known(const Observed<std::string>& value) { return value.has_value() ? Text(value.value()) : std::nullopt; }

MachineSummary describe_machine(const Root& root, const Host& host, bool identify) {
  MachineSummary machine;
  const auto identity = gather_machine_identity(root);
  machine.board = known(identity.board.has_value() ? identity.board : identity.system);
  machine.firmware_vendor = known(identity.firmware_vendor);
  machine.firmware_version = known(identity.firmware_version);
  machine.firmware_date = known(identity.firmware_date);
  machine.cpu_model = known(host.cpu.model);
  machine.microcode = known(identity.microcode);
  machine.interfaces = vfio_interfaces(host);
  machine.qemu = known(identity.qemu);
  machine.libvirt = known(identity.libvirt);
  machine.ovmf = known(identity.ovmf);
  if (!identify) return machine;
  const auto name = gather_host_name(root);
  machine.name = known(name.name);
  machine.id = known(name.id);
  machine.boot_id = known(name.boot_id);
  return machine;
}

/// Pages of the program's own checks; those of plugins are asked for with `explain`.
void add_pages(Report& report) {
  std::set<std::string_view> met;
  for (const auto& finding : report.findings) met.insert(finding.id);
  for (const auto& check : all_checks())
    if (met.contains(check.id)) report.pages.push_back({std::string(check.id), check.page});
}

}  // namespace

Report examine(const Options& options) {
  const auto plugins = load_plugins(options.plugins);
  require_known_checks(options.only, "--only", plugins);
  require_known_checks(options.skip, "--skip", plugins);
  // A plugin and virsh are programs of their own, with needs of their own: then the doors are closed after them.
  const bool runs_programs = !plugins.empty() || asks_libvirt(options.domain, options.source.is_live());
  if (!runs_programs && !options.source.is_live()) keep_from_harm(options);
  const Source source = open_source(options.source);
  if (!runs_programs) keep_from_harm(options);
  Progress progress("Reading " + (source.kind == "live" ? std::string("this host") : source.name));
  const Host host = gather_host(*source.root, options.wake ? Wake::yes : Wake::no);
  if (source.kind == "root" && host.functions.is_absent())
    spdlog::info("{}: there is no /sys/bus/pci/devices", source.name);
  progress.set_text("Judging " + std::to_string(host.all_functions().size()) + " functions");
  auto selection = select_functions(host, *source.root, options.selectors);
  auto findings = run_checks(options, host);
  std::vector<std::string> notes;
  std::string domain_findings;
  if (!options.domain.empty()) {
    const auto domain = find_domain(options.domain, *source.root);
    select_domain(domain, selection);
    std::ranges::move(judge_domain(options, host, domain, source, notes), std::back_inserter(findings));
    domain_findings = domain_subject(domain);
  }
  if (!plugins.empty()) progress.set_text("Waiting for " + std::to_string(plugins.size()) + " plugins");
  for (auto& finding : run_plugins(plugins, host, options.plugins, options.skip)) findings.push_back(std::move(finding));
  const auto rules = accept_rules(options, *source.root, notes);
  std::vector<std::string> accepted_ids;
  for (const auto& rule : rules) accepted_ids.push_back(rule.id);
  require_known_checks(accepted_ids, "an accepted risk", plugins);
  const auto machine = describe_machine(*source.root, host, options.identify);
  keep_from_harm(options);
  auto accepted = accepted_findings(rules, findings, notes);
  bound_findings(findings);  // before they become reasons of every device
  auto judgement = judge(host, std::move(findings), selection, reported_ids(options), accepted, domain_findings);
  Report report = report_of({source.kind, source.name}, host, std::move(judgement), selection);
  report.accepted = std::move(accepted);
  report.host.machine = machine;
  if (source.kind == "snapshot" && is_of_format_1(*source.root))
    report.notes.push_back("This recording is of format 1: it does not tell what was not there, and has no digests that would show "
                           "damage. What it does not hold counts as unknown.");
  if (source.root->is_live() && ::geteuid() == 0) leave_out_sudo(report.findings);  // a recorded machine's reader may not be root
  add_pages(report);
  bound_report(report);
  std::ranges::move(notes, std::back_inserter(report.notes));
  if (!options.skip.empty()) report.notes.push_back("Left out (--skip): " + join(options.skip, ", ") + ". The verdicts do not count them.");
  if (!options.only.empty()) report.notes.push_back("Only these checks are reported and counted (--only): " + join(options.only, ", ") + ".");
  return report;
}

Report examine_plainly(const Source& source, Wake wake) {
  return examine_plainly(source, gather_host(*source.root, wake));
}

Report examine_plainly(const Source& source, const Host& host) {
  auto findings = run_checks({}, host);
  bound_findings(findings);
  Report report = report_of({source.kind, source.name}, host, judge(host, std::move(findings), {}, {}), {});
  report.host.machine = describe_machine(*source.root, host, false);
  return report;
}

}  // namespace vfio_doctor
