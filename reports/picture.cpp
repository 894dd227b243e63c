// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/picture.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "base/printable.hpp"
#include "base/short_name.hpp"
#include "base/text.hpp"
#include "reports/machine_rows.hpp"
#include "reports/markup.hpp"
#include "reports/sentences.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t fold_above = 200, most_rows = 240;

// All lengths are in the picture's own units, pixels at its natural size.
constexpr std::size_t margin = 12, group_column = 96, verdict_column = 132, address_column = 104;

struct Layout {
  std::string_view id;  ///< what the ids of this picture begin with
  std::size_t width, legend_height, row_height, box_height;
  std::size_t indent, deepest;  ///< how far, and how many levels, are indented
  bool two_lines;               ///< the name and the group stand below address and verdict
};

constexpr Layout wide_layout{"pic", 820, 62, 34, 26, 20, 8, false};
/// As wide as a phone.
constexpr Layout narrow_layout{"pin", 366, 106, 52, 44, 10, 4, true};

struct Sign {
  DeviceVerdict verdict;
  std::string_view id, word, shape;
};

// Each verdict has a shape of its own, so that nothing depends on colour.
constexpr std::array<Sign, 6> signs{{
    {DeviceVerdict::assignable, "assignable", "assignable",
     "<circle class=\"pic-good\" cx=\"8\" cy=\"8\" r=\"7\"/><path class=\"pic-mark\" d=\"M4.5 8.5l2.5 2.5 "
     "4.5-5.5\"/>"},
    {DeviceVerdict::with_companions, "companions", "with-companions",
     "<circle class=\"pic-good\" cx=\"5.5\" cy=\"8\" r=\"4.5\"/><circle class=\"pic-good pic-edge\" "
     "cx=\"11\" cy=\"8\" "
     "r=\"4.5\"/>"},
    {DeviceVerdict::protected_by_host, "protected", "protected",
     "<path class=\"pic-keep\" d=\"M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3z\"/>"},
    {DeviceVerdict::blocked, "blocked", "blocked",
     "<path class=\"pic-bad\" d=\"M5 1h6l4 4v6l-4 4H5l-4-4V5z\"/><path class=\"pic-mark\" d=\"M5 5l6 6M11 "
     "5l-6 6\"/>"},
    {DeviceVerdict::undetermined, "undetermined", "undetermined",
     "<path class=\"pic-odd\" d=\"M8 0l8 8-8 8-8-8z\"/><path class=\"pic-mark\" d=\"M6 6.2c0-3 4-3 4 0 0 "
     "1.6-2 1.4-2 "
     "3M8 11v1.2\"/>"},
    {DeviceVerdict::unsuitable, "unsuitable", "unsuitable",
     "<rect class=\"pic-dull\" x=\"2\" y=\"6\" width=\"12\" height=\"4\" rx=\"1\"/>"},
}};

const Sign& sign_of(DeviceVerdict verdict) {
  return *std::find_if(signs.begin(), signs.end() - 1, [&](const Sign& sign) { return sign.verdict == verdict; });
}

// Plain rules without variables: converters such as librsvg know no more.
constexpr std::string_view style = R"(<style>
.pic-paper{fill:#fff}.pic-ink{fill:#1c2128}.pic-soft{fill:#57606a}
.pic-box{fill:#fff;stroke:#8c959f}.pic-box-protected{stroke:#8a5a00;stroke-width:2.5}
.pic-box-blocked{stroke:#b3261e;stroke-width:2.5;stroke-dasharray:6 3}
.pic-line{fill:none;stroke:#8c959f;stroke-width:1.5}
.pic-good{fill:#1a7f37}.pic-keep{fill:#8a5a00}.pic-bad{fill:#b3261e}.pic-odd{fill:#8250df}.pic-dull{fill:#6e7781}
.pic-mark{fill:none;stroke:#fff;stroke-width:1.8}.pic-edge{stroke:#fff;stroke-width:1}
.pic text{font:13px system-ui,sans-serif}.pic .pic-address{font-family:ui-monospace,monospace;font-size:12px}
.pic .pic-strong{font-weight:600}
@media screen and (prefers-color-scheme:dark){
.pic-paper{fill:#0d1117}.pic-ink{fill:#e6edf3}.pic-soft{fill:#9da7b3}.pic-box{fill:#161b22;stroke:#6e7681}
.pic-box-protected{stroke:#d29922}.pic-box-blocked{stroke:#ff7b72}
.pic-good{fill:#3fb950}.pic-keep{fill:#d29922}.pic-bad{fill:#ff7b72}.pic-odd{fill:#bc8cff}.pic-dull{fill:#8b949e}
.pic-mark,.pic-edge{stroke:#0d1117}}
</style>
)";

std::string text_at(std::size_t x, std::size_t y, std::string_view classes, std::string_view text,
                    std::string_view anchor = "start") {
  return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" class=\"" + std::string(classes) + "\"" +
         (anchor == "start" ? "" : " text-anchor=\"" + std::string(anchor) + "\"") + ">" + markup_text(text) + "</text>";
}

std::string rectangle(std::size_t x, std::size_t y, std::size_t w, std::size_t h, const std::string& attributes) {
  return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" + std::to_string(w) + "\" height=\"" +
         std::to_string(h) + "\" rx=\"6\" " + attributes + "/>";
}

/// A colour for each group, in the order they are met: neighbours in the picture differ.
class GroupColors {
 public:
  std::string of(unsigned group) {
    static constexpr std::array<std::string_view, 8> colors{"#2f81f7", "#db6d28", "#2da44e", "#bf3989",
                                                            "#1b9aaa", "#8250df", "#b08800", "#cf5f5f"};
    return std::string(colors[places_.try_emplace(group, places_.size()).first->second % colors.size()]);
  }

 private:
  std::map<unsigned, std::size_t> places_;
};

/// The group that all functions of a row are in.
std::optional<unsigned> group_of(const MachineRow& row) {
  if (row.devices.empty()) return std::nullopt;
  const auto group = row.devices.front()->iommu_group;
  const bool same = std::all_of(row.devices.begin(), row.devices.end(),
                                [&](const DeviceReport* device) { return device->iommu_group == group; });
  return same ? group : std::nullopt;
}

std::string group_words(const MachineRow& row) {
  if (const auto group = group_of(row)) return "group " + std::to_string(*group);
  std::set<std::optional<unsigned>> groups;
  for (const DeviceReport* device : row.devices) groups.insert(device->iommu_group);
  return groups.size() == 1 ? "no group" : std::to_string(groups.size()) + " groups";
}

std::string name_of(const DeviceReport& device) {
  if (!device.name.empty()) return device.name;
  return device.class_name.empty() ? "name not known" : device.class_name;
}

std::string row_name(const MachineRow& row) {
  const DeviceReport& first = *row.devices.front();
  if (row.devices.size() == 1) return name_of(first);
  const bool same_name = std::all_of(row.devices.begin(), row.devices.end(),
                                     [&](const DeviceReport* device) { return device->name == first.name; });
  const std::string what = same_name || first.class_name.empty() ? name_of(first) : first.class_name;
  return std::to_string(row.devices.size()) + " functions up to " + row.devices.back()->address.text() + ": " + what;
}

/// What a pointer that rests on the row is told.
std::string tool_tip(const DeviceReport& device) {
  std::string tip = device.address.text() + " " + name_of(device) + "\n" + std::string(to_text(device.verdict));
  if (device.driver) tip += ", driver " + *device.driver;
  for (const Sentence& reason : device.reasons) tip += "\n" + reason.text;
  return tip;
}

class Picture {
 public:
  Picture(const Report& report, const Layout& layout)
      : layout_(layout), machine_(machine_rows(report, fold_above, most_rows)) {}

  std::string take() {
    const std::size_t height = top_of(machine_.rows.size()) + (machine_.left_out > 0 ? layout_.row_height : 0) + margin;
    const std::string size = std::to_string(layout_.width) + " " + std::to_string(height);
    const std::string id(layout_.id);
    svg_ =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pic\" role=\"img\" "
        "aria-labelledby=\"" +
        id + "-title " + id + "-description\" viewBox=\"0 0 " + size + "\" width=\"" + std::to_string(layout_.width) +
        "\" height=\"" + std::to_string(height) + "\">\n" + "<title id=\"" + id +
        "-title\">The PCI functions of this machine and their IOMMU groups</title>\n"
        "<desc id=\"" +
        id +
        "-description\">One row for each function, indented below its bridge. Areas of one "
        "colour "
        "are one IOMMU group.</desc>\n";
    svg_ += style;
    svg_ += "<rect class=\"pic-paper\" width=\"100%\" height=\"100%\"/>\n";
    legend();
    areas();
    for (std::size_t i = 0; i < machine_.rows.size(); ++i) row(i);
    if (machine_.left_out > 0)
      svg_ += text_at(margin + 8, top_of(machine_.rows.size()) + 22, "pic-soft",
                      "Not drawn: " + counted(machine_.left_out, "more function.", "more functions.")) +
              "\n";
    return svg_ + "</svg>\n";
  }

 private:
  std::size_t left_of(const MachineRow& row) const {
    return margin + 8 + std::min(row.depth, layout_.deepest) * layout_.indent;
  }
  std::size_t top_of(std::size_t index) const { return layout_.legend_height + index * layout_.row_height; }

  void legend() {
    svg_ += "<defs>";
    for (const Sign& sign : signs)
      svg_ += "<symbol id=\"" + std::string(layout_.id) + "-" + std::string(sign.id) + "\" viewBox=\"0 0 16 16\">" +
              std::string(sign.shape) + "</symbol>";
    svg_ += "</defs>\n<g>";
    std::size_t x = margin + 8, y = 12;
    for (const Sign& sign : signs) {
      const std::size_t needed = 46 + sign.word.size() * 7;
      if (x + needed > layout_.width + 16) x = margin + 8, y += 22;
      svg_ += sign_at(x, y, sign) + text_at(x + 22, y + 13, "pic-ink", sign.word);
      x += needed;
    }
    svg_ += text_at(margin + 8, y + 36, "pic-soft",
                    layout_.two_lines ? "A coloured area is one IOMMU group."
                                      : "A coloured area is one IOMMU group: its functions go together.");
    svg_ += "</g>\n";
  }

  /// One area behind each run of rows in one group.
  void areas() {
    const auto& rows = machine_.rows;
    GroupColors colors;
    for (std::size_t first = 0, end = 0; first < rows.size(); first = end) {
      const auto group = group_of(rows[first]);
      std::size_t left = left_of(rows[first]);
      for (end = first + 1; end < rows.size() && group && group_of(rows[end]) == group; ++end)
        left = std::min(left, left_of(rows[end]));
      if (!group) continue;
      const std::string color = colors.of(*group);
      svg_ += rectangle(left - 5, top_of(first) + 1, layout_.width - margin - left + 5, (end - first) * layout_.row_height - 2,
                        "fill=\"" + color + "\" fill-opacity=\".22\" stroke=\"" + color + "\" stroke-opacity=\".8\"") +
              "\n";
    }
  }

  void row(std::size_t index) {
    const MachineRow& row = machine_.rows[index];
    const std::size_t x = left_of(row), y = top_of(index), base = y + 22;
    connect(row, index);
    if (row.devices.empty()) {
      svg_ += text_at(x, base, "pic-ink pic-strong", row.label) + "\n";
      return;
    }
    const DeviceReport& device = *row.devices.front();
    const Sign& sign = sign_of(device.verdict);
    const std::size_t right = layout_.width - margin - (layout_.two_lines ? 6 : group_column);
    svg_ += "<g><title>" + markup_lines(tool_tip(device)) + "</title>";
    svg_ += rectangle(x, y + 4, right - x, layout_.box_height,
                      "class=\"pic-box pic-box-" + std::string(to_text(device.verdict)) + "\"");
    svg_ += sign_at(x + 7, y + 9, sign);
    svg_ += text_at(x + 30, base, "pic-ink pic-address", device.address.text());
    if (layout_.two_lines) {
      second_line(row, x, right, y + 41);
      svg_ += text_at(right - 8, base, "pic-ink pic-strong", sign.word, "end") + "</g>\n";
      return;
    }
    const std::size_t name_x = x + 30 + std::max(address_column, device.address.text().size() * 8);
    const std::size_t letters = (right - verdict_column - name_x) / 7;
    svg_ += text_at(name_x, base, "pic-ink", short_name(printable(row_name(row)), letters));
    svg_ += text_at(right - 8, base, "pic-ink pic-strong", sign.word, "end");
    svg_ += text_at(layout_.width - margin - 8, base, "pic-ink", group_words(row), "end");
    svg_ += "</g>\n";
  }

  void second_line(const MachineRow& row, std::size_t x, std::size_t right, std::size_t base) {
    const std::string group = group_words(row);
    // Capitals and digits are wider than the usual letter: a name must not run into its group.
    const std::size_t letters = (right - x - 32 - group.size() * 8) * 2 / 15;
    svg_ += text_at(x + 8, base, "pic-ink", short_name(printable(row_name(row)), letters));
    svg_ += text_at(right - 8, base, "pic-ink", group, "end");
  }

  /// An elbow from the bridge above.
  void connect(const MachineRow& row, std::size_t index) {
    if (!row.parent || row.depth > layout_.deepest) return;
    const std::size_t x = left_of(machine_.rows[*row.parent]) + 8;
    svg_ += "<path class=\"pic-line\" d=\"M" + std::to_string(x) + " " +
            std::to_string(top_of(*row.parent) + layout_.box_height + 4) + "V" + std::to_string(top_of(index) + 17) + "H" +
            std::to_string(left_of(row)) + "\"/>";
  }

  std::string sign_at(std::size_t x, std::size_t y, const Sign& sign) const {
    return "<use href=\"#" + std::string(layout_.id) + "-" + std::string(sign.id) + "\" x=\"" + std::to_string(x) + "\" y=\"" +
           std::to_string(y) + "\" width=\"16\" height=\"16\"/>";
  }

  const Layout& layout_;
  const MachineRows machine_;
  std::string svg_;
};

}  // namespace

std::string machine_picture(const Report& report) { return Picture(report, wide_layout).take(); }

std::string narrow_machine_picture(const Report& report) { return Picture(report, narrow_layout).take(); }

}  // namespace vfio_doctor
