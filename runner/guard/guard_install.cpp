// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guard/guard_install.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "base/text.hpp"
#include "base/write_file.hpp"

namespace vfio_doctor {
namespace {

constexpr const char* hook_file = "/etc/libvirt/hooks/qemu.d/50-vfio-doctor-guard";
constexpr const char* marker = "# Made by 'vfio-doctor guard install'; 'vfio-doctor guard uninstall' takes it away.\n";
const std::vector<std::string> directories = {"/etc", "/etc/libvirt", "/etc/libvirt/hooks", "/etc/libvirt/hooks/qemu.d"};

[[noreturn]] void fail(const std::string& path) { throw InputError(path + ": " + std::strerror(errno)); }

enum class Is { nothing, ours, foreign };

Is what_is(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Is::nothing;
    fail(path);
  }
  if (!S_ISREG(status.st_mode)) return Is::foreign;
  return read_input_file(path, 64 << 10).find(marker) != std::string::npos ? Is::ours : Is::foreign;
}

/// Only exit code 1 stops a start: a program that was taken away, or that the system cannot run, bricks nothing.
std::string script(const std::string& program, const std::string& made) {
  return std::string("#!/bin/sh\n") + marker + made + "[ -x '" + program + "' ] || exit 0\n'" + program +
         "' guard -- \"$@\"\n[ $? -eq 1 ] && exit 1\nexit 0\n";
}

void require_plain(const std::string& program) {
  if (!program.starts_with("/") || program.find_first_of("'\\\n") != std::string::npos)
    throw InputError("'" + program.substr(0, 200) + "' cannot be written into a hook: it is no plain absolute path");
}

}  // namespace

std::string install_guard(const std::string& root_directory, const std::string& program) {
  require_plain(program);
  const auto path = root_directory + hook_file;
  const auto found = what_is(path);
  if (found == Is::foreign) throw InputError(path + ": is there and not ours; it was left as it is");
  if (found == Is::ours) return path + " is there already.";
  std::string made;
  for (const auto& directory : directories) {
    const auto whole = root_directory + directory;
    if (::mkdir(whole.c_str(), 0755) == 0)
      made += "# made: " + directory + "\n";
    else if (errno != EEXIST)
      fail(whole);
  }
  write_file(path, script(program, made));
  if (::chmod(path.c_str(), 0755) != 0) fail(path);
  return path + " is in place. libvirt looks for hooks when it starts: restart virtqemud or libvirtd (guests go on running).";
}

std::string uninstall_guard(const std::string& root_directory) {
  const auto path = root_directory + hook_file;
  const auto found = what_is(path);
  if (found == Is::nothing) return "There is no " + path + ".";
  if (found == Is::foreign) throw InputError(path + ": is not ours; it was left as it is");
  const auto text = read_input_file(path, 64 << 10);
  if (::unlink(path.c_str()) != 0) fail(path);
  for (auto directory = directories.rbegin(); directory != directories.rend(); ++directory)
    if (text.find("# made: " + *directory + "\n") != std::string::npos) ::rmdir((root_directory + *directory).c_str());
  return path + " is gone.";
}

GuardStatus guard_status(const std::string& root_directory) {
  const auto path = root_directory + hook_file;
  switch (what_is(path)) {
    case Is::nothing:
      return {false, "Not installed: there is no " + path + "."};
    case Is::foreign:
      return {false, "Not installed: " + path + " is something else."};
    case Is::ours:
      break;
  }
  if (::access(path.c_str(), X_OK) != 0) return {false, "Not effective: " + path + " is not executable."};
  const auto text = read_input_file(path, 64 << 10);
  const auto start = text.find("[ -x '"), end = text.find("' ] ||");
  if (start != text.npos && end != text.npos) {
    const auto program = text.substr(start + 6, end - start - 6);
    if (::access(program.c_str(), X_OK) != 0) return {false, "Not effective: " + program + ", which it calls, is not there."};
  }
  return {true, "Installed: " + path + "."};
}

}  // namespace vfio_doctor
