// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/brief.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/short_name.hpp"
#include "base/text.hpp"
#include "reports/device_stories.hpp"
#include "reports/next_step.hpp"
#include "reports/paint.hpp"
#include "reports/sentences.hpp"
#include "reports/text_problems.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_lines = 24, problem_lines = 9, least_name = 6;

class Brief {
 public:
  Brief(const Report& report, const TextStyle& style) : report_(report), outline_(outline(report)), page_(style) {}

  std::string take() {
    for (const std::string& line : limited(verdict_sentence(report_), 2)) add(page_.painted(line, paint_of(report_.verdict)));
    for (const std::string& sentence : {device_count_sentence(report_), host_sentence(report_)})
      for (const std::string& line : limited(sentence, 2)) add(line);
    problems();
    devices();
    end();
    return page_.take();
  }

 private:
  void add(const std::string& line) {
    page_.finished_line(line);
    ++used_;
  }

  /// `text` in at most `most` lines; cut where it has more.
  std::vector<std::string> limited(const std::string& text, std::size_t most) const {
    auto lines = wrap(printable(excerpt(text, 4 * page_.columns(), Verbosity::normal)), page_.columns(), page_.columns() - 2);
    for (std::size_t i = 1; i < lines.size(); ++i) lines[i].insert(0, "  ");
    if (lines.size() <= most) return lines;
    lines.resize(most);
    lines.back() = cut_to(lines.back() + " ...", page_.columns());
    if (!lines.back().ends_with("..."))
      lines.back() = cut_to(lines.back() + std::string(page_.columns(), '.'), page_.columns());
    return lines;
  }

  void problems() {
    std::size_t left = 0, here = 0;
    for (const CheckFindings& check : outline_.problems)
      for (const SameFindings& same : check.same) {
        const Finding& first = same.first();
        const std::string label = status_word(first.status);
        const std::string more = same.findings.size() > 1 ? " (and " + std::to_string(same.findings.size() - 1) + " more)" : "";
        auto lines = limited(label + " " + first.id + more + ": " + finding_sentence(first), 2);
        if (left > 0 || here + lines.size() > problem_lines) {
          left += same.findings.size();
          continue;
        }
        here += lines.size();
        lines.front().replace(0, label.size(), page_.painted(label, paint_of(first.status)));
        for (const std::string& line : lines) add(line);
      }
    if (left > 0) add("And " + counted(left, "more problem", "more problems") + ", less grave.");
  }

  void devices() {
    constexpr std::size_t kept_for_the_end = 4;
    if (used_ + kept_for_the_end + 1 >= most_lines) return;
    const std::size_t room = most_lines - kept_for_the_end - used_ - 1;
    std::vector<const DeviceReport*> left_out;
    const auto stories = gravest_stories(device_stories(outline_.devices, outline_.common_reasons, 2), room, left_out);
    for (const DeviceStory& story : stories) {
      const DeviceReport& device = story.first();
      const std::size_t more = story.size() - 1;
      const std::string before =
          padded(device.address.text(), 12) + "  " + padded(std::string(to_text(device.verdict)), 15) + "  ";
      const std::string after = more > 0 ? " (and " + std::to_string(more) + " more)" : "";
      const std::string name = printable(device.name.empty() ? device.class_name : device.name);
      const std::size_t taken = text_width(before) + after.size();
      if (taken + least_name <= page_.columns())
        add(before + short_name(name, page_.columns() - taken) + after);
      else  // a few letters are no name
        add(cut_to(before + (more > 0 ? "+" + std::to_string(more) : name), page_.columns()));
    }
    if (!left_out.empty()) add(cut_to(left_out_words(left_out) + ".", page_.columns()));
  }

  void end() {
    const std::string count = problem_count_sentence(outline_), all = count + " All of it: " + program_for(report_) + " --all";
    add(cut_to(text_width(printable(all)) <= page_.columns() ? all : count + " All of it: --all", page_.columns()));
    const NextStep step = next_step(report_, outline_);
    if (step.command.empty()) return;
    const std::string command = printable(step.command);
    const bool is_short = text_width(command) + 6 <= page_.columns() && step.command.find('\n') == std::string::npos;
    if (!is_short) return add(cut_to("What to type next: --all ends with it.", page_.columns()));  // half a command is none
    add(cut_to(printable(step.words), page_.columns()));
    add("      " + page_.painted(command, Paint::cyan));
  }

  const Report& report_;
  const Outline outline_;
  TextPage page_;
  std::size_t used_ = 0;
};

}  // namespace

std::string render_brief(const Report& report, const TextStyle& style) { return Brief(report, style).take(); }

}  // namespace vfio_doctor
