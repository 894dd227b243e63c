// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/fleet_sections.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "reports/sentences.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_examples = 5;

std::string number(std::size_t count) { return std::to_string(count); }

std::string verdict_words(Verdict verdict) {
  return verdict == Verdict::not_ready ? "not ready" : std::string(to_text(verdict));
}

/// "a, b and 7 more".
std::string names_of(const SomeHosts& some) {
  std::string text;
  const auto named = std::min(some.examples.size(), most_examples);
  for (std::size_t i = 0; i < named; ++i) text += (i == 0 ? "" : ", ") + some.examples[i];
  return some.count > named ? text + " and " + number(some.count - named) + " more" : text;
}

std::string boards_of(const FleetCause& cause) {
  auto text = join(cause.boards, ", ");
  if (cause.boards_total > cause.boards.size()) text += " and " + number(cause.boards_total - cause.boards.size()) + " more";
  return text;
}

/// Cuts the rows; `total` is how many there are in all.
FleetSection cut(FleetSection section, std::size_t most_rows, std::size_t total) {
  if (section.rows.size() > most_rows) section.rows.resize(most_rows);
  if (total > section.rows.size()) section.more = number(total - section.rows.size()) + " more are not shown here.";
  return section;
}

FleetSection causes(const FleetSummary& fleet, std::size_t most_rows) {
  FleetSection section{"What keeps hosts from being ready", {"Hosts", "Checks", "Verdict", "Hosts by name", "Boards"}, {}, ""};
  for (const auto& cause : fleet.causes)
    section.rows.push_back(
        {number(cause.hosts.count), cause.signature, verdict_words(cause.verdict), names_of(cause.hosts), boards_of(cause)});
  return cut(std::move(section), most_rows, fleet.causes_total);
}

FleetSection next_boots(const FleetSummary& fleet, std::size_t most_rows) {
  FleetSection section{"Ready now, and not after the next boot",
                       {"Hosts", "What is lost", "After the boot", "Hosts by name", "Why"},
                       {},
                       ""};
  for (const auto& next : fleet.next_boot)
    section.rows.push_back({number(next.hosts.count), next.lost.empty() ? "no argument" : join(next.lost, " "),
                            verdict_words(next.verdict), names_of(next.hosts), next.reason});
  return cut(std::move(section), most_rows, fleet.next_boot.size());
}

FleetSection outliers(const FleetSummary& fleet, std::size_t most_rows) {
  FleetSection section{"Unlike nearly all others of their board", {"Hosts", "What", "Hosts by name"}, {}, ""};
  for (const auto& one : fleet.outliers)
    section.rows.push_back({number(one.hosts.count),
                            one.board + ": " + one.what + " is " + one.value + ", on " + number(one.usual_hosts) + " of " +
                                number(one.board_hosts) + " it is " + one.usual,
                            names_of(one.hosts)});
  return cut(std::move(section), most_rows, fleet.outliers_total);
}

FleetSection devices(const FleetSummary& fleet, std::size_t most_rows) {
  FleetSection section{"Devices that can be given", {"Devices", "What", "Alone", "With companions", "Hosts"}, {}, ""};
  for (const auto& device : fleet.devices)
    section.rows.push_back({number(device.alone + device.with_companions),
                            device.id + (device.name.empty() ? "" : " " + device.name), number(device.alone),
                            number(device.with_companions), number(device.hosts)});
  return cut(std::move(section), most_rows, fleet.devices_total);
}

void add_changes(const FleetChanges& changes, std::size_t most_rows, std::vector<FleetSection>& sections) {
  FleetSection section{"Changed since " + (changes.since.empty() ? "the earlier run" : changes.since),
                       {"Host", "Now", "Before", "Checks"},
                       {},
                       ""};
  for (const auto* list : {&changes.worse, &changes.better})
    for (const auto& change : *list)
      section.rows.push_back({change.host, verdict_words(change.after), verdict_words(change.before), change.cause});
  const auto total = changes.worse_total + changes.better_total;
  if (total > 0) sections.push_back(cut(std::move(section), most_rows, total));
  FleetSection rest{"Come and gone since then", {"Hosts", "What", "Hosts by name"}, {}, ""};
  const auto add = [&rest](const SomeHosts& some, const std::string& what) {
    if (some.count > 0) rest.rows.push_back({number(some.count), what, names_of(some)});
  };
  add(changes.next_boot_worse, "would have been ready after the next boot, and would not, or may not, now");
  add(changes.fresh, "new");
  add(changes.gone, "gone: no report about them");
  if (!rest.rows.empty()) sections.push_back(std::move(rest));
}

FleetSection skipped(const FleetSummary& fleet, std::size_t most_rows) {
  FleetSection section{"Skipped", {"Report", "Why"}, {}, ""};
  for (const auto& one : fleet.skipped) section.rows.push_back({one.place, one.why});
  return cut(std::move(section), most_rows, fleet.skipped_total);
}

}  // namespace

std::string fleet_sentence(const FleetSummary& fleet) {
  return counted(fleet.hosts, "host", "hosts") + ": " + number(fleet.verdicts.ready) + " ready, " +
         number(fleet.verdicts.not_ready) + " not ready, " + number(fleet.verdicts.undetermined) + " undetermined.";
}

std::vector<std::string> fleet_remarks(const FleetSummary& fleet) {
  std::vector<std::string> remarks;
  remarks.push_back("After the next boot: " + number(fleet.next_boots.ready) + " ready, " + number(fleet.next_boots.not_ready) +
                    " not ready, " + number(fleet.next_boots.undetermined) + " not known.");
  if (fleet.skipped_total > 0)
    remarks.push_back(counted(fleet.skipped_total, "report was", "reports were") + " skipped, and not counted.");
  if (fleet.superseded > 0)
    remarks.push_back(counted(fleet.superseded, "older report", "older reports") + " about the same hosts left out.");
  if (fleet.unnamed > 0)
    remarks.push_back(counted(fleet.unnamed, "report does", "reports do") +
                      " not say which host that is (--identify): each counts as one.");
  return remarks;
}

std::vector<FleetSection> fleet_sections(const FleetSummary& fleet, std::size_t most_rows) {
  std::vector<FleetSection> sections;
  for (auto section : {causes(fleet, most_rows), next_boots(fleet, most_rows), outliers(fleet, most_rows)})
    if (!section.rows.empty()) sections.push_back(std::move(section));
  if (fleet.changes) add_changes(*fleet.changes, most_rows, sections);
  for (auto section : {devices(fleet, most_rows), skipped(fleet, most_rows)})
    if (!section.rows.empty()) sections.push_back(std::move(section));
  return sections;
}

}  // namespace vfio_doctor
