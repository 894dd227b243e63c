// SPDX-License-Identifier: GPL-2.0-or-later
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <thread>

#include "base/base64.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"
#include "runner/guest/find_domain.hpp"
#include "runner/guest/guest_channel.hpp"
#include "runner/guest/interruption.hpp"
#include "runner/guest/qga.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

/// virsh takes the command as one argument, which Linux limits to 128 KiB; base64 makes four bytes of three.
constexpr std::size_t chunk_bytes = 72 * 1024;

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
                   Qga::other_ways);
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

}  // namespace

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
