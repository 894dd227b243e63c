// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <tuple>

#include "base/input_error.hpp"
#include "base/printable.hpp"
#include "base/progress.hpp"
#include "base/version.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"
#include "snapshot/archive.hpp"
#include "snapshot/redaction.hpp"
#include "snapshot/snapshot.hpp"

namespace vfio_doctor {
namespace {

using Judgement = std::vector<std::tuple<std::string, std::string, std::string>>;

/// Everything a report decides, without its words.
Judgement judgement_on(const RecordedNodes& nodes, Wake wake) {
  const auto report = examine_plainly({"snapshot", "", std::make_unique<MemoryRoot>(nodes)}, wake);
  Judgement all = {{"", "host", std::string(to_text(report.verdict))}};
  for (const auto& finding : report.findings) all.emplace_back(finding.subject, finding.id, to_text(finding.status));
  for (const auto& device : report.devices) all.emplace_back(device.address.text(), "device", to_text(device.verdict));
  std::ranges::sort(all);
  return all;
}

/// A redacted snapshot that leads to another judgement would send whoever reads it the wrong way.
void require_same_judgement(const RecordedNodes& nodes, const RecordedNodes& redacted, Wake wake) {
  const auto before = judgement_on(nodes, wake), after = judgement_on(redacted, wake);
  if (before == after) return;
  Judgement changed;
  std::ranges::set_symmetric_difference(before, after, std::back_inserter(changed));
  const auto& [subject, id, status] = changed.front();
  throw InputError("redacting this host would change what the snapshot says (" + (subject.empty() ? "host" : subject) + ", " +
                   id + "); nothing was written. --no-redact keeps everything as it is");
}

void print_redactions(const Redaction& redaction) {
  std::string counts;
  for (const auto& [kind, count] : redaction.counts)
    counts += (counts.empty() ? "" : ", ") + kind + " " + std::to_string(count);
  std::cerr << "Redacted: " << (counts.empty() ? "nothing; no addresses, serial numbers or names were found" : counts) << ".\n";
  for (const auto& name : redaction.kept) std::cerr << "Kept, because it is also a technical word: " << printable(name) << "\n";
  std::cerr << "Look through it before you publish it: names in places that nobody expects are not found.\n";
}

}  // namespace

int run_snapshot_command(const SnapshotOptions& options) {
  if (options.output.outputs.size() != 1) throw InputError("snapshot: name one file to write (-o FILE)");
  if (!options.machine.source.is_live()) keep_from_harm(options.output);
  const auto source = open_source(options.machine.source);
  keep_from_harm(options.output);
  const auto wake = options.machine.wake ? Wake::yes : Wake::no;
  std::optional<Progress> progress(std::in_place,
                                   "Reading " + (source.kind == "live" ? std::string("this host") : source.name));
  auto nodes = take_snapshot(*source.root, wake);
  SnapshotNotes notes{program_version, !options.no_redact, {}};
  Redaction redaction;
  if (!options.no_redact) {
    progress->set_text("Redacting");
    redaction = redact(nodes, find_private_names(*source.root));
    require_same_judgement(nodes, redaction.nodes, wake);
    nodes = std::move(redaction.nodes);
    notes.redactions = redaction.counts;
  }
  nodes[Root::recorder_path] = {RecordedNode::Kind::file, std::string(program_version) + " (format 2)\n"};
  const auto& file = options.output.outputs.front();
  const auto bytes = file.ends_with(".machine") ? write_machine_text(nodes) : write_archive(nodes, notes);
  progress.reset();  // before anything else is printed; and write_file() wants no other thread
  // The kernel's log, ACPI tables and extended configuration space are root's to read.
  write_output(file, bytes, FileAccess::owner_only);
  if (!options.no_redact) print_redactions(redaction);
  return 0;
}

}  // namespace vfio_doctor
