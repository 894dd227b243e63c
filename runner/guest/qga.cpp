// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/qga.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/base64.hpp"
#include "base/bounded_json.hpp"
#include "base/text.hpp"
#include "runner/guest/interruption.hpp"

namespace vfio_doctor {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds poll_interval{200};
constexpr std::chrono::seconds helper_time{20};

std::string what_to_do(const std::string& said) {
  const auto says = [&said](const char* words) { return said.find(words) != said.npos; };
  if (says("not connected") || says("not responding") || says("not configured"))
    return std::string(". The guest needs a running qemu-guest-agent, the domain its channel org.qemu.guest_agent.0.") +
           Qga::other_ways;
  if (says("has been disabled") || says("not allowed"))
    return std::string(". Allow it in the guest (/etc/sysconfig/qemu-ga or qemu-ga.conf).") + Qga::other_ways;
  if (says("Permission denied") && !says("connect"))  // not libvirt's own socket
    return std::string(". SELinux or a noexec /var/tmp in the guest forbids it.") + Qga::other_ways;
  return {};
}

}  // namespace

Qga::Qga(const std::string& domain, ProcessRunner run, const ChannelClock& clock, Milliseconds time)
    : domain_(domain), run_(run), clock_(clock), end_(clock.now() + time) {}

void Qga::fail(const std::string& what) const { throw InputError(about(what)); }

void Qga::clean_up_within(Milliseconds time) {
  cleans_up_ = true;
  end_ = clock_.now() + time;
}

Qga::Json Qga::command(const std::string& name, const Json& arguments) {
  auto answer = ask(name, arguments);
  stop_if_interrupted();
  return answer;
}

/// What the guest has started is known also where an interruption came meanwhile.
void Qga::start(const std::string& path, const std::vector<std::string>& arguments) {
  auto started = ask("guest-exec", {{"path", path}, {"arg", arguments}, {"capture-output", true}});
  if (!started.is_object() || !started.contains("pid") || !started["pid"].is_number_integer())
    fail("guest-exec: the guest agent's answer is not valid");
  unfinished_ = started["pid"];
  stop_if_interrupted();
}

/// Waits for what was started.
AgentAnswer Qga::finish(const std::string& path) {
  for (;;) {
    const auto status = command("guest-exec-status", {{"pid", *unfinished_}});
    if (!status.is_object()) fail("guest-exec-status: the guest agent's answer is not valid");
    if (const auto exited = status.find("exited"); exited != status.end() && exited->is_boolean() && exited->get<bool>()) {
      unfinished_.reset();
      return answer_of(status);
    }
    if (clock_.now() + poll_interval >= end_) fail(path + " did not end in time");
    clock_.sleep(poll_interval);
  }
}

void Qga::pause() const { clock_.sleep(poll_interval); }

void Qga::let_it_end() noexcept {
  if (!unfinished_) return;
  try {
    finish("what was started");
  } catch (const std::exception&) {  // it takes too long, or nobody remembers it: go on without it
  }
  unfinished_.reset();
}

AgentAnswer Qga::execute(const std::string& path, const std::vector<std::string>& arguments) {
  start(path, arguments);
  return finish(path);
}

AgentAnswer Qga::execute_helper(const std::string& name, const std::vector<std::string>& arguments) {
  for (const auto* directory : {"/bin/", "/usr/bin/"}) {
    try {
      return execute(directory + name, arguments);
    } catch (const Refused&) {
    }
  }
  return execute(name, arguments);
}

void Qga::stop_if_interrupted() const {
  if (Interruption::flag() && !cleans_up_) fail("interrupted");
}

/// The answer, whatever came meanwhile.
Qga::Json Qga::ask(const std::string& name, const Json& arguments) {
  ProcessRequest request;
  request.program = "virsh";
  Json message{{"execute", name}};
  if (!arguments.empty()) message["arguments"] = arguments;
  request.arguments = {"--quiet", "qemu-agent-command", "--domain", domain_, "--timeout", "15", "--cmd", message.dump()};
  request.deadline = std::min<milliseconds>(helper_time, time_left());
  if (!cleans_up_) request.stop_when = &Interruption::flag();
  request.most_output = 2 * longest_agent_answer;
  request.keep_environment = {"LIBVIRT_DEFAULT_URI", "XDG_RUNTIME_DIR"};
  const auto result = run_(request);
  if (result.end == ProcessResult::End::not_started) fail("virsh cannot be started: " + result.problem);
  if (result.end != ProcessResult::End::exited || result.exit_code != 0) stop_if_interrupted();
  if (result.end == ProcessResult::End::too_slow) fail("the guest agent did not answer in time");
  if (result.end != ProcessResult::End::exited) fail("virsh did not end as it should");
  if (result.exit_code != 0) {
    const auto said = std::string(trim(result.errors.substr(0, result.errors.find('\n'))));
    throw Refused(about(name + ": " + said + what_to_do(said)));
  }
  return returned(name, result.output);
}

std::string Qga::about(const std::string& what) const { return "domain '" + domain_ + "': " + what; }

Qga::Milliseconds Qga::time_left() const {
  const auto left = std::chrono::duration_cast<milliseconds>(end_ - clock_.now());
  if (left <= milliseconds(0)) fail("the guest took too long in all");
  return left;
}

Qga::Json Qga::returned(const std::string& name, const std::string& output) const {
  try {
    auto answer = parse_bounded_json(output);
    if (answer.is_object() && answer.contains("return")) return std::move(answer["return"]);
  } catch (const JsonError&) {
  }
  fail(name + ": the guest agent's answer is not valid");
}

AgentAnswer Qga::answer_of(const Json& status) const {
  AgentAnswer answer;
  if (const auto code = status.find("exitcode"); code != status.end() && code->is_number_integer() && *code >= 0 && *code < 256)
    answer.exit_code = code->get<int>();
  answer.output = text_of(status, "out-data");
  answer.errors = text_of(status, "err-data");
  return answer;
}

std::string Qga::text_of(const Json& status, const char* key) const {
  const auto data = status.find(key);
  if (data == status.end() || !data->is_string()) return {};
  auto text = base64_decode(data->get_ref<const std::string&>());
  if (!text) fail("the guest agent's answer is not valid base64");
  return std::move(*text);
}

}  // namespace vfio_doctor
