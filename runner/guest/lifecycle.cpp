// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/lifecycle.hpp"

#include <algorithm>
#include <set>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "reports/guest/guest_report.hpp"
#include "runner/guest/interruption.hpp"

namespace vfio_doctor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr milliseconds poll_interval{1000};

std::string first_line(const std::string& text) {
  return std::string(trim(text.substr(0, std::min<std::size_t>(text.find('\n'), 300))));
}

/// The part of libvirt's answer to `virsh dominfo` behind "Persistent:".
std::string member(const std::string& text, std::string_view key) {
  for (const auto line : split_lines(text))
    if (line.starts_with(key)) return std::string(trim(line.substr(key.size())));
  return {};
}

/// One guest on its way. What fails of the guest is an answer (`trouble`); only the user's own trouble throws.
class Journey {
 public:
  explicit Journey(const Lifecycle& of)
      : of_(of),
        end_(of.clock.now() + of.rounds * (shutdown_time + start_time + 3 * (boot_time + of.proof_time)) + boot_time +
             of.proof_time) {}

  Report go() {
    require_safe();
    of_.say(announcement(of_));
    if (!step(0, CycleStep::arrive)) return finish();
    for (unsigned round = 1; round <= of_.rounds; ++round)
      for (const auto next : {CycleStep::start, CycleStep::reboot, CycleStep::reset})
        if (!step(round, next)) return finish();
    return finish();
  }

 private:
  using Moment = ChannelClock::Moment;

  [[noreturn]] void refuse(const std::string& what) const { throw InputError("domain '" + of_.domain + "': " + what); }

  [[noreturn]] void give_up() const {
    refuse("interrupted " + at_ + "; " +
           (was_shut_down_ ? "the guest was told to shut down; once it is off: virsh start " + of_.domain
                           : "the guest was left running"));
  }

  ProcessResult virsh(const std::vector<std::string>& words, seconds time) const {
    ProcessRequest request;
    request.program = "virsh";
    request.arguments = {"--quiet"};
    request.arguments.insert(request.arguments.end(), words.begin(), words.end());
    request.arguments.insert(request.arguments.end(), {"--domain", of_.domain});
    request.deadline = time;
    request.stop_when = &Interruption::flag();
    request.keep_environment = {"LIBVIRT_DEFAULT_URI", "XDG_RUNTIME_DIR"};
    auto result = of_.run(request);
    if (result.end == ProcessResult::End::not_started) refuse("virsh cannot be started: " + result.problem);
    if (Interruption::flag()) give_up();
    return result;
  }

  /// Empty where libvirt did it; else why not.
  std::string order(const std::string& word, seconds time = seconds(60)) const {
    const auto result = virsh({word}, time);
    if (result.end == ProcessResult::End::too_slow)
      return "virsh " + word + " did not end within " + std::to_string(time.count()) + " s";
    if (result.end != ProcessResult::End::exited) return "virsh " + word + " did not end as it should";
    if (result.exit_code != 0) return "virsh " + word + " fails: " + first_line(result.errors);
    return {};
  }

  std::string state() const {
    const auto result = virsh({"domstate"}, seconds(20));
    return result.end == ProcessResult::End::exited && result.exit_code == 0 ? first_line(result.output) : std::string();
  }

  /// A transient domain is gone for good when it shuts down.
  void require_safe() {
    const Interruption interruption;
    const auto about = virsh({"dominfo"}, seconds(20));
    if (about.end != ProcessResult::End::exited || about.exit_code != 0)
      refuse("libvirt does not tell about it: " + first_line(about.errors));
    if (member(about.output, "Persistent:") != "yes")
      refuse("it is not persistent: after a shutdown it could not be started again, so it is taken through nothing");
    if (const auto now = member(about.output, "State:"); now != "running")
      refuse("it is not running: " + (now.empty() ? "no state" : now));
  }

  /// Waits until `reached`, at most that long and never beyond the end of all.
  template <class Condition>
  bool wait_for(seconds time, Condition reached) const {
    const auto end = std::min(of_.clock.now() + time, end_);
    for (;;) {
      if (Interruption::flag()) give_up();
      if (reached()) return true;
      if (of_.clock.now() + poll_interval >= end) return false;
      of_.clock.sleep(poll_interval);
    }
  }

  std::string shut_down_and_start() {
    was_shut_down_ = true;  // from here on an interruption may find it either way
    if (auto trouble = order("shutdown"); !trouble.empty()) return trouble;
    if (!wait_for(shutdown_time, [this] { return state() == "shut off"; }))
      return "the guest did not shut down within " + std::to_string(shutdown_time.count()) + " s; libvirt calls it \"" +
             state() + "\"";
    if (auto trouble = order("start", start_time); !trouble.empty()) return trouble + "; the guest is shut off";
    was_shut_down_ = false;
    return {};
  }

  /// The guest's side of a step. Empty where it has started anew and answers.
  std::string restart(CycleStep next) {
    const Interruption interruption;
    std::string trouble;
    if (next == CycleStep::start) trouble = shut_down_and_start();
    if (next == CycleStep::reboot || next == CycleStep::reset) trouble = order(std::string(to_text(next)));
    if (!trouble.empty()) return trouble;
    Observed<std::string> now;
    const bool answers = wait_for(boot_time, [this, &now] {
      now = of_.boot();
      return now.has_value() && now.value() != boot_;
    });
    if (!answers)
      return "the guest did not come back within " + std::to_string(boot_time.count()) +
             " s: " + (now.has_value() ? "it has not started anew" : now.why()) + "; libvirt calls it \"" + state() + "\"";
    boot_ = now.value();
    return {};
  }

  void prove(CycleOutcome& outcome) {
    try {
      proof_ = of_.prove();
      is_proven_ = true;
    } catch (const InputError& error) {
      if (Interruption::flag()) give_up();
      outcome.trouble = error.what();
      return;
    }
    outcome.proof = proof_.verdict == Verdict::ready       ? Status::pass
                    : proof_.verdict == Verdict::not_ready ? Status::fail
                                                           : Status::unknown;
    const auto wanted = outcome.proof;
    for (const auto& finding : proof_.findings)
      if (finding.status == wanted && wanted != Status::pass) outcome.failing.push_back(finding.summary);
  }

  /// Lines that were not there before and name one of the devices.
  std::vector<std::string> new_host_lines() {
    const auto log = of_.host_log();
    std::vector<std::string> found;
    if (!log.has_value()) return found;
    for (const auto line : split_lines(log.value())) {
      const bool names_one =
          std::ranges::any_of(of_.host_names, [line](const std::string& name) { return line.find(name) != line.npos; });
      if (names_one && known_lines_.insert(std::string(line)).second) found.emplace_back(line);
    }
    return found;
  }

  bool step(unsigned round, CycleStep next) {
    CycleOutcome outcome;
    outcome.domain = of_.domain;
    outcome.round = round;
    outcome.rounds = of_.rounds;
    outcome.step = next;
    at_ = next == CycleStep::arrive ? "before the first round"
                                    : "in round " + std::to_string(round) + ", " + std::string(to_text(next));
    if (next == CycleStep::arrive) new_host_lines();
    outcome.trouble = restart(next);
    if (outcome.trouble.empty()) prove(outcome);
    // Without any proof there is no report to write this into.
    if (!is_proven_) refuse(outcome.trouble);
    if (next != CycleStep::arrive) outcome.host_lines = new_host_lines();
    findings_.push_back(judge_cycle(outcome));
    of_.say(findings_.back().summary);
    return findings_.back().status != Status::fail;
  }

  Report finish() {
    proof_.findings.insert(proof_.findings.end(), findings_.begin(), findings_.end());
    proof_.verdict = guest_verdict(proof_.findings);
    return std::move(proof_);
  }

  const Lifecycle& of_;
  Moment end_;
  std::string at_, boot_;
  bool was_shut_down_ = false, is_proven_ = false;
  Report proof_;
  std::vector<Finding> findings_;
  std::set<std::string> known_lines_;
};

}  // namespace

std::string announcement(const Lifecycle& lifecycle) {
  const auto all = lifecycle.rounds * (shutdown_time + start_time + 3 * (boot_time + lifecycle.proof_time));
  return "The guest of " + lifecycle.domain + " is taken " +
         (lifecycle.rounds == 1 ? "once" : std::to_string(lifecycle.rounds) + " times") +
         " through shutdown, start, reboot and reset, and its devices are proven after each. What runs in it is interrupted; a "
         "reset does "
         "not let it write what it has in memory. The first failure ends it, " +
         std::to_string(std::chrono::duration_cast<std::chrono::minutes>(all).count()) + " minutes do in any case.";
}

Report run_lifecycle(const Lifecycle& lifecycle) { return Journey(lifecycle).go(); }

}  // namespace vfio_doctor
