// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/examine.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "facts/input_error.hpp"
#include "runner/build_report.hpp"
#include "runner/progress.hpp"
#include "runner/selection.hpp"

namespace vfio_doctor {
namespace {

void require_known(const std::vector<std::string>& ids, const std::string& option) {
  for (const auto& id : ids)
    if (std::ranges::none_of(all_checks(), [&id](const Check& check) { return check.id == id; }))
      throw InputError(option + ": there is no check '" + id + "'; 'vfio-doctor checks' lists them");
}

std::string list_text(const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids) text += (text.empty() ? "" : ", ") + id;
  return text;
}

bool contains(const std::vector<std::string>& ids, std::string_view id) {
  return std::ranges::find(ids, id) != ids.end();
}

/// A check left out with --skip does not run at all. --only narrows what is reported and what the host's verdict counts,
/// but device verdicts still rest on every check: "assignable" must not come from not having looked.
std::vector<Finding> run_checks(const Options& options, const Host& host) {
  std::vector<Finding> findings;
  for (const auto& check : all_checks()) {
    if (contains(options.skip, check.id)) continue;
    for (auto& finding : run_check(check, host)) findings.push_back(std::move(finding));
  }
  // What keeps every device from being assigned is what a reader looks for first.
  std::ranges::stable_partition(findings, [](const Finding& finding) {
    return finding.subject == host_subject && finding.effect == Effect::blocked;
  });
  return findings;
}

}  // namespace

Report examine(const Options& options) {
  require_known(options.only, "--only");
  require_known(options.skip, "--skip");
  const Source source = open_source(options.source);
  Progress progress("Reading " + (source.kind == "live" ? std::string("this host") : source.name));
  const Host host = gather_host(*source.root, options.wake ? Wake::yes : Wake::no);
  if (source.kind == "root" && host.functions.is_absent())
    spdlog::info("{}: there is no /sys/bus/pci/devices", source.name);
  progress.set_text("Judging " + std::to_string(host.all_functions().size()) + " functions");
  const auto selection = select_functions(host, options.selectors);
  Report report = build_report(source, host, run_checks(options, host), selection, options.only);
  if (!options.skip.empty()) report.notes.push_back("Left out (--skip): " + list_text(options.skip) + ". The verdicts do not count them.");
  if (!options.only.empty()) report.notes.push_back("Only these checks are reported and counted (--only): " + list_text(options.only) + ".");
  return report;
}

}  // namespace vfio_doctor
