// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace vfio_doctor::testing {

/// A plugin directory of a test's own, gone when the test is over.
class PluginDirectory {
 public:
  PluginDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "vfio-doctor-plugins-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~PluginDirectory() { std::filesystem::remove_all(path_); }
  PluginDirectory(const PluginDirectory&) = delete;
  PluginDirectory& operator=(const PluginDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ / ("vfio-doctor-check-" + name); }

  /// An executable file with this content.
  void add(const std::string& name, const std::string& content, mode_t mode = 0755) const {
    std::ofstream(file(name)) << content;
    ::chmod(file(name).c_str(), mode);
  }

  /// A shell plugin NAME with one check "NAME-check" that does `run` when it is run.
  void add_shell(const std::string& name, const std::string& run, const std::string& facts = "") const {
    add(name, "#!/bin/sh\nif [ \"$1\" = describe ]; then\ncat <<'END'\n" + description(name, facts) + "\nEND\nexit 0\nfi\n" +
                  run + "\n");
  }

  static std::string description(const std::string& name, const std::string& facts = "") {
    return R"({"protocol": 1, "name": ")" + name + R"(", "version": "1", "checks": [{"id": ")" + name +
           R"(-check", "title": "Check of )" + name + R"(", "facts": [)" + facts + "]}]}";
  }

  /// A shell command that prints a finding of add_shell()'s check; `more` are further members, starting with a comma.
  static std::string say(const std::string& name, const std::string& status, const std::string& subject = "host",
                         const std::string& more = "") {
    return "echo '{\"id\": \"" + name + "-check\", \"status\": \"" + status + "\", \"subject\": \"" + subject +
           "\", \"summary\": \"" + name + " speaks.\"" + more + "}'";
  }

 private:
  std::filesystem::path path_;
};

}  // namespace vfio_doctor::testing
