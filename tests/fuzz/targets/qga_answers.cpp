// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a guest answers through its guest agent: a line for each of virsh's calls; "!" in front makes it an error. An empty
// line, and the end of the input, stand for what an honest guest answers, so that every step is reached.
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/input_error.hpp"
#include "fuzz/target.hpp"
#include "runner/guest/guest_channel.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;

std::string_view answers;
ChannelClock::Moment moment;
std::string directory;
bool made, removed;

std::string honest(const std::string& command) {
  if (command == "guest-info")
    return R"({"return":{"version":"7.2","supported_commands":[{"name":"guest-exec","enabled":true}]}})";
  if (command == "guest-get-osinfo") return R"({"return":{"id":"debian"}})";
  if (command == "guest-file-open") return R"({"return":1000})";
  if (command == "guest-file-write") return R"({"return":{"count":5,"eof":false}})";
  if (command == "guest-exec") return R"({"return":{"pid":7}})";
  if (command == "guest-exec-status") return R"({"return":{"exited":true,"exitcode":0,"out-data":"cmVwb3J0"}})";
  return R"({"return":{}})";
}

/// Everything of ours lies in the directory that was made for it, and nothing comes before that.
void watch(const Json& message) {
  const auto command = message["execute"].get<std::string>();
  if (command == "guest-file-open") {
    require(made && !removed, "a file is opened while its directory is there");
    require(message["arguments"]["path"].get<std::string>().starts_with(directory + "/"), "a file lies in our directory");
  }
  if (command != "guest-exec") return;
  const auto path = message["arguments"]["path"].get<std::string>();
  const auto last = message["arguments"]["arg"].back().get<std::string>();
  if (path.ends_with("mkdir")) {
    directory = last;
    made = true;
  } else if (path == "rm" || path.ends_with("/rm")) {
    require(last == directory, "what is removed is ours");
    removed = true;
  } else {
    require(path.ends_with("chmod") ? last == directory + "/agent" : path == directory + "/agent", "what is run is ours");
  }
}

ProcessResult virsh(const ProcessRequest& request) {
  moment += std::chrono::seconds(5);  // else a guest that keeps one waiting is most of the work
  const auto message = Json::parse(request.arguments.back());
  watch(message);
  const auto line = answers.substr(0, answers.find('\n'));
  answers.remove_prefix(std::min(answers.size(), line.size() + 1));
  ProcessResult result;
  result.end = ProcessResult::End::exited;
  result.exit_code = line.starts_with('!') ? 1 : 0;
  result.output = line.empty() ? honest(message["execute"]) : std::string(line);
  result.errors = line.starts_with('!') ? std::string(line.substr(1)) : std::string();
  return result;
}

const ChannelClock clock_of_input{[] { return moment; }, [](std::chrono::milliseconds time) { moment += time; }};

}  // namespace

void try_input(const std::string& bytes) {
  spdlog::set_level(spdlog::level::off);
  answers = bytes;
  made = removed = false;
  directory.clear();
  const auto start = moment;
  try {
    const auto answer = run_agent_through_qga("guest", "agent", "{\"a\"}", std::chrono::seconds(0), virsh, clock_of_input);
    require(made && removed, "what was made is removed");
    require(answer.exit_code < 256, "an exit code is one");
  } catch (const InputError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos, "a refusal is one line");
  }
  require(moment - start <= guest_time + 3 * removal_time, "there is an end");
}

}  // namespace vfio_doctor
