// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <array>

#include "base/clock.hpp"
#include "base/input_error.hpp"
#include "base/input_file.hpp"
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
#include "runner/guest/find_domain.hpp"
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

Manifest manifest_file(const std::string& path) {
  return parse_manifest(read_input_file(path, Manifest::most_bytes), path);
}

Report judge_evidence(const VerifyOptions& options) {
  if (options.manifest.empty()) throw InputError("--evidence needs --manifest: what should the guest see?");
  if (!options.selection.domain.empty()) throw InputError("use either a domain or --evidence");
  keep_from_harm(options.output);
  const auto manifest = manifest_file(options.manifest);
  std::vector<EvidenceFile> files;
  for (const auto& path : options.evidence)
    files.push_back({path == "-" ? "standard input" : path, read_input_file(path, EvidenceFile::most_bytes)});
  return verify_evidence(manifest, files);
}

Report ask_guest(const VerifyOptions& options) {
  if (options.selection.domain.empty()) throw InputError("name the domain whose guest is to be asked, or give --manifest and --evidence");
  const std::string ssh = "ssh:";
  if (options.via != "qga" && !options.via.starts_with(ssh)) throw InputError("--via is qga or ssh:TARGET");
  const auto source = open_source(options.machine.source);
  if (!source.root->is_live()) throw InputError("verify asks a running guest: it cannot use --root, --from or --sample");
  require_domain_name(options.selection.domain);
  Progress progress("Asking the guest of " + options.selection.domain);
  const auto manifest = options.manifest.empty() ? manifest_of(*source.root, find_domain(options.selection.domain, *source.root))
                                                 : manifest_file(options.manifest);
  const auto text = write_manifest(manifest);
  const std::chrono::seconds wait(options.wait_seconds);
  const auto answer = options.via == "qga"
                          ? run_agent_through_qga(options.selection.domain, agent_bytes(), text, wait)
                          : run_agent_through_ssh(options.via.substr(ssh.size()), agent_bytes(), text, wait);
  keep_from_harm(options.output);  // before the guest's word is parsed
  auto report = report_of_answer(manifest, answer, options.selection.domain);
  const auto host = gather_host(*source.root, Wake::no);
  add_host_side(manifest, host, examine_plainly(source, host), report);
  return report;
}

}  // namespace

int run_verify_command(const VerifyOptions& options) {
  auto report = options.evidence.empty() ? ask_guest(options) : judge_evidence(options);
  report.tool = {"vfio-doctor", program_version};
  report.generated_at = time_of_report();
  mask_secrets(report);
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    return format == "json" ? with_digest(render_json(report)) : render_guest_text(report, text_style_for(options.output, file));
  });
  return exit_code(report.verdict);
}

}  // namespace vfio_doctor
