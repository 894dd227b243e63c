// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/find_domain.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "base/process/subprocess.hpp"
#include "base/text.hpp"
#include "facts/domain/command_words.hpp"
#include "facts/domain/other_forms.hpp"

namespace vfio_doctor {
namespace {

bool looks_like_file(const std::string& name) {
  return name == "-" || name.find('/') != std::string::npos || name.ends_with(".xml") || name.ends_with(".conf") ||
         name.ends_with(".yaml") || name.ends_with(".yml");
}

/// The command line of a QEMU that runs.
Domain domain_of_process(const std::string& number, const Root& root) {
  const auto pid = parse_unsigned(number);
  if (!pid || *pid == 0 || *pid > 0x7fffffff) throw InputError("'pid:" + number.substr(0, 40) + "' names no process");
  const auto file = "/proc/" + std::to_string(*pid) + "/cmdline";
  const auto text = root.read(file, largest_domain_xml);
  if (!text.has_value()) throw InputError(file + ": " + text.why());
  return parse_qemu_command_line(*text, file);
}

constexpr const char* uri_variable = "LIBVIRT_DEFAULT_URI";

Observed<std::string> ask_virsh(const std::string& name) {
  ProcessRequest request;
  request.program = "virsh";
  request.arguments = {"--readonly", "--quiet", "dumpxml", "--domain", name};
  request.most_output = largest_domain_xml;
  request.keep_environment = {uri_variable, "XDG_RUNTIME_DIR"};
  auto result = run_process(request);
  if (result.end == ProcessResult::End::not_started)
    return Observed<std::string>::unreadable(
        "virsh is not installed (package libvirt-clients on Debian and Ubuntu, libvirt-client on Fedora and openSUSE, libvirt "
        "on "
        "Arch); a file with the domain's XML does as well");
  if (result.end == ProcessResult::End::exited && result.exit_code == 0) return std::move(result.output);
  if (result.end == ProcessResult::End::exited)
    return Observed<std::string>::unreadable("libvirt says: " +
                                             std::string(trim(result.errors.substr(0, result.errors.find('\n')))));
  return Observed<std::string>::unreadable("virsh did not answer in time");
}

/// A normal user's virsh asks that user's own libvirt, in which virt-manager keeps nothing: then the system's is asked, and
/// what else is asked about this domain (the environment is passed on to virsh) goes there as well.
Observed<std::string> ask_libvirt(const std::string& name) {
  auto own = ask_virsh(name);
  if (own.has_value() || ::geteuid() == 0 || ::getenv(uri_variable)) return own;
  ::setenv(uri_variable, "qemu:///system", 1);
  auto of_system = ask_virsh(name);
  if (!of_system.has_value()) ::unsetenv(uri_variable);
  return of_system.has_value() ? of_system : own;
}

/// A name without a slash or a known ending is a domain's; a file beside this program may have been meant.
std::string file_of_that_name(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(name, ignored) ? "; the file of that name is ./" + name : std::string();
}

}  // namespace

void require_domain_name(const std::string& name) {
  const bool plain =
      std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
  if (name.empty() || name.size() > 255 || name.front() == '-' || name.find('/') != std::string::npos || !plain)
    throw InputError("'" + name.substr(0, 60) + "' is no domain name");
}

bool asks_libvirt(const std::string& name_or_file, bool live) {
  return live && !name_or_file.empty() && !looks_like_file(name_or_file);
}

Domain find_domain(const std::string& name_or_file, const Root& root, std::string* text) {
  std::string unwanted;
  auto& read = text ? *text : unwanted;
  if (looks_like_file(name_or_file)) {
    read = read_input_file(name_or_file, largest_domain_xml);
    return parse_domain(read, name_or_file, root);
  }
  if (name_or_file.starts_with("pid:")) return domain_of_process(name_or_file.substr(4), root);
  require_domain_name(name_or_file);
  auto xml = root.is_live() ? ask_libvirt(name_or_file) : Observed<std::string>::absent();
  const std::string file = "/etc/libvirt/qemu/" + name_or_file + ".xml";
  if (!xml.has_value())
    if (auto stored = root.read(file, largest_domain_xml); stored.has_value()) xml = std::move(stored);
  if (!xml.has_value() && parse_unsigned(name_or_file)) {
    const auto proxmox = "/etc/pve/qemu-server/" + name_or_file + ".conf";
    if (const auto stored = root.read(proxmox, largest_domain_xml); stored.has_value())
      return parse_domain(*stored, proxmox, root);
  }
  if (!xml.has_value())
    throw InputError("domain '" + name_or_file + "': " + (xml.is_absent() ? "there is no " + file : xml.why()) +
                     file_of_that_name(name_or_file));
  read = std::move(xml.value());
  return parse_domain_xml(read, name_or_file);
}

}  // namespace vfio_doctor
