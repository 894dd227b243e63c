// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guard/guard_hook.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <optional>

#include "base/input_error.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "facts/domain/other_forms.hpp"
#include "runner/guard/guard_policy.hpp"

namespace vfio_doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char verdict_mark = '\n';  ///< ends each reason; a process that died in between has not written its last line
constexpr std::size_t most_answer = 64 << 10;
[[maybe_unused]] constexpr rlim_t most_memory = 1ULL << 30;

void say(const std::string& line) { std::cerr << "vfio-doctor guard: " << printable(line) << "\n"; }

/// Reads until the end, the limit or the deadline. Nothing where it did not come to an end in time.
std::optional<std::string> read_all(int descriptor, std::size_t limit, Clock::time_point deadline) {
  std::string bytes;
  char buffer[65536];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd one{descriptor, POLLIN, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    const auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (bytes.size() > limit) return std::nullopt;
  }
}

void write_all(int descriptor, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto count = ::write(descriptor, bytes.data() + at, bytes.size() - at);
    if (count <= 0) return;
    at += static_cast<std::size_t>(count);
  }
}

Domain libvirt_domain(Clock::time_point deadline) {
  const auto text = read_all(STDIN_FILENO, largest_domain_xml, deadline);
  if (!text) throw InputError("no XML of at most 4 MiB came on standard input in time");
  return parse_domain_xml(*text, "standard input");
}

/// Proxmox gives a hookscript the number of the guest and no more.
Domain proxmox_domain(const std::string& number, const Root& root) {
  const auto file = "/etc/pve/qemu-server/" + number + ".conf";
  const auto text = root.read(file, largest_domain_xml);
  if (!text.has_value()) throw InputError(file + ": " + text.why());
  return parse_domain(*text, file, root);
}

bool is_proxmox_start(const std::vector<std::string>& words) {
  const auto number = words.size() == 2 ? parse_unsigned(words[0]) : std::nullopt;
  return number && *number > 0 && *number <= 999999999 && words[1] == "pre-start";
}

/// In the process of its own: "r" and the reasons, one a line; "e" and what went wrong; then an empty line.
std::string answer(const std::string& name, bool proxmox, const SourceOptions& options, Clock::time_point deadline) {
  try {
    const auto source = open_source(options);
    auto domain = proxmox ? proxmox_domain(name, *source.root) : libvirt_domain(deadline);
    resolve_paths(domain, *source.root);
    domain.name = name;  // what libvirt or Proxmox calls it, whatever the text says
    if (domain.hostdevs.empty()) return "\n";
    const auto policy = read_guard_policy(*source.root);
    const auto host = gather_host(*source.root, Wake::no, ReadImage::no);
    DomainSurroundings around;
    around.running = gather_running_domains(*source.root);
    std::string lines;
    for (const auto& reason : reasons_to_refuse(host, domain, around, policy))
      lines += "r" + printable(reason).substr(0, 1000) + "\n";
    return lines + "\n";
  } catch (const std::exception& problem) {
    return "e" + printable(problem.what()).substr(0, 1000) + "\n\n";
  }
}

/// Ends the process and waits for it; ours alone, by its number.
void end_process(pid_t process) {
  ::kill(process, SIGKILL);
  while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// What the process of its own had to say; nothing where it did not come to an end in time.
std::optional<std::string> ask(const std::string& name, bool proxmox, const SourceOptions& options,
                               Clock::time_point deadline) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  const pid_t process = ::fork();
  if (process < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return std::nullopt;
  }
  if (process == 0) {
    ::close(ends[0]);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
#ifndef __SANITIZE_ADDRESS__  // whose shadow memory is larger
    const rlimit memory{most_memory, most_memory};
    ::setrlimit(RLIMIT_AS, &memory);
#endif
    write_all(ends[1], answer(name, proxmox, options, deadline));
    ::_exit(0);  // no destructors: what threads still do does not matter any more
  }
  ::close(ends[1]);
  auto text = read_all(ends[0], most_answer, deadline);
  ::close(ends[0]);
  end_process(process);
  if (!text || !(text->ends_with("\n\n") || *text == "\n")) return std::nullopt;
  return text;
}

}  // namespace

int run_guard_hook(const std::vector<std::string>& words, const SourceOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto started = Clock::now();
  const bool proxmox = is_proxmox_start(words);
  if (!proxmox && (words.size() < 3 || words[1] != "prepare" || words[2] != "begin")) return 0;
  GuardPolicy policy;
  try {
    policy = read_guard_policy(*open_source(options).root);
  } catch (const std::exception& problem) {
    say(problem.what());
  }
  for (const auto& complaint : policy.complaints) say(complaint);
  const auto text = ask(words[0], proxmox, options, started + std::chrono::milliseconds(policy.deadline_milliseconds));
  const std::string consequence =
      policy.refuse_on_error ? "the start is refused (on-error refuse)" : "the start goes on unjudged";
  if (!text) {
    say("no answer within " + std::to_string(policy.deadline_milliseconds) + " ms; " + consequence);
    return policy.refuse_on_error ? 1 : 0;
  }
  bool refused = false;
  std::size_t at = 0;
  for (auto end = text->find(verdict_mark, at); end != text->npos; at = end + 1, end = text->find(verdict_mark, at)) {
    const auto line = text->substr(at, end - at);
    if (line.starts_with("e")) {
      say(line.substr(1) + "; " + consequence);
      return policy.refuse_on_error ? 1 : 0;
    }
    if (!line.starts_with("r")) continue;
    say("the start of '" + words[0].substr(0, 255) + "' is refused: " + line.substr(1));
    refused = true;
  }
  if (refused)
    say(std::string("to let it start all the same, write 'allow ") + words[0].substr(0, 255) + " ADDRESS' into " +
        guard_policy_file);
  return refused ? 1 : 0;
}

}  // namespace vfio_doctor
