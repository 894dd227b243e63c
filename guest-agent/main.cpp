// SPDX-License-Identifier: GPL-2.0-or-later
#include <time.h>  // clock_gettime, nanosleep
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <memory>

#include "base/clock.hpp"
#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "base/printable.hpp"
#include "base/terminal.hpp"
#include "base/version.hpp"
#include "exercises.hpp"
#include "inventory.hpp"
#include "machine/directory_root.hpp"
#include "machine/kernel_ring_buffer.hpp"
#include "options.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/json.hpp"

namespace vfio_doctor {
namespace {

constexpr int wrong_usage = 2;
constexpr unsigned poll_milliseconds = 500;
/// What cannot be seen rarely becomes visible by waiting: give it this long without a change.
constexpr double patience_seconds = 5;

double seconds_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw InputError("standard output: cannot write");
}

TextStyle terminal_style(const AgentOptions& options) {
  TextStyle style;
  style.verbosity = options.verbose ? Verbosity::verbose : Verbosity::normal;
  style.color = use_color(ColorChoice::automatic) ? Color::on : Color::off;
  if (::isatty(STDOUT_FILENO) == 1) style.columns = terminal_columns();
  return style;
}

/// Only those that a serial could tell from their twins.
GuestView look_at(const Root& root, const Manifest& manifest) {
  auto view = gather_guest(root);
  read_serials(root, view, [&manifest](const GuestFunction& function) {
    for (const auto& device : manifest.devices)
      if (device.id.serial.has_value() && function.id.has_ids() && ids_text(function.id) == ids_text(device.id)) return true;
    return false;
  });
  return view;
}

/// One look at the guest. Neither copied nor moved: the judgement points into it.
struct Look {
  GuestView view;
  GuestJudgement judgement;
  Report report;

  Look(const Root& root, const Manifest& manifest, const std::string& name, const std::vector<DoneAct>& done = {})
      : view(with_exercises(look_at(root, manifest), done)), judgement(judge_guest(manifest, view)) {
    report = guest_report(judgement, view, "guest", name.empty() ? view.name : name);
  }
  Look(const Look&) = delete;
  Look& operator=(const Look&) = delete;

 private:
  static GuestView with_exercises(GuestView seen, const std::vector<DoneAct>& done) {
    add_exercises(done, seen);
    return seen;
  }
};

/// A line on the terminal that tells that the program lives; nothing where stderr is no terminal.
class Progress {
 public:
  Progress() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Look& look, double waited, unsigned limit) {
    if (!is_terminal_) return;
    std::string line;
    for (const auto& ladder : look.judgement.devices)
      if (const auto failed = ladder.failed()) {
        line = " " + ladder.expected->label.substr(0, 30) + " is not yet at " + std::string(to_text(*failed));
        break;
      }
    std::fprintf(stderr, "\r\x1b[KWaiting, %.0f of %u s:%s", waited, limit, printable(line).c_str());
    std::fflush(stderr);
    shown_ = true;
  }
  void clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
  }

 private:
  bool is_terminal_, shown_ = false;
};

void sleep_a_little() {
  const timespec pause{0, poll_milliseconds * 1'000'000L};
  ::nanosleep(&pause, nullptr);
}

std::unique_ptr<Look> wait_for_devices(const Root& root, const Manifest& manifest, const AgentOptions& options) {
  const auto name = options.root.value_or("");
  auto look = std::make_unique<Look>(root, manifest, name);
  Progress progress;
  const double start = seconds_now();
  double unchanged_since = start;
  for (;;) {
    const double waited = seconds_now() - start;
    if (look->report.verdict == Verdict::ready || waited >= options.wait_seconds) return look;
    if (look->report.verdict == Verdict::undetermined && seconds_now() - unchanged_since > patience_seconds) return look;
    progress.show(*look, waited, options.wait_seconds);
    sleep_a_little();
    auto next = std::make_unique<Look>(root, manifest, name);
    if (next->report.verdict != look->report.verdict) unchanged_since = seconds_now();
    look = std::move(next);
  }
}

/// Says what it will do, does it, and looks again: interrupts that came and what the kernel then wrote count as well.
std::unique_ptr<Look> exercise(const Root& root, const Manifest& manifest, const AgentOptions& options,
                               const std::vector<PlannedAct>& acts) {
  std::fputs(announcement(acts).c_str(), stderr);
  std::fflush(stderr);
  const auto done = do_exercises(acts, {options.root.value_or(""), !options.root});
  return std::make_unique<Look>(root, manifest, options.root.value_or(""), done);
}

int verify(const Root& root, const AgentOptions& options) {
  const auto text = read_input_file(options.manifest, Manifest::most_bytes);
  const auto manifest = parse_manifest(text, options.manifest == "-" ? "standard input" : options.manifest);
  auto look = wait_for_devices(root, manifest, options);
  if (options.exercise != Exercise::no) {
    const auto acts = plan_exercises(root, look->judgement);
    if (options.exercise == Exercise::announce) {
      print(announcement(acts));
      return 0;
    }
    look = exercise(root, manifest, options, acts);
  }
  look->report.tool = {"vfio-guest-agent", program_version};
  look->report.generated_at = time_of_report();
  print(options.format == AgentFormat::json ? render_json(look->report)
                                            : render_guest_text(look->report, terminal_style(options)));
  return exit_code(look->report.verdict);
}

int inventory(const Root& root, const AgentOptions& options) {
  auto view = gather_guest(root);
  if (!view.functions.has_value() && (!view.loose_usb.has_value() || view.loose_usb->empty()))
    throw InputError("no devices can be listed: " + view.functions.why());
  const IdsFile pci(root, IdsFile::Which::pci), usb(root, IdsFile::Which::usb);
  name_functions(pci, view);
  find_modules(root, view);
  print(options.format == AgentFormat::json ? inventory_json(view, pci, usb) : inventory_text(view, pci, usb));
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  const auto options = parse_agent_options(arguments);
  if (options.task == AgentTask::help || options.task == AgentTask::version) {
    print(options.task == AgentTask::help ? std::string(agent_usage)
                                          : std::string("vfio-guest-agent ") + program_version + "\n");
    return 0;
  }
  const auto root =
      options.root ? std::make_unique<DirectoryRoot>(*options.root) : std::make_unique<DirectoryRoot>(read_kernel_ring_buffer);
  return options.task == AgentTask::inventory ? inventory(*root, options) : verify(*root, options);
}

}  // namespace
}  // namespace vfio_doctor

int main(int argc, char** argv) {
  try {
    return vfio_doctor::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vfio-guest-agent: %s\n", vfio_doctor::printable(error.what()).c_str());
    return vfio_doctor::wrong_usage;
  }
}
