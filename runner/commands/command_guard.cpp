// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>
#include <iostream>
#include <system_error>

#include "base/input_error.hpp"
#include "base/printable.hpp"
#include "runner/commands/commands.hpp"
#include "runner/guard/guard_hook.hpp"
#include "runner/guard/guard_install.hpp"
#include "runner/guard/guard_watch.hpp"

namespace vfio_doctor {
namespace {

std::string own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw InputError("/proc/self/exe: " + error.message());
  return path.string();
}

/// 1: the next boot ends passthrough, 3: that could not be seen.
int watch(const MachineOptions& machine) {
  const auto source = open_source(machine.source);
  const auto watched = watch_next_boot(gather_host(*source.root), *source.root);
  for (const auto& reason : watched.breaks) std::cout << printable("Passthrough breaks at the next reboot: " + reason) << "\n";
  for (const auto& what : watched.unknown) std::cout << printable("Not known of the next reboot: " + what) << "\n";
  if (!watched.breaks.empty()) return 1;
  if (!watched.unknown.empty()) return 3;
  std::cout << "Nothing that passthrough rests on is lost at the next reboot.\n";
  return 0;
}

}  // namespace

int run_guard_command(const GuardOptions& options) {
  const auto& words = options.words;
  if (words.size() > 1) return run_guard_hook(words, options.machine.source);  // a domain may be called "install"
  const auto word = words.empty() ? std::string() : words.front();
  if (word == "status") {
    const auto status = guard_status(options.root);
    std::cout << printable(status.sentence) << "\n";
    return status.installed ? 0 : 1;
  }
  if (word == "watch") return watch(options.machine);
  if (word != "install" && word != "uninstall")
    throw InputError(
        "guard wants install, uninstall, status, watch, or what a hook gets: NAME OPERATION SUBOP EXTRA from libvirt, VMID "
        "PHASE "
        "from Proxmox VE");
  std::cout << printable(word == "install" ? install_guard(options.root, own_program()) : uninstall_guard(options.root))
            << "\n";
  return 0;
}

}  // namespace vfio_doctor
