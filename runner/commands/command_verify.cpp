// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "base/printable.hpp"
#include "base/progress.hpp"
#include "base/version.hpp"
#include "machine/root.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/json.hpp"
#include "reports/mask_report.hpp"
#include "reports/report_of.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"
#include "runner/commands/report_digest.hpp"
#include "runner/guest/ask_places.hpp"
#include "runner/guest/find_domain.hpp"
#include "runner/guest/lifecycle.hpp"
#include "runner/guest/make_manifest.hpp"
#include "runner/guest/verify.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t largest_agent = 16 << 20;

/// The agent lies beside this program, or beside its directory in a build tree.
std::string agent_bytes() {
  std::array<char, 4096> path{};
  const auto length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length <= 0) throw InputError("vfio-guest-agent: cannot tell where this program lies");
  const auto directory = parent_path(std::string(path.data(), static_cast<std::size_t>(length)));
  for (const auto& place : {directory + "/vfio-guest-agent", parent_path(directory) + "/guest-agent/vfio-guest-agent"})
    if (::access(place.c_str(), R_OK) == 0) return read_input_file(place, largest_agent);
  throw InputError("vfio-guest-agent is not in " + directory + ", where it is installed beside vfio-doctor");
}

Manifest manifest_file(const std::string& path) { return parse_manifest(read_input_file(path, Manifest::most_bytes), path); }

Report judge_evidence(const VerifyOptions& options) {
  if (options.manifest.empty()) throw InputError("--evidence needs --manifest: what should the guest see?");
  if (!options.selection.domain.empty()) throw InputError("use either a domain or --evidence");
  if (options.exercise || options.cycles > 0) throw InputError("--exercise and --cycle need a guest that runs");
  keep_from_harm(options.output);
  const auto manifest = manifest_file(options.manifest);
  std::vector<EvidenceFile> files;
  for (const auto& path : options.evidence)
    files.push_back({path == "-" ? "standard input" : path, read_input_file(path, EvidenceFile::most_bytes)});
  return verify_evidence(manifest, files);
}

/// What is asked of which guest, and how it is reached.
struct Question {
  const VerifyOptions& options;
  const Source& source;
  Manifest manifest;
  std::string agent, text;  ///< the agent's bytes, the manifest's
  std::string ssh;          ///< "user@guest"; empty: through the QEMU guest agent

  AgentOrder order() const { return {std::chrono::seconds(options.wait_seconds), options.exercise}; }
  AgentAnswer ask() const {
    return ssh.empty() ? run_agent_through_qga(options.selection.domain, agent, text, order())
                       : run_agent_through_ssh(ssh, agent, text, order());
  }
  Observed<std::string> boot() const {
    return ssh.empty() ? boot_id_through_qga(options.selection.domain) : boot_id_through_ssh(ssh);
  }

  /// The guest's word, and the host's beside it.
  Report report_of(const AgentAnswer& answer) const {
    return with_host(report_of_answer(manifest, answer, options.selection.domain));
  }
  Report with_host(Report report) const {
    const auto host = gather_host(*source.root, Wake::no, ReadImage::no);
    add_host_side(manifest, host, examine_plainly(source, host), report);
    return report;
  }
};

/// The domain as it runs; what its XML does not place, QEMU does.
Manifest manifest_of_running(const std::string& name, const Root& root) {
  const auto domain = find_domain(name, root);
  auto manifest = manifest_of(root, domain);
  ask_places(name, domain, manifest);
  return manifest;
}

Question question_of(const VerifyOptions& options, const Source& source) {
  const std::string ssh = "ssh:";
  if (options.via != "qga" && !options.via.starts_with(ssh)) throw InputError("--via is qga or ssh:TARGET");
  if (!source.root->is_live()) throw InputError("verify asks a running guest: it cannot use --root, --from or --sample");
  require_domain_name(options.selection.domain);
  auto manifest =
      options.manifest.empty() ? manifest_of_running(options.selection.domain, *source.root) : manifest_file(options.manifest);
  auto text = write_manifest(manifest);
  return {options,       source,          std::move(manifest),
          agent_bytes(), std::move(text), options.via == "qga" ? "" : options.via.substr(ssh.size())};
}

void say(const std::string& text) { std::cerr << "vfio-doctor: " << printable(text) << "\n"; }

/// Its agent says each single act, but on the guest's side: here is what they can be.
void announce_exercise(const VerifyOptions& options) {
  if (options.exercise)
    say("In the guest of " + options.selection.domain +
        " the agent reads a block of each expected disk, brings up expected interfaces that are down "
        "and takes them down again, and asks expected display drivers, USB devices and sound codecs who they are. It writes to "
        "no disk.");
}

Report take_through_cycles(const Question& question) {
  Lifecycle lifecycle;
  lifecycle.domain = question.options.selection.domain;
  lifecycle.rounds = question.options.cycles;
  lifecycle.proof_time = guest_time + question.order().time();
  lifecycle.boot = [&] { return question.boot(); };
  lifecycle.prove = [&] { return question.report_of(question.ask()); };
  lifecycle.host_log = [&] { return question.source.root->kernel_log(); };
  lifecycle.say = say;
  for (const auto& device : question.manifest.devices)
    if (device.host_address) lifecycle.host_names.push_back(device.host_address->text());
  return run_lifecycle(lifecycle);
}

Report ask_guest(const VerifyOptions& options) {
  if (options.selection.domain.empty())
    throw InputError("name the domain whose guest is to be asked, or give --manifest and --evidence");
  const auto source = open_source(options.machine.source);
  std::optional<Progress> progress(std::in_place, "Asking the guest of " + options.selection.domain);
  const auto question = question_of(options, source);
  if (options.cycles > 0 || options.exercise) progress.reset();  // what is said now stays on the screen
  announce_exercise(options);
  if (options.cycles > 0) return take_through_cycles(question);
  std::optional<AgentAnswer> answer;
  std::optional<GuestView> windows;
  try {
    answer = question.ask();
  } catch (const WindowsGuest&) {
    windows = windows_devices_through_qga(options.selection.domain);
  }
  keep_from_harm(options.output);  // before the guest's word is parsed
  if (answer) return question.report_of(*answer);
  return question.with_host(
      guest_report(judge_guest(question.manifest, *windows), *windows, "guest", options.selection.domain));
}

}  // namespace

int run_verify_command(const VerifyOptions& options) {
  auto report = options.evidence.empty() ? ask_guest(options) : judge_evidence(options);
  report.tool = {"vfio-doctor", program_version};
  report.generated_at = time_of_report();
  mask_secrets(report);
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    return format == "json" ? render_json_with_digest(report) : render_guest_text(report, text_style_for(options.output, file));
  });
  return exit_code(report.verdict);
}

}  // namespace vfio_doctor
