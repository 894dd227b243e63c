// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/diff.hpp"

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "reports/json_objects.hpp"
#include "reports/sentences.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view arrow = " -> ";

Paint paint_of(Direction direction) {
  switch (direction) {
    case Direction::worse:
      return Paint::red;
    case Direction::better:
      return Paint::green;
    case Direction::undetermined:
      return Paint::magenta;
    case Direction::neutral:
      return Paint::bold;
  }
  return Paint::bold;
}

std::string joined(const std::vector<std::string>& parts) { return join(parts, ", "); }

std::string value_words(const ValueChange& change) {
  return change.what + ": " + change.before.value_or("none") + std::string(arrow) + change.after.value_or("none");
}

std::string headline(const Comparison& comparison) {
  switch (comparison.direction) {
    case Direction::worse:
      return "Something got worse.";
    case Direction::undetermined:
      return "Something can no longer be told.";
    case Direction::better:
      return "Something got better, nothing got worse.";
    case Direction::neutral:
      return comparison.is_empty() ? "No difference." : "There are differences, but no verdict got better or worse.";
  }
  return {};
}

void section(TextPage& page, std::string_view title) {
  page.blank_line();
  page.painted_line(title, Paint::bold);
}

void show_host(TextPage& page, const Comparison& comparison) {
  if (comparison.host.empty()) return;
  section(page, "Host");
  for (const auto& change : comparison.host) page.painted_line(value_words(change), paint_of(change.direction), 2);
}

std::string device_words(const DeviceChange& change) {
  const auto name = change.name.empty() ? "" : " " + change.name;
  if (!change.before) return *change.after + name + ": new";
  if (!change.after) return *change.before + name + ": no longer there";
  if (*change.before == *change.after) return *change.after + name;
  return *change.before + std::string(arrow) + *change.after + name + ": the same device at another address";
}

void show_devices(TextPage& page, const Comparison& comparison) {
  if (!comparison.devices.empty() || !comparison.twins.empty()) section(page, "Devices");
  auto devices = comparison.devices;
  std::ranges::stable_partition(devices, [](const DeviceChange& change) { return change.direction == Direction::worse; });
  for (const auto& change : devices) {
    page.paragraph(device_words(change), 2, 2);
    for (const auto& value : change.values) {
      const bool one_sided = !change.before || !change.after;
      const auto words =
          one_sided ? value.what + ": " + value.before.value_or(value.after.value_or("none")) : value_words(value);
      page.painted_line(words, value.what == "verdict" ? paint_of(change.direction) : Paint::dim, 4);
    }
  }
  for (const auto& twins : comparison.twins)
    page.paragraph(twins.name + ": identical devices that cannot be told apart, before at " + joined(twins.before) +
                       ", now at " + joined(twins.after) +
                       (twins.direction == Direction::worse    ? "; fewer of them can be given to a guest"
                        : twins.direction == Direction::better ? "; more of them can be given to a guest"
                                                               : ""),
                   2, 2);
}

std::string group_words(const GroupChange& change) {
  if (!change.after) return "group " + std::to_string(*change.before) + " is gone; it held " + joined(change.left);
  if (!change.before) return "group " + std::to_string(*change.after) + " is new: " + joined(change.joined);
  std::string words = "group " + std::to_string(*change.before);
  if (change.before != change.after) words += std::string(arrow) + std::to_string(*change.after);
  if (!change.joined.empty()) words += "; joined: " + joined(change.joined);
  if (!change.left.empty()) words += "; left: " + joined(change.left);
  if (change.type) words += "; " + value_words(*change.type);
  return words;
}

void show_groups(TextPage& page, const Comparison& comparison) {
  if (comparison.groups.empty() && comparison.renumbered_groups == 0) return;
  section(page, "IOMMU groups");
  for (const auto& change : comparison.groups) page.paragraph(group_words(change), 2, 2);
  if (comparison.renumbered_groups > 0)
    page.paragraph(counted(comparison.renumbered_groups, "group has", "groups have") +
                       " another number and the same members; that means nothing.",
                   2, 2);
}

void show_findings(TextPage& page, const Comparison& comparison) {
  if (comparison.findings.empty()) return;
  section(page, "Findings");
  for (const auto& change : comparison.findings) {
    const auto word = [](const std::optional<Status>& status) { return status ? std::string(to_text(*status)) : "none"; };
    const auto subject = subject_words(change.subject);
    page.paragraph(change.title + " (" + change.id + (subject.empty() ? "" : ", " + subject) + "): " + word(change.before) +
                       std::string(arrow) + word(change.after),
                   2, 2);
    page.paragraph(change.summary, 4);
  }
}

void write_source(JsonWriter& json, std::string_view name, const Report::Source& source) {
  json.name(name);
  json.open_object();
  json.member("kind", source.kind);
  json.member("name", source.name);
  json.close_object();
}

void write(JsonWriter& json, const ValueChange& change) {
  json.open_object();
  json.member("what", change.what);
  json.member("before", change.before);
  json.member("after", change.after);
  json.close_object();
}

void write(JsonWriter& json, const DeviceChange& change);
void write(JsonWriter& json, const Twins& twins);
void write(JsonWriter& json, const GroupChange& change);
void write(JsonWriter& json, const FindingChange& change);

template <class List>
void write_list(JsonWriter& json, std::string_view name, const List& list) {
  write_list(json, name, list, [](JsonWriter& to, const auto& one) { write(to, one); });
}

void write(JsonWriter& json, const DeviceChange& change) {
  json.open_object();
  json.member("before", change.before);
  json.member("after", change.after);
  json.member("name", change.name);
  json.member("direction", to_text(change.direction));
  write_list(json, "values", change.values);
  json.close_object();
}

void write(JsonWriter& json, const Twins& twins) {
  json.open_object();
  json.member("name", twins.name);
  json.member("before", twins.before);
  json.member("after", twins.after);
  json.member("direction", to_text(twins.direction));
  json.close_object();
}

void write(JsonWriter& json, const GroupChange& change) {
  json.open_object();
  json.member("before", change.before);
  json.member("after", change.after);
  json.member("joined", change.joined);
  json.member("left", change.left);
  json.name("type");
  if (change.type)
    write(json, *change.type);
  else
    json.null();
  json.close_object();
}

void write_status(JsonWriter& json, std::string_view name, const std::optional<Status>& status) {
  json.name(name);
  if (status)
    json.value(to_text(*status));
  else
    json.null();
}

void write(JsonWriter& json, const FindingChange& change) {
  json.open_object();
  json.member("id", change.id);
  json.member("subject", change.subject);
  json.member("title", change.title);
  write_status(json, "before", change.before);
  write_status(json, "after", change.after);
  json.member("summary", change.summary);
  json.close_object();
}

}  // namespace

std::string_view to_text(Direction direction) {
  switch (direction) {
    case Direction::worse:
      return "worse";
    case Direction::better:
      return "better";
    case Direction::undetermined:
      return "undetermined";
    case Direction::neutral:
      return "neutral";
  }
  return "neutral";
}

std::string render_diff_text(const Comparison& comparison, const TextStyle& style) {
  TextPage page(style);
  page.painted_line(headline(comparison), paint_of(comparison.direction));
  page.paragraph("Before: " + comparison.before.name + ". Now: " + comparison.after.name + ".");
  show_host(page, comparison);
  show_devices(page, comparison);
  show_groups(page, comparison);
  show_findings(page, comparison);
  if (comparison.same_devices > 0) {
    page.blank_line();
    page.line(counted(comparison.same_devices, "device is", "devices are") + " as before.");
  }
  return page.take();
}

std::string render_diff_json(const Comparison& comparison) {
  JsonWriter json;
  json.open_object();
  json.member("schema", "vfio-doctor/diff/1");
  write_tool(json, "vfio-doctor", comparison.tool_version);
  write_source(json, "before", comparison.before);
  write_source(json, "after", comparison.after);
  json.member("direction", to_text(comparison.direction));
  write_list(json, "host", comparison.host);
  write_list(json, "devices", comparison.devices);
  write_list(json, "twins", comparison.twins);
  write_list(json, "groups", comparison.groups);
  json.member("renumbered_groups", static_cast<unsigned>(comparison.renumbered_groups));
  write_list(json, "findings", comparison.findings);
  json.member("same_devices", static_cast<unsigned>(comparison.same_devices));
  json.close_object();
  return json.take();
}

}  // namespace vfio_doctor
