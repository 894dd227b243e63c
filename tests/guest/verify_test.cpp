// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/verify.hpp"
#include "runner/guest/guest_channel.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/input_error.hpp"
#include "base/process/subprocess.hpp"
#include "guest/guest_machines.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/json.hpp"
#include "temporary_directory.hpp"
#include "usual_signal.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;
using Json = nlohmann::json;

/// "-" is standard input here as well, not a file of that name.
TEST(VerifyCommand, ReadsTheManifestFromStandardInput) {
  const TemporaryDirectory directory;
  const auto listing = directory.path() / "lspci";
  std::ofstream(listing) << "03:00.0 Non-Volatile memory controller [0108]: Samsung [144d:a802] (rev 01)\n";
  ProcessRequest request;
  request.program = PROGRAM;
  request.arguments = {"verify", "--manifest", "-", "--evidence", listing.string()};
  request.input = nvme_manifest;
  const auto result = run_process(request);
  EXPECT_EQ(result.exit_code, 3) << result.errors;
}

TEST(Base64, IsItsOwnInverse) {
  for (const auto& [plain, coded] : std::map<std::string, std::string>{{"", ""},
                                                                       {"f", "Zg=="},
                                                                       {"fo", "Zm8="},
                                                                       {"foo", "Zm9v"},
                                                                       {std::string("\0\xff\x10", 3), "AP8Q"}}) {
    EXPECT_EQ(base64_encode(plain), coded);
    EXPECT_EQ(base64_decode(coded), plain);
  }
  for (const auto* text : {"Zg=", "Z===", "Zg==Zg==", "Zm9*", "="}) EXPECT_FALSE(base64_decode(text)) << text;
}

/// A guest agent behind virsh, with the guest's files.
struct FakeGuest {
  std::map<std::string, std::string> files;
  std::map<int, std::string> handles;
  std::vector<std::string> executed;
  std::string answer;
  bool answers_rubbish = false;
  bool exec_forbidden = false;
  bool interrupts = false;                     ///< a Ctrl-C comes while the agent runs
  std::map<std::string, std::string> answers;  ///< other than the usual: by command, or "" for all; "error: ..." is virsh's
};
FakeGuest* fake = nullptr;

Json fake_command(const Json& message) {
  const auto name = message["execute"].get<std::string>();
  const auto& arguments = message.contains("arguments") ? message["arguments"] : Json::object();
  if (name == "guest-file-open") {
    static int last = 1000;
    const int handle = ++last;
    fake->handles[handle] = arguments["path"];
    fake->files[arguments["path"]] = "";
    return handle;
  }
  if (name == "guest-file-write") {
    const auto bytes = base64_decode(arguments["buf-b64"].get<std::string>()).value();
    fake->files[fake->handles.at(arguments["handle"])] += bytes;
    return {{"count", bytes.size()}, {"eof", false}};
  }
  if (name == "guest-file-close") fake->handles.erase(arguments["handle"].get<int>());
  if (name == "guest-exec") {
    const auto path = arguments["path"].get<std::string>();
    fake->executed.push_back(path);
    if (path.ends_with("/rm"))
      std::erase_if(fake->files, [&](const auto& file) {
        return file.first.starts_with(arguments["arg"].back().template get<std::string>() + "/");
      });
    const bool helps = path.ends_with("/rm") || path.ends_with("/chmod") || path.ends_with("/mkdir");
    return {{"pid", helps ? 1 : 2}};
  }
  if (name == "guest-exec-status") {
    if (fake->interrupts && arguments["pid"] == 2) std::raise(SIGINT);
    Json status{{"exited", !fake->interrupts || arguments["pid"] != 2}, {"exitcode", 0}};
    if (arguments["pid"] == 2) status["out-data"] = base64_encode(fake->answer);
    return status;
  }
  return Json::object();
}

ProcessResult fake_virsh(const ProcessRequest& request) {
  ProcessResult result;
  result.end = ProcessResult::End::exited;
  EXPECT_EQ(request.program, "virsh");
  const auto message = Json::parse(request.arguments.back());
  for (const auto& argument : request.arguments) EXPECT_LT(argument.size(), 128u * 1024);
  result.exit_code = fake->exec_forbidden && message["execute"] == "guest-exec" ? 1 : 0;
  result.errors = "error: guest-exec has been disabled\nmore";
  result.output = fake->answers_rubbish ? "\x1b[2J" : Json{{"return", fake_command(message)}}.dump();
  return result;
}

TEST(QemuGuestAgent, WritesRunsReadsAndRemoves) {
  FakeGuest guest;
  guest.answer = "the report";
  fake = &guest;
  const std::string agent(300'000, 'a');
  const auto answer = run_agent_through_qga("guest1", agent, "the manifest", std::chrono::seconds(0), fake_virsh);
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_EQ(answer.output, "the report");
  ASSERT_EQ(guest.executed.size(), 4u);
  EXPECT_EQ(guest.executed[0], "/bin/mkdir");
  EXPECT_EQ(guest.executed[1], "/bin/chmod");
  EXPECT_THAT(guest.executed[2], ::testing::StartsWith("/var/tmp/vfio-guest-agent-"));
  EXPECT_EQ(guest.executed[3], "/bin/rm");
  EXPECT_TRUE(guest.files.empty());
  EXPECT_TRUE(guest.handles.empty());
}

TEST(QemuGuestAgent, TroubleIsOneLine) {
  FakeGuest guest;
  fake = &guest;
  guest.answers_rubbish = true;
  EXPECT_THROW(run_agent_through_qga("guest1", "a", "m", std::chrono::seconds(0), fake_virsh), InputError);
  guest.answers_rubbish = false;
  guest.exec_forbidden = true;
  try {
    run_agent_through_qga("guest1", "a", "m", std::chrono::seconds(0), fake_virsh);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("has been disabled"));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
  for (const auto* name : {"", "--help", "../x", "a\nb"})
    EXPECT_THROW(run_agent_through_qga(name, "a", "m", std::chrono::seconds(0), fake_virsh), InputError) << name;
}

TEST(QemuGuestAgent, RemovesBothWhenInterrupted) {
  const testing::UsualSignal usual(SIGINT);
  FakeGuest guest;
  fake = &guest;
  guest.interrupts = true;
  try {
    run_agent_through_qga("guest1", "a", "m", std::chrono::seconds(60), fake_virsh);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("interrupted"));
  }
  EXPECT_TRUE(guest.files.empty());
}

/// A guest under load: its mkdir has not begun when the Ctrl-C comes, and makes the directory all the same.
TEST(QemuGuestAgent, RemovesNothingBeforeItIsMade) {
  const testing::UsualSignal usual(SIGINT);
  FakeGuest guest;
  fake = &guest;
  static int asked = 0;
  static bool is_made = false, is_removed_once_made = false;
  asked = 0;
  is_made = is_removed_once_made = false;
  const auto slow_virsh = [](const ProcessRequest& request) {
    auto result = fake_virsh(request);
    const auto message = Json::parse(request.arguments.back());
    if (message["execute"] == "guest-exec" && message["arguments"]["path"] == "/bin/rm") is_removed_once_made = is_made;
    if (message["execute"] != "guest-exec-status" || is_made) return result;
    if (++asked == 1) std::raise(SIGINT);
    is_made = asked == 3;
    result.output = Json{{"return", {{"exited", is_made}, {"exitcode", 0}}}}.dump();
    return result;
  };
  EXPECT_THROW(run_agent_through_qga("guest1", "a", "m", std::chrono::seconds(0), slow_virsh), InputError);
  EXPECT_TRUE(is_removed_once_made);
}

ProcessResult changed_virsh(const ProcessRequest& request) {
  auto result = fake_virsh(request);
  auto changed = fake->answers.find(Json::parse(request.arguments.back())["execute"].get<std::string>());
  if (changed == fake->answers.end()) changed = fake->answers.find("");
  if (changed == fake->answers.end()) return result;
  if (changed->second.starts_with("error:")) {
    result.exit_code = 1;
    result.errors = changed->second;
  }
  result.output = "{\"return\":" + changed->second + "}";
  return result;
}

/// What is said where the guest answers `command` with `answer`. Nothing may be left in the guest.
std::string trouble_with(const std::string& command, const std::string& answer) {
  FakeGuest guest;
  guest.answers[command] = answer;
  fake = &guest;
  try {
    run_agent_through_qga("guest1", "a", "m", std::chrono::seconds(0), changed_virsh);
    return "none";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    EXPECT_TRUE(command == "guest-exec" || guest.files.empty()) << error.what();
    return error.what();
  }
}

/// Fedora and RHEL forbid these commands by default; a file written before that is noticed could not be removed again.
TEST(QemuGuestAgent, WritesNothingWhereItMayNotExecute) {
  const auto what = trouble_with("guest-info", R"({"version":"8.0","supported_commands":[{"name":"guest-exec","enabled":false},
      {"name":"guest-exec-status","enabled":true},{"name":"guest-file-open","enabled":true}]})");
  EXPECT_THAT(what, HasSubstr("guest-exec"));
  EXPECT_THAT(what, HasSubstr("/etc/sysconfig/qemu-ga"));
  EXPECT_THAT(what, HasSubstr("--via ssh:"));
}

TEST(QemuGuestAgent, SaysWhatToDoInAWindowsGuest) {
  const auto what = trouble_with("guest-get-osinfo", R"({"id":"mswindows","name":"Microsoft Windows"})");
  EXPECT_THAT(what, HasSubstr("Windows"));
  EXPECT_THAT(what, HasSubstr("pnputil /enum-devices"));
  EXPECT_THAT(what, HasSubstr("--evidence"));
}

TEST(QemuGuestAgent, TellsWhatWindowsHas) {
  FakeGuest guest;
  guest.answers["guest-get-devices"] =
      R"([{"driver-name":"Contoso NVMe","driver-date":1,"id":{"type":"pci","vendor-id":5197,"device-id":43010}},
      {"driver-name":"no PCI function"},{"id":{"type":"pci","vendor-id":99999,"device-id":1}},7])";
  fake = &guest;
  const auto view = windows_devices_through_qga("guest1", changed_virsh);
  ASSERT_EQ(view.functions->size(), 1u);
  const Judged judged(nvme_manifest, view);
  EXPECT_EQ(judged.status(Rung::present), Status::pass);
  EXPECT_EQ(judged.status(Rung::driver), Status::unknown) << "installed is not running";
  EXPECT_THAT(judged.summary(Rung::driver), HasSubstr("Contoso NVMe"));
  EXPECT_EQ(judged.status(Rung::function), Status::unknown);
  guest.answers["guest-get-devices"] = "{}";
  EXPECT_THROW(windows_devices_through_qga("guest1", changed_virsh), InputError);
}

/// Those without a driver are not told: what is missing may be one of them.
TEST(QemuGuestAgent, WhatWindowsDoesNotTellIsNotAbsent) {
  FakeGuest guest;
  guest.answers["guest-get-devices"] = "[]";
  fake = &guest;
  EXPECT_EQ(Judged(nvme_manifest, windows_devices_through_qga("guest1", changed_virsh)).status(Rung::present), Status::unknown);
}

TEST(QemuGuestAgent, SaysWhatToDoWhereNobodyAnswersOrSelinuxForbids) {
  EXPECT_THAT(trouble_with("", "error: Guest agent is not responding: QEMU guest agent is not connected"),
              ::testing::AllOf(HasSubstr("not connected"), HasSubstr("qemu-guest-agent"), HasSubstr("--via ssh:")));
  EXPECT_THAT(trouble_with("guest-exec",
                           "error: internal error: unable to execute QEMU agent command 'guest-exec': Failed "
                           "to execute child process (Permission denied)"),
              ::testing::AllOf(HasSubstr("Permission denied"), HasSubstr("SELinux"), HasSubstr("--via ssh:")));
}

/// That is the host's trouble: advice about the guest would mislead.
TEST(QemuGuestAgent, LibvirtsOwnSocketIsNotTheGuests) {
  EXPECT_THAT(trouble_with("", "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied"),
              ::testing::Not(HasSubstr("SELinux")));
}

TEST(QemuGuestAgent, AHostileCountIsOneLine) {
  EXPECT_THAT(trouble_with("guest-file-write", R"({"count":"all"})"), HasSubstr("did not take the whole file"));
}

/// Only an answer takes time, not the test.
ChannelClock::Moment fake_now;
void fake_sleep(std::chrono::milliseconds time) { fake_now += time; }
const ChannelClock fake_clock{[] { return fake_now; }, fake_sleep};

// Nearly the whole of what one answer may take, at every answer.
TEST(QemuGuestAgent, AGuestThatIsSlowAtEveryStepHasAnEnd) {
  FakeGuest guest;
  fake = &guest;
  const auto slow = [](const ProcessRequest& request) {
    fake_now += std::min<std::chrono::milliseconds>(request.deadline, std::chrono::milliseconds(19'900));
    return fake_virsh(request);
  };
  const auto start = fake_now;
  try {
    run_agent_through_qga("guest1", std::string(2'000'000, 'a'), "m", std::chrono::seconds(10), slow, fake_clock);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("too long in all"));
  }
  EXPECT_LE(fake_now - start, guest_time + std::chrono::seconds(10) + 2 * removal_time);
}

TEST(QemuGuestAgent, AProgramThatNeverEndsIsGivenUp) {
  FakeGuest guest;
  guest.answers["guest-exec-status"] = R"({"exited":false})";
  fake = &guest;
  const auto start = fake_now;
  try {
    run_agent_through_qga("guest1", "a", "m", std::chrono::seconds(0), changed_virsh, fake_clock);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did not end in time"));
  }
  EXPECT_LE(fake_now - start, guest_time + 2 * removal_time);
}

TEST(QemuGuestAgent, AnAnswerThatIsDeepIsNotValid) {
  for (const std::size_t levels : {std::size_t{65}, std::size_t{100'000}, std::size_t{7} << 20}) {
    EXPECT_THAT(trouble_with("guest-info", std::string(levels, '[') + std::string(levels, ']')),
                HasSubstr("answer is not valid"));
    EXPECT_THAT(trouble_with("guest-exec", R"({"pid":)" + std::string(levels, '[') + std::string(levels, ']') + "}"),
                HasSubstr("answer is not valid"));
  }
}

TEST(QemuGuestAgent, LooksForItsHelpersWhereverTheyLieInWhateverLanguageTheGuestSpeaks) {
  FakeGuest guest;
  fake = &guest;
  const auto run = [](const ProcessRequest& request) {
    auto result = fake_virsh(request);
    const auto message = Json::parse(request.arguments.back());
    if (message["execute"] != "guest-exec" || !message["arguments"]["path"].get<std::string>().starts_with("/bin/"))
      return result;
    result.exit_code = 1;
    result.errors =
        "error: ... 'guest-exec': Kindprozess \"/bin/mkdir\" konnte nicht ausgef\u00fchrt werden (Datei oder Verzeichnis nicht "
        "gefunden)";
    return result;
  };
  run_agent_through_qga("guest1", "a", "m", std::chrono::seconds(0), run);
  EXPECT_THAT(guest.executed, ::testing::IsSupersetOf({"/usr/bin/mkdir", "/usr/bin/chmod", "/usr/bin/rm"}));
  EXPECT_TRUE(guest.files.empty());
}

}  // namespace
}  // namespace vfio_doctor
