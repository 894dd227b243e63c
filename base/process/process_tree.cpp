// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process/process_tree.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace vfio_doctor {

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  std::error_code gone;
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  for (std::filesystem::directory_iterator task(tasks, gone), end; !gone && task != end; task.increment(gone)) {
    std::ifstream list(task->path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

std::size_t count_descendants(pid_t process, std::size_t most) {
  auto found = children_of(process);
  for (std::size_t i = 0; i < found.size() && found.size() <= most; ++i)
    for (const pid_t child : children_of(found[i])) found.push_back(child);  // insert() makes GCC 14 see an overflow at -O2
  return found.size();
}

void end_children_except(const std::set<pid_t>& kept) {
  using namespace std::chrono_literals;
  const auto last = std::chrono::steady_clock::now() + 1s;
  for (bool any = true; any && std::chrono::steady_clock::now() < last;) {
    any = false;
    for (const pid_t child : children_of(::getpid())) {
      if (kept.contains(child)) continue;
      any = true;
      ::kill(child, SIGKILL);
      int status = 0;
      ::waitpid(child, &status, WNOHANG);
    }
    if (any) std::this_thread::sleep_for(1ms);
  }
}

}  // namespace vfio_doctor
