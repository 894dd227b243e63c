// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/text_table.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/short_name.hpp"
#include "base/text.hpp"
#include "reports/device_stories.hpp"
#include "reports/sentences.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t widest_driver = 20;
constexpr std::size_t narrowest_name = 20;
constexpr std::size_t companion_name = 40;
constexpr std::size_t reason_indent = 4;
constexpr std::string_view gap = "  ";

Paint paint_of(DeviceVerdict verdict) {
  switch (verdict) {
    case DeviceVerdict::assignable:
    case DeviceVerdict::with_companions:
      return Paint::green;
    case DeviceVerdict::protected_by_host:
      return Paint::yellow;
    case DeviceVerdict::blocked:
      return Paint::red;
    case DeviceVerdict::undetermined:
      return Paint::magenta;
    case DeviceVerdict::unsuitable:
      break;
  }
  return Paint::dim;
}

std::string name_of(const DeviceReport& device) {
  if (!device.name.empty()) return printable(device.name);
  if (device.id.has_ids()) return ids_text(device.id);
  return device.class_name.empty() ? "(not known)" : printable(device.class_name);
}

struct Row {
  const DeviceStory* story;
  std::string address, group, verdict, name, driver;
};

Row row_of(const DeviceStory& story) {
  const DeviceReport& device = story.first();
  const std::string times = story.alike.empty() ? "" : std::to_string(story.alike.size() + 1) + " x ";
  return {&story,
          device.address.text(),
          device.iommu_group ? std::to_string(*device.iommu_group) : "-",
          std::string(to_text(device.verdict)),
          times + name_of(device),
          printable(device.driver.value_or("-"))};
}

struct Widths {
  std::size_t address = 7, group = 5, verdict = 7, name = 6, driver = 6;
  bool on_two_lines = false;  ///< a narrow terminal: the name and the driver have a line of their own
};

Widths measure(const std::vector<Row>& rows, std::size_t columns) {
  Widths widths;
  for (const Row& row : rows) {
    widths.address = std::max(widths.address, text_width(row.address));
    widths.group = std::max(widths.group, row.group.size());
    widths.verdict = std::max(widths.verdict, row.verdict.size());
    widths.name = std::max(widths.name, text_width(row.name));
    widths.driver = std::max(widths.driver, text_width(row.driver));
  }
  const std::size_t others = widths.address + widths.group + widths.verdict + widths.driver + 4 * gap.size();
  widths.on_two_lines = widths.driver > widest_driver || others + std::min(widths.name, narrowest_name) > columns;
  widths.name = std::min(widths.name, columns > others ? columns - others : narrowest_name);
  return widths;
}

/// A name is never cut: what does not fit the column, even without the words that tell nothing, goes on below.
void print_row(TextPage& page, const Row& row, const Widths& widths) {
  const std::string before =
      padded(row.address, widths.address) + std::string(gap) + padded(row.group, widths.group) + std::string(gap);
  const Paint paint = paint_of(row.story->first().verdict);
  if (widths.on_two_lines) {
    page.finished_line(before + page.painted(row.verdict, paint));
    return page.paragraph(row.name + (row.driver == "-" ? "" : " (" + row.driver + ")"), reason_indent, 2);
  }
  const auto lines = wrap(shorter_name(row.name, widths.name), widths.name, widths.name);
  const std::string name = lines.empty() ? "" : lines.front();
  page.finished_line(before + page.painted(padded(row.verdict, widths.verdict), paint) + std::string(gap) +
                     padded(name, widths.name) + std::string(gap) + row.driver);
  const std::size_t name_column = widths.address + widths.group + widths.verdict + 3 * gap.size();
  for (std::size_t i = 1; i < lines.size(); ++i) page.finished_line(lines[i], name_column);
}

std::string limited(const std::vector<std::string>& parts, std::size_t most, std::size_t unnamed) {
  const std::size_t named = std::min(parts.size(), most);
  const std::size_t left = parts.size() - named + unnamed;
  std::string text = join(std::vector(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(named)), ", ");
  if (left > 0) text += (text.empty() ? "" : ", ") + std::to_string(left) + (named > 0 ? " more" : " functions");
  return text;
}

/// Another function of the same kind needs no name of its own.
bool is_same_thing(const DeviceReport& one, const DeviceReport& other) {
  return ids_text(one.id) == ids_text(other.id) && one.driver == other.driver;
}

/// "goes with 0000:01:00.1 NVIDIA HD Audio (snd_hda_intel); shares its group with 0000:00:1f.4". What is not of the row may be a
/// part of the chipset, which goes to no guest.
std::string company(const DeviceStory& story, const DeviceDetail& detail) {
  std::vector<std::string> parts;
  for (std::size_t i = 1; i < story.members.size(); ++i) {
    const DeviceReport& member = *story.members[i];
    const bool named = detail.remarks && !is_same_thing(member, story.first());
    parts.push_back(
        member.address.text() +
        (named ? " " + short_name(name_of(member), companion_name) + (member.driver ? " (" + *member.driver + ")" : "") : ""));
  }
  const bool go_together = story.first().verdict == DeviceVerdict::with_companions;
  const std::string together = go_together && !parts.empty() ? "goes with " + limited(parts, detail.companions, 0) : "";
  if (go_together) parts.clear();
  parts.insert(parts.end(), story.others.begin(), story.others.end());
  if (parts.empty() && story.unnamed_companions == 0) return together;
  return together + (together.empty() ? "" : "; ") + "shares its group with " +
         limited(parts, detail.companions, story.unnamed_companions);
}

std::string alike_words(const DeviceStory& story, const DeviceDetail& detail) {
  if (story.alike.empty()) return {};
  std::vector<std::string> addresses;
  for (const DeviceReport* each : story.alike) addresses.push_back(each->address.text());
  return "and alike, each in its own group: " + limited(addresses, detail.companions, 0);
}

bool can_be_given(DeviceVerdict verdict) {
  return verdict == DeviceVerdict::assignable || verdict == DeviceVerdict::with_companions;
}

void print_below(TextPage& page, const DeviceStory& story, const DeviceDetail& detail, NumberedReasons& numbers) {
  std::vector<std::string> short_parts;
  for (const std::string& part : {company(story, detail), alike_words(story, detail)})
    if (!part.empty()) short_parts.push_back(part);
  if (!detail.remarks && can_be_given(story.first().verdict)) {
    if (!short_parts.empty()) page.paragraph(join(short_parts, "; "), reason_indent, 2);
    return;
  }
  std::vector<std::string> told, references;
  const std::size_t shown = std::min(story.reasons.size(), detail.reasons);
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string& reason = story.reasons[i].text;
    const std::size_t number = numbers.number_of(reason);
    const std::string mark = "[" + std::to_string(number) + "]";
    if (number == 0)
      told.push_back(reason);
    else if (numbers.is_first(reason))
      told.push_back(mark + " " + reason);
    else
      references.push_back(mark);
  }
  if (!references.empty()) short_parts.push_back("see " + join(references, ", "));
  if (shown < story.reasons.size())
    short_parts.push_back(counted(story.reasons.size() - shown, "more remark", "more remarks") + " (--all)");
  if (!short_parts.empty()) page.paragraph(join(short_parts, "; "), reason_indent, 2);
  const Verbosity verbosity = detail.fold_from == 0 ? Verbosity::verbose : Verbosity::normal;
  for (const std::string& reason : told) page.paragraph(excerpt_of_all(reason, detail.reason, verbosity), reason_indent, 2);
}

void print_table(TextPage& page, const std::vector<DeviceStory>& stories, const DeviceDetail& detail) {
  std::vector<Row> rows;
  for (const DeviceStory& story : stories) rows.push_back(row_of(story));
  const Widths widths = measure(rows, page.columns());
  page.finished_line(page.painted(padded("ADDRESS", widths.address) + "  " + padded("GROUP", widths.group) + "  " +
                                      (widths.on_two_lines ? "VERDICT"
                                                           : padded("VERDICT", widths.verdict) + "  " +
                                                                 padded("DEVICE", widths.name) + "  DRIVER"),
                                  Paint::dim));
  NumberedReasons numbers(stories);
  for (const Row& row : rows) {
    print_row(page, row, widths);
    print_below(page, *row.story, detail, numbers);
  }
}

}  // namespace

void device_table(TextPage& page, const Outline& outline, const TextStyle& style, const DeviceDetail& detail) {
  if (outline.devices.empty() && outline.folded.empty()) return;
  const bool verbose = style.verbosity == Verbosity::verbose;
  auto devices = outline.devices;
  if (verbose) devices.insert(devices.end(), outline.folded.begin(), outline.folded.end());
  const auto common = verbose ? std::vector<Sentence>{} : outline.common_reasons;
  std::vector<const DeviceReport*> left_out;
  const auto stories = gravest_stories(device_stories(devices, common, detail.fold_from), detail.rows, left_out);
  page.blank_line();
  page.painted_line("Devices", Paint::bold);
  page.blank_line();
  for (const Sentence& reason : common) page.paragraph("All of them: " + reason.text);
  if (!common.empty()) page.blank_line();
  if (!stories.empty()) print_table(page, stories, detail);
  if (!left_out.empty()) page.paragraph(left_out_words(left_out) + " (--all shows them).");
  if (!verbose && !outline.folded.empty()) page.paragraph("Not listed: " + folded_words(outline) + " (--all lists them).");
}

}  // namespace vfio_doctor
