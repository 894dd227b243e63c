// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "base/printable.hpp"
#include "machine/memory_root.hpp"
#include "reports/diff.hpp"
#include "reports/json.hpp"
#include "reports/sentences.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"
#include "runner/commands/report_digest.hpp"
#include "snapshot/snapshot.hpp"

namespace vfio_doctor {
namespace {

/// A report as it is, or what this program says about a snapshot; told apart by content.
Report read_side(const std::string& file, Wake wake) {
  const auto bytes = read_input_file(file, largest_snapshot_bytes);
  const auto first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) throw InputError(file + ": empty; expected a report (JSON) or a snapshot");
  if (bytes[first] == '{') {
    auto report = parse_report_json(bytes, file);
    const auto digest = digest_state(bytes);
    if (digest == DigestState::wrong)
      throw InputError(
          file + ": damaged or changed: its content is not what its \"digest\" says (whoever changes a report takes that out)");
    if (digest == DigestState::missing)
      std::cerr << printable(file) << ": has no digest, so damage to it would not be noticed.\n";
    report.source.name = file;
    return report;
  }
  return examine_plainly({"snapshot", file, std::make_unique<MemoryRoot>(read_snapshot(bytes, file))}, wake);
}

/// Against a report about one device, every other device of the host would look lost.
void require_comparable(const Report& before, const Report& after) {
  if (is_about_guest(before) != is_about_guest(after))
    throw InputError("diff: one report is about a host, the other about a guest");
  if (before.selection.empty() != after.selection.empty())
    throw InputError("diff: " + (before.selection.empty() ? after : before).source.name +
                     " is about chosen devices (--device, --domain), the other about the whole host");
}

int exit_code_for(Direction direction) {
  if (direction == Direction::worse) return 1;
  return direction == Direction::undetermined ? 3 : 0;
}

}  // namespace

int run_diff_command(const DiffOptions& options) {
  if (options.compared.size() != 2) throw InputError("diff: name two files, the earlier and the later one");
  keep_from_harm(options.output);
  const auto wake = options.machine.wake ? Wake::yes : Wake::no;
  const auto before = read_side(options.compared[0], wake), after = read_side(options.compared[1], wake);
  require_comparable(before, after);
  const auto comparison = compare_reports(before, after);
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    return format == "json" ? render_diff_json(comparison) : render_diff_text(comparison, text_style_for(options.output, file));
  });
  return exit_code_for(comparison.direction);
}

}  // namespace vfio_doctor
