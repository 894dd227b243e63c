// SPDX-License-Identifier: GPL-2.0-or-later
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <cstdio>
#include <random>
#include <thread>

#include "base/base64.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"
#include "runner/guest/find_domain.hpp"
#include "runner/guest/guest_channel.hpp"
#include "runner/guest/interruption.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

/// virsh takes the command as one argument, which Linux limits to 128 KiB; base64 makes four bytes of three.
constexpr std::size_t chunk_bytes = 72 * 1024;
constexpr milliseconds poll_interval{200};
constexpr std::chrono::seconds helper_time{20};

constexpr const char* other_ways = " Or use --via ssh:USER@GUEST, or --evidence with what was captured in the guest.";

std::string random_name() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 4; ++i) {
    char part[16];
    std::snprintf(part, sizeof part, "%08x", random());
    name += part;
  }
  return name;
}

/// The QEMU guest agent protocol (qemu-ga reference), one command per virsh call.
class Qga {
 public:
  Qga(const std::string& domain, ProcessRunner run) : domain_(domain), run_(run) {}

  [[noreturn]] void fail(const std::string& what) const { throw InputError("domain '" + domain_ + "': " + what); }

  Json command(const std::string& name, const Json& arguments = Json::object()) const {
    ProcessRequest request;
    request.program = "virsh";
    Json message{{"execute", name}};
    if (!arguments.empty()) message["arguments"] = arguments;
    request.arguments = {"--quiet", "qemu-agent-command", "--domain", domain_, "--timeout", "15", "--cmd", message.dump()};
    request.deadline = helper_time;
    request.stop_when = &Interruption::flag();
    request.most_output = 2 * longest_agent_answer;
    request.keep_environment = {"LIBVIRT_DEFAULT_URI", "XDG_RUNTIME_DIR"};
    const auto result = run_(request);
    if (result.end == ProcessResult::End::not_started) fail("virsh cannot be started: " + result.problem);
    if (Interruption::flag()) fail("interrupted");
    if (result.end == ProcessResult::End::too_slow) fail("the guest agent did not answer in time");
    if (result.end != ProcessResult::End::exited) fail("virsh did not end as it should");
    if (result.exit_code != 0) {
      const auto said = std::string(trim(result.errors.substr(0, result.errors.find('\n'))));
      fail(name + ": " + said + what_to_do(said));
    }
    const auto answer = Json::parse(result.output, nullptr, false);
    if (!answer.is_object() || !answer.contains("return")) fail(name + ": the guest agent's answer is not valid");
    return answer["return"];
  }

  void write_file(const std::string& path, std::string_view bytes) const {
    const auto opened = command("guest-file-open", {{"path", path}, {"mode", "wb"}});
    if (!opened.is_number_integer()) fail("guest-file-open: the guest agent's answer is not valid");
    for (std::size_t at = 0; at < bytes.size(); at += chunk_bytes) {
      const auto chunk = bytes.substr(at, chunk_bytes);
      const auto written = command("guest-file-write", {{"handle", opened}, {"buf-b64", base64_encode(chunk)}});
      if (!written.is_object() || !written.contains("count") || written["count"] != chunk.size())
        fail("the guest did not take the whole file (is " + path + " full?)");
    }
    command("guest-file-close", {{"handle", opened}});
  }

  AgentAnswer execute(const std::string& path, const std::vector<std::string>& arguments, milliseconds deadline) const {
    const auto started = command("guest-exec", {{"path", path}, {"arg", arguments}, {"capture-output", true}});
    if (!started.is_object() || !started.contains("pid")) fail("guest-exec: the guest agent's answer is not valid");
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (std::chrono::steady_clock::now() < end) {
      const auto status = command("guest-exec-status", {{"pid", started["pid"]}});
      if (!status.is_object()) fail("guest-exec-status: the guest agent's answer is not valid");
      if (const auto exited = status.find("exited"); exited != status.end() && exited->is_boolean() && exited->get<bool>())
        return answer_of(status);
      std::this_thread::sleep_for(poll_interval);
    }
    fail(path + " did not end in time");
  }

 private:
  static std::string what_to_do(const std::string& said) {
    const auto says = [&said](const char* words) { return said.find(words) != said.npos; };
    if (says("not connected") || says("not responding") || says("not configured"))
      return std::string(". The guest needs a running qemu-guest-agent, the domain its channel org.qemu.guest_agent.0.") +
             other_ways;
    if (says("has been disabled") || says("not allowed"))
      return std::string(". Allow it in the guest (/etc/sysconfig/qemu-ga or qemu-ga.conf).") + other_ways;
    if (says("Permission denied") && !says("connect"))  // not libvirt's own socket
      return std::string(". SELinux or a noexec /var/tmp in the guest forbids it.") + other_ways;
    return {};
  }

  AgentAnswer answer_of(const Json& status) const {
    AgentAnswer answer;
    if (const auto code = status.find("exitcode"); code != status.end() && code->is_number_integer())
      answer.exit_code = code->get<int>();
    answer.output = text_of(status, "out-data");
    answer.errors = text_of(status, "err-data");
    return answer;
  }

  std::string text_of(const Json& status, const char* key) const {
    const auto data = status.find(key);
    if (data == status.end() || !data->is_string()) return {};
    auto text = base64_decode(data->get_ref<const std::string&>());
    if (!text) fail("the guest agent's answer is not valid base64");
    return std::move(*text);
  }

  const std::string& domain_;
  ProcessRunner run_;
};

/// Nothing is written into a guest where it could not be run, and so not be removed either: Fedora and RHEL forbid
/// guest-exec unless told otherwise, and the agent is a Linux program.
void require_usable(const Qga& qga) {
  const auto about = qga.command("guest-info");
  if (const auto commands = about.find("supported_commands"); commands != about.end() && commands->is_array())
    for (const auto& command : *commands) {
      if (!command.is_object() || !command.contains("name") || command.value("enabled", Json()) != false) continue;
      for (const auto* needed : {"guest-exec", "guest-exec-status", "guest-file-open", "guest-file-write", "guest-file-close"})
        if (command["name"] == needed)
          qga.fail(std::string("its guest agent forbids ") + needed + ". Allow it in the guest (/etc/sysconfig/qemu-ga or "
                   "qemu-ga.conf)." + other_ways);
    }
  Json system;
  try {
    system = qga.command("guest-get-osinfo");
  } catch (const InputError&) {  // qemu-guest-agent before 2.10
    return;
  }
  if (system.is_object() && system.contains("id") && system["id"] == "mswindows")
    qga.fail("its guest runs Windows, where vfio-guest-agent cannot run. In the guest capture \"pnputil /enum-devices\" or "
             "\"Get-PnpDevice -PresentOnly | ConvertTo-Json\", then use vfio-doctor verify --manifest FILE --evidence FILE");
}

/// Removes the files from the guest whatever happens.
class Removal {
 public:
  Removal(const Qga& qga, std::vector<std::string> paths) : qga_(qga), paths_(std::move(paths)) {}
  ~Removal() {
    Interruption::forgive();
    try {
      std::vector<std::string> arguments{"-f"};
      arguments.insert(arguments.end(), paths_.begin(), paths_.end());
      qga_.execute("/bin/rm", arguments, helper_time);
    } catch (const std::exception&) {  // a guest that is gone took them with it
      spdlog::warn("{} may have been left in the guest", paths_.front());
    }
  }
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;

 private:
  const Qga& qga_;
  std::vector<std::string> paths_;
};

}  // namespace

AgentAnswer run_agent_through_qga(const std::string& domain, std::string_view agent, std::string_view manifest,
                                  std::chrono::seconds wait, ProcessRunner run) {
  require_domain_name(domain);
  const Interruption interruption;
  const Qga qga(domain, run);
  require_usable(qga);
  // A name that nobody in the guest can guess: nothing can lie in wait there. Not /run or /tmp, which often forbid
  // execution.
  const std::string program = "/var/tmp/vfio-guest-agent-" + random_name(), expected = program + ".json";
  const Removal removal(qga, {program, expected});
  qga.write_file(program, agent);
  qga.write_file(expected, manifest);
  if (const auto changed = qga.execute("/bin/chmod", {"0700", program}, helper_time); changed.exit_code != 0)
    qga.fail("the agent cannot be made executable in the guest");
  return qga.execute(program, {"--expect", expected, "--format", "json", "--wait", std::to_string(wait.count())},
                     wait + helper_time);
}

}  // namespace vfio_doctor
