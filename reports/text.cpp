// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/text.hpp"

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "reports/brief.hpp"
#include "reports/next_step.hpp"
#include "reports/outline.hpp"
#include "reports/paint.hpp"
#include "reports/sentences.hpp"
#include "reports/text_layout.hpp"
#include "reports/text_problems.hpp"
#include "reports/text_table.hpp"

namespace vfio_doctor {
namespace {

// Lines at 80 columns; a narrower terminal has more of them.
constexpr std::size_t usual_lines = 70, most_lines = 120, many_functions = 1024;

// From all that is worth reading to what must be read: the first of these that fits is taken.
constexpr std::array<ProblemDetail, 10> problem_details{{{unlimited, 3, 8, 16, 12, true, 12, 1000},
                                                         {unlimited, 2, 6, 6, 10, true, 8, 1000},
                                                         {unlimited, 1, 5, 3, 8, true, 6, 600},
                                                         {unlimited, 1, 4, 1, 6, true, 3, 400},
                                                         {16, 1, 3, 0, 4, false, 0, 300},
                                                         {10, 1, 2, 0, 3, false, 0, 220},
                                                         {6, 1, 1, 0, 3, false, 0, 150},
                                                         {4, 1, 0, 0, 2, false, 0, 150},
                                                         {3, 1, 0, 0, 2, false, 0, 150},
                                                         {2, 1, 0, 0, 1, false, 0, 100}}};
constexpr std::array<DeviceDetail, 10> device_details{{{unlimited, 4, 8, true, 8, 600},
                                                       {unlimited, 2, 4, true, 6, 400},
                                                       {unlimited, 2, 2, false, 4, 300},
                                                       {24, 2, 2, false, 3, 220},
                                                       {16, 2, 1, false, 3, 220},
                                                       {10, 2, 1, false, 2, 150},
                                                       {6, 2, 1, false, 2, 150},
                                                       {5, 2, 1, false, 2, 150},
                                                       {3, 2, 1, false, 1, 150},
                                                       {2, 2, 1, false, 1, 100}}};

constexpr std::size_t whole_sentence = 400;  // columns; what a check says is shorter

std::size_t lines_of(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

std::size_t room_for(const Report& report, const TextStyle& style) {
  const std::size_t lines = report.devices.size() > many_functions ? most_lines : usual_lines;
  return style.columns < 80 ? lines * 80 / std::max(style.columns, 40U) : lines;
}

class TextReport {
 public:
  TextReport(const Report& report, const TextStyle& style) : report_(report), style_(style), outline_(outline(report)) {}

  std::string take() {
    const std::string head = summary(), tail = notes() + recap();
    if (is_verbose()) return head + problems(all_problem_details) + passed_and_devices(all_details) + tail;
    const std::size_t taken = lines_of(head) + lines_of(tail), room = room_for(report_, style_);
    return head + longest_body(room > taken ? room - taken : 0) + tail;
  }

 private:
  bool is_verbose() const { return style_.verbosity == Verbosity::verbose; }

  template <class Write>
  std::string section(Write write) const {
    TextPage page(style_);
    write(page);
    return page.take();
  }

  std::string body(const ProblemDetail& problem, const DeviceDetail& device) const {
    return problems(problem) + passed_and_devices(device);
  }

  /// Problems and devices, as much of them as `room` lines hold.
  std::string longest_body(std::size_t room) const {
    // They give way by turns.
    constexpr std::size_t last = problem_details.size() + device_details.size() - 2;
    std::size_t step = 0;
    std::string text = body(problem_details.front(), device_details.front());
    while (lines_of(text) > room && step < last) {
      ++step;
      text = body(problem_details[step / 2], device_details[(step + 1) / 2]);
    }
    if (step == 0) return text;
    // One step may have made more room than was needed: whole sentences first, then more devices.
    ProblemDetail problem = problem_details[step / 2];
    DeviceDetail device = device_details[(step + 1) / 2];
    problem.sentence = std::max(problem.sentence, whole_sentence);
    device.reason = std::max(device.reason, whole_sentence);
    if (const std::string better = body(problem, device); lines_of(better) <= room) {
      text = better;
    } else {
      problem = problem_details[step / 2];
      device = device_details[(step + 1) / 2];
    }
    for (std::size_t i = (step + 1) / 2; i-- > 0;) {
      DeviceDetail richer = device_details[i];
      richer.reason = std::max(richer.reason, device.reason);
      const std::string better = body(problem, richer);
      if (lines_of(better) > room) break;
      text = better;
    }
    return text;
  }

  std::string passed_and_devices(const DeviceDetail& detail) const {
    return passed() + section([&](TextPage& page) { device_table(page, outline_, style_, detail); });
  }

  void verdict(TextPage& page) const {
    for (const std::string& line : wrap(printable(verdict_sentence(report_)), page.columns(), page.columns()))
      page.finished_line(page.painted(line, paint_of(report_.verdict)));
  }

  std::string summary() const {
    return section([&](TextPage& page) {
      verdict(page);
      page.paragraph(device_count_sentence(report_));
      page.paragraph(host_sentence(report_));
      page.paragraph(machine_sentence(report_));
      if (report_.source.kind != "live") page.paragraph("Read from " + report_.source.kind + " " + report_.source.name + ".");
    });
  }

  std::string problems(const ProblemDetail& detail) const {
    return section([&](TextPage& page) {
      if (!outline_.problems.empty()) {
        page.blank_line();
        page.painted_line("Problems", Paint::bold);
        problem_list(page, outline_.problems, style_.verbosity, detail);
        page.blank_line();
        page.paragraph("Why a check matters: vfio-doctor explain " + outline_.problems.front().first().id);
      }
      accepted(page);
      if (outline_.elsewhere.empty()) return;
      page.blank_line();
      page.paragraph("Other devices have problems too" + std::string(is_verbose() ? ":" : " (--all shows them)."));
      if (is_verbose()) problem_list(page, outline_.elsewhere, style_.verbosity, detail);
    });
  }

  void accepted(TextPage& page) const {
    if (outline_.accepted.empty()) return;
    page.blank_line();
    page.painted_line("Accepted risks", Paint::bold);
    for (const CheckFindings& check : outline_.accepted)
      for (const Finding* finding : check.findings) {
        const Acceptance& how = *acceptance_of(report_, *finding);
        page.paragraph(status_word(*finding) + " " + finding->id + ": " + finding_sentence(*finding) + " Accepted (" +
                           how.source + "): " + how.reason,
                       2, 2);
      }
  }

  std::string passed() const {
    return section([&](TextPage& page) {
      page.blank_line();
      const auto lists = other_checks(outline_);
      const bool any = std::any_of(lists.begin(), lists.end(), [](const auto* list) { return !list->empty(); });
      page.paragraph(check_count_sentence(outline_) + (any && !is_verbose() ? " (--all shows them)." : "."));
      if (!is_verbose()) return;
      for (const auto* list : lists)
        for (const CheckFindings& check : *list)
          for (const Finding* finding : check.findings)
            page.paragraph(status_word(*finding) + " " + finding->id + ": " + finding_sentence(*finding), 2, 5);
    });
  }

  std::string notes() const {
    return section([&](TextPage& page) {
      if (report_.notes.empty()) return;
      page.blank_line();
      const std::size_t shown = is_verbose() ? report_.notes.size() : std::min<std::size_t>(report_.notes.size(), 3);
      for (std::size_t i = 0; i < shown; ++i)
        page.paragraph("Note: " + (is_verbose() ? report_.notes[i] : excerpt(report_.notes[i], 160, style_.verbosity)), 0, 6);
      if (shown < report_.notes.size())
        page.line("Note: " + counted(report_.notes.size() - shown, "more note", "more notes") + " (--all).");
    });
  }

  /// A text console cannot scroll back: the last lines say what the first ones did.
  std::string recap() const {
    return section([&](TextPage& page) {
      page.blank_line();
      verdict(page);
      page.paragraph(problem_count_sentence(outline_));
      next(page);
    });
  }

  void next(TextPage& page) const {
    const NextStep step = next_step(report_, outline_);
    if (step.command.empty()) return;
    page.paragraph(step.words);
    for (const std::string_view line : split_lines(step.command))
      page.finished_line(page.painted(printable(line), Paint::cyan), 6);
  }

  const Report& report_;
  const TextStyle style_;
  const Outline outline_;
};

}  // namespace

std::string render_text(const Report& report, const TextStyle& style) {
  return style.verbosity == Verbosity::brief ? render_brief(report, style) : TextReport(report, style).take();
}

}  // namespace vfio_doctor
