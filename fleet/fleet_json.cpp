// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "base/json_writer.hpp"
#include "base/version.hpp"
#include "fleet/fleet_summary.hpp"
#include "reports/json_objects.hpp"

namespace vfio_doctor {
namespace {

void write_count(JsonWriter& json, std::string_view name, std::size_t count) {
  json.member(name, static_cast<unsigned>(count));
}

void write_counts(JsonWriter& json, std::string_view name, const VerdictCounts& counts) {
  json.name(name);
  json.open_object();
  write_count(json, "ready", counts.ready);
  write_count(json, "not-ready", counts.not_ready);
  write_count(json, "undetermined", counts.undetermined);
  json.close_object();
}

/// {"hosts": N, "examples": [...]}, inside an object.
void write_hosts(JsonWriter& json, const SomeHosts& some) {
  write_count(json, "hosts", some.count);
  json.member("examples", some.examples);
}

/// A list of objects, of each of which `write` writes the members.
template <class Item>
void write_objects(JsonWriter& json, std::string_view name, const std::vector<Item>& items,
                   void (*write)(JsonWriter&, const Item&)) {
  write_list(json, name, items, [write](JsonWriter& to, const Item& item) {
    to.open_object();
    write(to, item);
    to.close_object();
  });
}

void write_skipped(JsonWriter& json, const SkippedReport& skipped) {
  json.member("place", skipped.place);
  json.member("why", skipped.why);
}

void write_cause(JsonWriter& json, const FleetCause& cause) {
  json.member("signature", cause.signature);
  json.member("verdict", to_text(cause.verdict));
  write_hosts(json, cause.hosts);
  json.member("boards", cause.boards);
  write_count(json, "boards_total", cause.boards_total);
}

void write_outlier(JsonWriter& json, const FleetOutlier& outlier) {
  json.member("board", outlier.board);
  json.member("what", outlier.what);
  json.member("usual", outlier.usual);
  json.member("value", outlier.value);
  write_count(json, "board_hosts", outlier.board_hosts);
  write_count(json, "usual_hosts", outlier.usual_hosts);
  write_hosts(json, outlier.hosts);
}

void write_device(JsonWriter& json, const FleetDevice& device) {
  json.member("id", device.id);
  json.member("name", text_or_nothing(device.name));
  write_count(json, "assignable", device.alone);
  write_count(json, "with_companions", device.with_companions);
  write_count(json, "hosts", device.hosts);
}

void write_next_boot(JsonWriter& json, const FleetNextBoot& next) {
  json.member("verdict", to_text(next.verdict));
  json.member("lost", next.lost);
  json.member("reason", next.reason);
  write_hosts(json, next.hosts);
}

void write_change(JsonWriter& json, const HostChange& change) {
  json.member("host", change.host);
  json.member("before", to_text(change.before));
  json.member("after", to_text(change.after));
  json.member("cause", text_or_nothing(change.cause));
}

void write_some(JsonWriter& json, std::string_view name, const SomeHosts& some) {
  json.name(name);
  json.open_object();
  write_hosts(json, some);
  json.close_object();
}

void write_changes(JsonWriter& json, const FleetChanges& changes) {
  json.name("changes");
  json.open_object();
  json.member("since", changes.since);
  write_count(json, "worse_total", changes.worse_total);
  write_objects(json, "worse", changes.worse, write_change);
  write_count(json, "better_total", changes.better_total);
  write_objects(json, "better", changes.better, write_change);
  write_some(json, "next_boot_worse", changes.next_boot_worse);
  write_some(json, "new", changes.fresh);
  write_some(json, "gone", changes.gone);
  json.close_object();
}

void write_state(JsonWriter& json, const HostState& state) {
  json.member("host", state.host);
  if (!state.id.empty()) json.member("id", state.id);
  json.member("verdict", to_text(state.verdict));
  json.member("next_boot", to_text(state.next_boot));
}

}  // namespace

std::string render_fleet_json(const FleetSummary& fleet) {
  JsonWriter json;
  json.open_object();
  json.member("schema", "vfio-doctor/fleet/1");
  write_tool(json, "vfio-doctor", program_version);
  json.member("generated_at", time_of_report());
  write_count(json, "hosts", fleet.hosts);
  write_counts(json, "verdicts", fleet.verdicts);
  write_counts(json, "next_boot_verdicts", fleet.next_boots);
  write_count(json, "unnamed", fleet.unnamed);
  write_count(json, "superseded", fleet.superseded);
  write_count(json, "skipped_total", fleet.skipped_total);
  write_objects(json, "skipped", fleet.skipped, write_skipped);
  write_count(json, "causes_total", fleet.causes_total);
  write_objects(json, "causes", fleet.causes, write_cause);
  write_count(json, "outliers_total", fleet.outliers_total);
  write_objects(json, "outliers", fleet.outliers, write_outlier);
  write_count(json, "devices_total", fleet.devices_total);
  write_objects(json, "devices", fleet.devices, write_device);
  write_objects(json, "next_boot", fleet.next_boot, write_next_boot);
  if (fleet.changes) write_changes(json, *fleet.changes);
  write_objects(json, "states", fleet.states, write_state);
  json.close_object();
  return json.take();
}

}  // namespace vfio_doctor
