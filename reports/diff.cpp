// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/diff.hpp"

#include <algorithm>

#include "reports/json_objects.hpp"
#include "reports/outline.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view arrow = " -> ";

Paint paint_of(Direction direction) {
  switch (direction) {
    case Direction::worse: return Paint::red;
    case Direction::better: return Paint::green;
    case Direction::undetermined: return Paint::magenta;
    case Direction::neutral: return Paint::bold;
  }
  return Paint::bold;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string value_words(const ValueChange& change) {
  return change.what + ": " + change.before.value_or("none") + std::string(arrow) + change.after.value_or("none");
}

std::string headline(const Comparison& comparison) {
  switch (comparison.direction) {
    case Direction::worse: return "Something got worse.";
    case Direction::undetermined: return "Something can no longer be told.";
    case Direction::better: return "Something got better, nothing got worse.";
    case Direction::neutral: return comparison.is_empty() ? "No difference." : "There are differences, but no verdict got better or worse.";
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
      const auto words = one_sided ? value.what + ": " + value.before.value_or(value.after.value_or("none")) : value_words(value);
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
                       " another number and the same members; that means nothing.", 2, 2);
}

void show_findings(TextPage& page, const Comparison& comparison) {
  if (comparison.findings.empty()) return;
  section(page, "Findings");
  for (const auto& change : comparison.findings) {
    const auto word = [](const std::optional<Status>& status) { return status ? std::string(to_text(*status)) : "none"; };
    const auto subject = subject_words(change.subject);
    page.paragraph(change.title + " (" + change.id + (subject.empty() ? "" : ", " + subject) + "): " + word(change.before) +
                       std::string(arrow) + word(change.after), 2, 2);
    page.paragraph(change.summary, 4);
  }
}

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }
Json source_of(const Report::Source& source) { return Json{{"kind", source.kind}, {"name", source.name}}; }
Json number_or_null(const std::optional<unsigned>& number) { return number ? Json(*number) : Json(nullptr); }
Json status_or_null(const std::optional<Status>& status) { return status ? Json(to_text(*status)) : Json(nullptr); }

Json value_object(const ValueChange& change) {
  return Json{{"what", change.what}, {"before", text_or_null(change.before)}, {"after", text_or_null(change.after)}};
}

template <class List, class Function>
Json list_of(const List& list, Function object) {
  Json array = Json::array();
  for (const auto& one : list) array.push_back(object(one));
  return array;
}

Json group_object(const GroupChange& change) {
  return Json{{"before", number_or_null(change.before)},
              {"after", number_or_null(change.after)},
              {"joined", change.joined},
              {"left", change.left},
              {"type", change.type ? value_object(*change.type) : Json(nullptr)}};
}

}  // namespace

std::string_view to_text(Direction direction) {
  switch (direction) {
    case Direction::worse: return "worse";
    case Direction::better: return "better";
    case Direction::undetermined: return "undetermined";
    case Direction::neutral: return "neutral";
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
  const Json document{
      {"schema", "vfio-doctor/diff/1"},
      {"tool", {{"name", "vfio-doctor"}, {"version", comparison.tool_version}}},
      {"before", source_of(comparison.before)},
      {"after", source_of(comparison.after)},
      {"direction", to_text(comparison.direction)},
      {"host", list_of(comparison.host, value_object)},
      {"devices", list_of(comparison.devices,
                          [](const DeviceChange& change) {
                            return Json{{"before", text_or_null(change.before)},
                                        {"after", text_or_null(change.after)},
                                        {"name", change.name},
                                        {"direction", to_text(change.direction)},
                                        {"values", list_of(change.values, value_object)}};
                          })},
      {"twins", list_of(comparison.twins,
                        [](const Twins& twins) {
                          return Json{{"name", twins.name},
                                      {"before", twins.before},
                                      {"after", twins.after},
                                      {"direction", to_text(twins.direction)}};
                        })},
      {"groups", list_of(comparison.groups, group_object)},
      {"renumbered_groups", comparison.renumbered_groups},
      {"findings", list_of(comparison.findings,
                           [](const FindingChange& change) {
                             return Json{{"id", change.id},
                                         {"subject", change.subject},
                                         {"title", change.title},
                                         {"before", status_or_null(change.before)},
                                         {"after", status_or_null(change.after)},
                                         {"summary", change.summary}};
                           })},
      {"same_devices", comparison.same_devices}};
  return document_text(document);
}

}  // namespace vfio_doctor
