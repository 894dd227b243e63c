// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/examine.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <future>
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
#include "runner/commands/domain_patch.hpp"
#include "runner/commands/output.hpp"
#include "runner/commands/root_commands.hpp"
#include "runner/guest/find_domain.hpp"
#include "verdicts/selection.hpp"

namespace vfio_doctor {
namespace {

bool contains(const std::vector<std::string>& ids, std::string_view id) { return std::ranges::find(ids, id) != ids.end(); }

/// A check left out with --skip does not run at all. --only narrows what is reported and what the host's verdict counts,
/// but device verdicts still rest on every check: "assignable" must not come from not having looked.
std::vector<Finding> run_checks(const std::vector<std::string>& skip, const Host& host) {
  const auto run_unless_skipped = [&](const Check& check) {
    return contains(skip, check.id) ? std::vector<Finding>{} : run_check(check, host);
  };
  std::vector<Finding> findings;
  for (auto& some : in_parallel(all_checks(), run_unless_skipped, 1)) std::ranges::move(some, std::back_inserter(findings));
  // What keeps every device from being assigned is what a reader looks for first.
  std::ranges::stable_partition(findings, [](const Finding& finding) {
    return finding.subject == host_subject && finding.effect == Effect::blocked;
  });
  return findings;
}

/// What the rules about domains say, and what keeps it from starting besides.
std::vector<Finding> judge_domain(const std::vector<std::string>& skip, const DomainCase& here,
                                  std::vector<std::string>& notes) {
  notes = here.domain.notes;
  if (std::ranges::all_of(here.around.pools, [](const auto& pool) { return pool.second.has_value(); }))
    std::erase(notes, pool_note);
  std::vector<Finding> findings;
  for (const auto& check : all_domain_checks())
    if (!contains(skip, check.id)) std::ranges::move(run_domain_check(check, here), std::back_inserter(findings));
  std::ranges::move(judge_unmanaged(here.host, here.domain), std::back_inserter(findings));
  return findings;
}

/// A plugin that failed is always reported: what --only asked for may be what it did not say.
std::vector<std::string> reported_ids(std::vector<std::string> ids) {
  if (!ids.empty()) ids.emplace_back(plugin_finding_id);
  return ids;
}

/// A text that names neither its recorder nor itself complete is taken for one too.
bool is_of_format_1(const Root& recorded) {
  const auto recorder = recorded.read(Root::recorder_path);
  return recorder.is_unreadable() || (recorder.has_value() && recorder->find("(format 1)") != std::string::npos);
}

MachineSummary describe_machine(MachineIdentity identity, const Root& root, const Host& host, bool identify) {
  return {std::move(identity), host.cpu.model, identify ? gather_host_name(root) : HostName(), vfio_interfaces(host)};
}

/// Pages of the program's own checks; those of plugins are asked for with `explain`.
void add_pages(Report& report) {
  std::set<std::string_view> met;
  for (const auto& finding : report.findings) met.insert(finding.id);
  for (const auto& check : all_checks())
    if (met.contains(check.id)) report.pages.push_back({std::string(check.id), check.page});
}

/// A list of thousands of packages, from which no rule takes anything: read beside all the rest.
std::future<MachineIdentity> identity_beside(const Root& root) {
  return beside([&root] { return gather_machine_identity(root); });
}

/// What is asked of a source, read and judged step by step. Neither copied nor moved: a Progress lives in it.
class Examination {
 public:
  Examination(const ExamineOptions& options, const OutputOptions& output, const std::vector<Plugin>& plugins,
              const Source& source, std::string* patch, bool names_machine)
      : options_(options),
        output_(output),
        plugins_(plugins),
        source_(source),
        patch_(patch),
        identity_(names_machine ? identity_beside(*source.root) : std::future<MachineIdentity>()),
        progress_("Reading " + (source.kind == "live" ? std::string("this host") : source.name)),
        host_(gather_host(*source.root, options.machine.wake ? Wake::yes : Wake::no)) {
    if (source.kind == "root" && host_.functions.is_absent()) spdlog::info("{}: there is no /sys/bus/pci/devices", source.name);
  }

  Report report() {
    judge_all();
    auto accepted = accept_risks();
    const auto machine = describe_machine(identity_.get(), *source_.root, host_, options_.identify);
    keep_from_harm(output_);
    bound_findings(findings_);  // before they become reasons of every device
    auto judgement = judge(host_, std::move(findings_), selection_, reported_ids(options_.only), accepted, domain_subject_,
                           domain_ ? freed_by(*domain_) : std::vector<PciAddress>());
    Report report = report_of({source_.kind, source_.name}, host_, std::move(judgement), selection_);
    report.accepted = std::move(accepted);
    report.host.machine = machine;
    finish(report);
    return report;
  }

  void hand_to(const std::function<void(const Examined&)>& take) {
    judge_all();
    const auto accepted = accept_risks();
    keep_from_harm(output_);
    bound_findings(findings_);
    take({source_, host_, selection_, findings_, accepted, domain_ ? &*domain_ : nullptr, notes_});
  }

 private:
  void judge_all() {
    progress_.set_text("Judging " + std::to_string(host_.all_functions().size()) + " functions");
    selection_ = select_functions(host_, *source_.root, options_.selection.selectors);
    findings_ = run_checks(options_.skip, host_);
    add_domain();
    add_plugins();
  }

  DomainSurroundings surroundings_of(const Domain& domain) const {
    return gather_surroundings(*source_.root, domain, source_.kind == "live" || source_.kind == "root");
  }

  void add_domain() {
    if (options_.selection.domain.empty()) return;
    std::string text;
    domain_ = find_domain(options_.selection.domain, *source_.root, &text);
    select_domain(*domain_, selection_);
    const auto around = surroundings_of(*domain_);
    std::ranges::move(judge_domain(options_.skip, {host_, *domain_, around}, notes_), std::back_inserter(findings_));
    if (patch_) *patch_ = domain_patch(text, domain_->file, certain_fixes({host_, *domain_, around}));
    domain_subject_ = domain_subject(*domain_);
  }

  void add_plugins() {
    if (!plugins_.empty()) progress_.set_text("Waiting for " + std::to_string(plugins_.size()) + " plugins");
    std::ranges::move(run_plugins(plugins_, host_, options_.plugins, options_.skip), std::back_inserter(findings_));
  }

  std::vector<Acceptance> accept_risks() {
    const auto rules = accept_rules(options_.risks, *source_.root, notes_);
    std::vector<std::string> ids;
    for (const auto& rule : rules) ids.push_back(rule.id);
    require_known_checks(ids, "an accepted risk", plugins_);
    return accepted_findings(rules, findings_, notes_);
  }

  void finish(Report& report) {
    if (source_.kind == "snapshot" && is_of_format_1(*source_.root))
      report.notes.push_back(
          "This recording is of format 1: it does not tell what was not there, and has no digests that would "
          "show damage. What it does not hold counts as unknown.");
    // A recorded machine's reader may not be root.
    if (source_.root->is_live() && ::geteuid() == 0) leave_out_sudo(report.findings);
    add_pages(report);
    std::ranges::move(notes_, std::back_inserter(report.notes));
    if (!options_.skip.empty())
      report.notes.push_back("Left out (--skip): " + join(options_.skip, ", ") + ". The verdicts do not count them.");
    if (!options_.only.empty())
      report.notes.push_back("Only these checks are reported and counted (--only): " + join(options_.only, ", ") + ".");
    finish_report(report);
  }

  const ExamineOptions& options_;
  const OutputOptions& output_;
  const std::vector<Plugin>& plugins_;
  const Source& source_;
  std::string* patch_;
  std::future<MachineIdentity> identity_;  // nothing where no report is made
  Progress progress_;
  const Host host_;
  std::vector<PciAddress> selection_;
  std::vector<Finding> findings_;
  std::vector<std::string> notes_;
  std::optional<Domain> domain_;
  std::string domain_subject_;
};

}  // namespace

namespace {

/// Opens what the options name and gathers it; `use` gets the examination. Which machine it is, only reports say.
template <class Use>
auto with_examination(const ExamineOptions& options, const OutputOptions& output, std::string* patch, bool names_machine,
                      Use use) {
  const auto plugins = load_plugins(options.plugins);
  require_known_checks(options.only, "--only", plugins);
  require_known_checks(options.skip, "--skip", plugins);
  // A plugin and virsh are programs of their own, with needs of their own: then the doors are closed after them.
  const bool runs_programs = !plugins.empty() || asks_libvirt(options.selection.domain, options.machine.source.is_live());
  if (!runs_programs && !options.machine.source.is_live()) keep_from_harm(output);
  const Source source = open_source(options.machine.source);
  if (!runs_programs) keep_from_harm(output);
  Examination examination(options, output, plugins, source, patch, names_machine);
  return use(examination);
}

}  // namespace

Report examine(const ExamineOptions& options, const OutputOptions& output, std::string* patch) {
  return with_examination(options, output, patch, true, [](Examination& examination) { return examination.report(); });
}

void examine(const ExamineOptions& options, const OutputOptions& output, const std::function<void(const Examined&)>& take) {
  with_examination(options, output, nullptr, false, [&take](Examination& examination) { examination.hand_to(take); });
}

Report examine_plainly(const Source& source, Wake wake) { return examine_plainly(source, gather_host(*source.root, wake)); }

Report examine_plainly(const Source& source, const Host& host) {
  auto findings = run_checks({}, host);
  bound_findings(findings);
  Report report = report_of({source.kind, source.name}, host, judge(host, std::move(findings), {}, {}), {});
  report.host.machine = describe_machine(gather_machine_identity(*source.root), *source.root, host, false);
  finish_report(report);
  return report;
}

}  // namespace vfio_doctor
