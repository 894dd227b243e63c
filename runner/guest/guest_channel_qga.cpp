// SPDX-License-Identifier: GPL-2.0-or-later
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <thread>

#include "base/base64.hpp"
#include "base/bounded_json.hpp"
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

/// The guest agent, or libvirt, said no. Its words are those of the guest's language.
class Refused : public InputError {
 public:
  using InputError::InputError;
};

/// The QEMU guest agent protocol (qemu-ga reference), one command per virsh call.
class Qga {
 public:
  Qga(const std::string& domain, ProcessRunner run, const ChannelClock& clock, milliseconds time)
      : domain_(domain), run_(run), clock_(clock), end_(clock.now() + time) {}

  const std::string& domain() const { return domain_; }

  [[noreturn]] void fail(const std::string& what) const { throw InputError(about(what)); }

  /// What is still to be done has this long, whatever was used up, and no signal stops it.
  void clean_up_within(milliseconds time) {
    cleans_up_ = true;
    end_ = clock_.now() + time;
  }

  Json command(const std::string& name, const Json& arguments = Json::object()) {
    auto answer = ask(name, arguments);
    stop_if_interrupted();
    return answer;
  }

  /// What the guest has started is known also where an interruption came meanwhile.
  void start(const std::string& path, const std::vector<std::string>& arguments) {
    auto started = ask("guest-exec", {{"path", path}, {"arg", arguments}, {"capture-output", true}});
    if (!started.is_object() || !started.contains("pid") || !started["pid"].is_number_integer())
      fail("guest-exec: the guest agent's answer is not valid");
    unfinished_ = started["pid"];
    stop_if_interrupted();
  }

  /// Waits for what was started.
  AgentAnswer finish(const std::string& path) {
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

  void pause() const { clock_.sleep(poll_interval); }

  /// What was started and not seen to end would go on beside what tidies up after it.
  void let_it_end() noexcept {
    if (!unfinished_) return;
    try {
      finish("what was started");
    } catch (const std::exception&) {  // it takes too long, or nobody remembers it: go on without it
    }
    unfinished_.reset();
  }

  AgentAnswer execute(const std::string& path, const std::vector<std::string>& arguments) {
    start(path, arguments);
    return finish(path);
  }

  /// A program of the guest's own: where every distribution had it, where those without /bin have it, or wherever the
  /// guest agent's PATH leads. Why it was not started elsewhere is not asked: what the last place says counts.
  AgentAnswer execute_helper(const std::string& name, const std::vector<std::string>& arguments) {
    for (const auto* directory : {"/bin/", "/usr/bin/"}) {
      try {
        return execute(directory + name, arguments);
      } catch (const Refused&) {
      }
    }
    return execute(name, arguments);
  }

 private:
  void stop_if_interrupted() const {
    if (Interruption::flag() && !cleans_up_) fail("interrupted");
  }

  /// The answer, whatever came meanwhile.
  Json ask(const std::string& name, const Json& arguments) {
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

  std::string about(const std::string& what) const { return "domain '" + domain_ + "': " + what; }

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

  milliseconds time_left() const {
    const auto left = std::chrono::duration_cast<milliseconds>(end_ - clock_.now());
    if (left <= milliseconds(0)) fail("the guest took too long in all");
    return left;
  }

  Json returned(const std::string& name, const std::string& output) const {
    try {
      auto answer = parse_bounded_json(output);
      if (answer.is_object() && answer.contains("return")) return std::move(answer["return"]);
    } catch (const JsonError&) {
    }
    fail(name + ": the guest agent's answer is not valid");
  }

  AgentAnswer answer_of(const Json& status) const {
    AgentAnswer answer;
    if (const auto code = status.find("exitcode");
        code != status.end() && code->is_number_integer() && *code >= 0 && *code < 256)
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
  const ChannelClock& clock_;
  ChannelClock::Moment end_;
  bool cleans_up_ = false;
  std::optional<Json> unfinished_;  ///< the id of the process that was not seen to end
};

/// A file that is open in the guest; closed on failure too, else the guest agent keeps its handle until it ends.
class OpenFile {
 public:
  OpenFile(Qga& qga, const std::string& path) : qga_(qga), path_(path) {
    auto opened = qga.command("guest-file-open", {{"path", path}, {"mode", "wb"}});
    if (!opened.is_number_integer()) qga.fail("guest-file-open: the guest agent's answer is not valid");
    handle_ = std::move(opened);
  }
  ~OpenFile() {
    if (!handle_) return;
    try {
      qga_.clean_up_within(removal_time);
      close();
    } catch (const std::exception&) {  // the failure that led here is the one to tell
    }
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  void write(std::string_view bytes) const {
    for (std::size_t at = 0; at < bytes.size(); at += chunk_bytes) {
      const auto chunk = bytes.substr(at, chunk_bytes);
      const auto written = qga_.command("guest-file-write", {{"handle", *handle_}, {"buf-b64", base64_encode(chunk)}});
      if (!written.is_object() || !written.contains("count") || written["count"] != chunk.size())
        qga_.fail("the guest did not take the whole file (is " + path_ + " full?)");
    }
  }
  void close() {
    const auto handle = *std::exchange(handle_, std::nullopt);
    qga_.command("guest-file-close", {{"handle", handle}});
  }

 private:
  Qga& qga_;
  const std::string& path_;
  std::optional<Json> handle_;
};

void write_file(Qga& qga, const std::string& path, std::string_view bytes) {
  OpenFile file(qga, path);
  file.write(bytes);
  file.close();
}

/// Nothing is written into a guest where it could not be run, and so not be removed either: Fedora and RHEL forbid
/// guest-exec unless told otherwise, and the agent is a Linux program.
void require_usable(Qga& qga) {
  const auto about = qga.command("guest-info");
  if (const auto commands = about.find("supported_commands"); commands != about.end() && commands->is_array())
    for (const auto& command : *commands) {
      if (!command.is_object() || !command.contains("name") || command.value("enabled", Json()) != false) continue;
      for (const auto* needed : {"guest-exec", "guest-exec-status", "guest-file-open", "guest-file-write", "guest-file-close"})
        if (command["name"] == needed)
          qga.fail(std::string("its guest agent forbids ") + needed +
                   ". Allow it in the guest (/etc/sysconfig/qemu-ga or "
                   "qemu-ga.conf)." +
                   other_ways);
    }
  Json system;
  try {
    system = qga.command("guest-get-osinfo");
  } catch (const InputError&) {  // qemu-guest-agent before 2.10
    return;
  }
  if (system.is_object() && system.contains("id") && system["id"] == "mswindows")
    throw WindowsGuest(
        "domain '" + qga.domain() +
        "': its guest runs Windows, where vfio-guest-agent cannot run. In the guest capture \"pnputil /enum-devices\" or "
        "\"Get-PnpDevice -PresentOnly | ConvertTo-Json\", then use vfio-doctor verify --manifest FILE --evidence FILE");
}

/// A directory in the guest that nobody but the guest agent's own user can look into, and that is gone with all that lies
/// in it whatever happens. guest-file-open makes files that everybody may write (mode 0666 whatever the umask:
/// qga/commands-posix.c, DEFAULT_NEW_FILE_MODE), and names in /var/tmp can be listed by everybody, so this directory alone
/// keeps other users of the guest away from what root is going to run there. Not in /run or /tmp, which often forbid
/// execution.
class PrivateDirectory {
 public:
  explicit PrivateDirectory(Qga& qga) : qga_(qga), path_("/var/tmp/vfio-guest-agent-" + random_name()) {
    try {
      // mkdir refuses what exists, a link too, so a directory that somebody else has made is never taken for ours.
      if (const auto made = qga.execute_helper("mkdir", {"-m", "0700", path_}); made.exit_code != 0) {
        is_made_ = false;
        qga.fail("a directory of its own cannot be made in the guest: " + first_line(made.errors));
      }
    } catch (const std::exception&) {
      qga.clean_up_within(removal_time / 2);
      // What made the directory may still be about to: it is waited for where it is known, and all is removed twice.
      qga.let_it_end();
      if (remove()) {
        qga.pause();
        remove();
      }
      throw;
    }
  }
  ~PrivateDirectory() { remove(); }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  static std::string first_line(const std::string& text) {
    const std::string line(trim(text.substr(0, std::min<std::size_t>(text.find('\n'), 300))));
    return line.empty() ? "mkdir did not say why" : line;
  }

  /// False where it may still be there.
  bool remove() noexcept {
    if (!is_made_) return true;
    try {
      qga_.clean_up_within(removal_time);
      if (qga_.execute_helper("rm", {"-rf", path_}).exit_code == 0) return true;
    } catch (const std::exception&) {  // a guest that is gone took it with it
    }
    spdlog::warn("{} may have been left in the guest", path_);
    return false;
  }

  Qga& qga_;
  std::string path_;
  bool is_made_ = true;  ///< where mkdir's end was not seen, it may be
};

/// One of guest-get-devices' (qga/qapi-schema.json: GuestDeviceInfo, GuestDeviceIdPCI); nothing where it is no PCI function.
std::optional<GuestFunction> windows_function(const Json& device) {
  constexpr unsigned most = 0xffff;
  if (!device.is_object() || !device.contains("id") || !device["id"].is_object()) return std::nullopt;
  const auto& id = device["id"];
  const auto number = [&id](const char* key) {
    const auto member = id.find(key);
    return member != id.end() && member->is_number_unsigned() && *member <= most ? std::optional(member->get<std::uint16_t>())
                                                                                 : std::nullopt;
  };
  const auto vendor = number("vendor-id"), model = number("device-id");
  if (!vendor || !model) return std::nullopt;
  GuestFunction function;
  function.has_address = false;
  function.id.vendor = *vendor;
  function.id.device = *model;
  const auto name = device.find("driver-name");
  function.driver = Observed<std::string>::unreadable(
      (name != device.end() && name->is_string() ? "\"" + name->get<std::string>().substr(0, 120) + "\"" : std::string("one")) +
      " is installed, but the guest agent does not tell whether it runs");
  return function;
}

}  // namespace

GuestView windows_devices_through_qga(const std::string& domain, ProcessRunner run, const ChannelClock& clock) {
  constexpr std::size_t most_devices = 4096;
  require_domain_name(domain);
  const Interruption interruption;
  Qga qga(domain, run, clock, guest_time);
  const auto devices = qga.command("guest-get-devices");
  if (!devices.is_array()) qga.fail("guest-get-devices: the guest agent's answer is not valid");
  GuestView view;
  view.name = domain;
  std::vector<GuestFunction> functions;
  for (const auto& device : devices)
    if (auto function = windows_function(device); function && functions.size() < most_devices)
      functions.push_back(std::move(*function));
  view.functions = std::move(functions);
  view.functions_complete = false;  // those without a driver are left out
  view.usb_complete = false;
  view.notes.push_back(
      "The guest runs Windows: only what its guest agent tells of its devices was seen. For more, run vfio-guest-agent.exe in "
      "the "
      "guest, or capture \"Get-PnpDevice -PresentOnly | ConvertTo-Json\" there and give it to --evidence.");
  return view;
}

void ChannelClock::sleep_here(milliseconds time) { std::this_thread::sleep_for(time); }

Observed<std::string> boot_id_of(std::string_view text) {
  const auto id = trim(text);
  if (id.size() == 36 && id.find_first_not_of("0123456789abcdef-") == id.npos) return std::string(id);
  return Observed<std::string>::unreadable("it names no start of its own (is it a Linux guest?)");
}

Observed<std::string> boot_id_through_qga(const std::string& domain, ProcessRunner run, const ChannelClock& clock) {
  constexpr const char* path = "/proc/sys/kernel/random/boot_id";
  try {
    require_domain_name(domain);
    Qga qga(domain, run, clock, guest_time);
    const auto handle = qga.command("guest-file-open", {{"path", path}, {"mode", "r"}});
    const auto content = qga.command("guest-file-read", {{"handle", handle}, {"count", 64}});
    qga.command("guest-file-close", {{"handle", handle}});
    const auto data = content.is_object() ? content.find("buf-b64") : content.end();
    const auto text =
        data != content.end() && data->is_string() ? base64_decode(data->get_ref<const std::string&>()) : std::nullopt;
    return boot_id_of(text.value_or(""));
  } catch (const InputError& error) {
    return Observed<std::string>::unreadable(error.what());
  }
}

AgentAnswer run_agent_through_qga(const std::string& domain, std::string_view agent, std::string_view manifest,
                                  const AgentOrder& order, ProcessRunner run, const ChannelClock& clock) {
  require_domain_name(domain);
  const Interruption interruption;
  Qga qga(domain, run, clock, guest_time + order.time());
  require_usable(qga);
  const PrivateDirectory directory(qga);
  const auto program = directory.file("agent"), expected = directory.file("manifest.json");
  write_file(qga, program, agent);
  write_file(qga, expected, manifest);
  if (qga.execute_helper("chmod", {"0700", program}).exit_code != 0)
    qga.fail("the agent cannot be made executable in the guest");
  std::vector<std::string> arguments = {"--expect", expected, "--format", "json", "--wait", std::to_string(order.wait.count())};
  if (order.exercise) arguments.emplace_back("--exercise");
  return qga.execute(program, arguments);
}

}  // namespace vfio_doctor
