// SPDX-License-Identifier: GPL-2.0-or-later
#include <spdlog/spdlog.h>

#include <set>

#include "base/input_error.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/output.hpp"
#include "runner/guest/find_domain.hpp"
#include "runner/guest/make_manifest.hpp"
#include "verdicts/selection.hpp"

namespace vfio_doctor {
namespace {

Manifest make(const ManifestOptions& options) {
  const bool runs_programs = asks_libvirt(options.selection.domain, options.machine.source.is_live());
  if (!runs_programs && !options.machine.source.is_live()) keep_from_harm(options.output);
  const auto source = open_source(options.machine.source);
  if (!runs_programs) keep_from_harm(options.output);
  if (!options.selection.domain.empty()) {
    if (!options.selection.selectors.empty()) throw InputError("name either --domain or devices, not both");
    const auto domain = find_domain(options.selection.domain, *source.root);
    keep_from_harm(options.output);
    auto manifest = manifest_of(*source.root, domain);  // a refusal stays one line: notes come after it
    for (const auto& note : std::set<std::string>(domain.notes.begin(), domain.notes.end())) spdlog::warn("{}", note);
    return manifest;
  }
  Host host;
  host.functions = gather_pci(*source.root, options.machine.wake ? Wake::yes : Wake::no);
  return manifest_of(*source.root, select_functions(host, *source.root, options.selection.selectors));
}

}  // namespace

int run_manifest_command(const ManifestOptions& options) {
  const auto text = write_manifest(make(options));
  write_outputs(options.output, "json", [&text](const std::string&, const std::string&) { return text; });
  return 0;
}

}  // namespace vfio_doctor
