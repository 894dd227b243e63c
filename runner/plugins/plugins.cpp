// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/plugins/plugins.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <system_error>
#include <thread>

#include "base/printable.hpp"
#include "base/process/subprocess.hpp"
#include "base/text.hpp"
#include "checks/check.hpp"
#include "runner/plugins/plugin_facts.hpp"
#include "runner/plugins/plugin_run.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {
namespace {

using namespace std::chrono_literals;

constexpr auto describe_deadline = 5s;
constexpr std::size_t longest_description = 1 << 20;
constexpr std::size_t longest_run = 16 << 20;

/// A child between fork() and execve() allocates (Boost.Process does). The C library's allocator allows that, AddressSanitizer's does
/// not: the child waits for ever where another thread held its lock. There, no other thread runs.
#ifdef __SANITIZE_ADDRESS__
constexpr unsigned most_threads = 1;
#else
constexpr unsigned most_threads = ~0U;
#endif

/// work(0) ... work(count - 1), as many at a time as there are processors. `work` does not throw.
template <class Work>
void on_all_processors(std::size_t count, Work work) {
  std::atomic<std::size_t> next = 0;
  const auto take_turns = [&] {
    for (std::size_t i; (i = next++) < count;) work(i);
  };
  std::vector<std::jthread> others;
  const auto processors = std::max(1U, std::thread::hardware_concurrency());
  const auto threads = std::min<std::size_t>(count, std::min(processors, most_threads));
  try {
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(take_turns);
  } catch (const std::system_error&) {  // no more are to be had: those that run share the work
  }
  take_turns();
}

ProcessRequest request_for(const Plugin& plugin, const std::string& verb) {
  ProcessRequest request;
  request.program = plugin.file.resolved;
  request.arguments = {verb};
  request.add_environment = {"VFIO_DOCTOR_PROTOCOL=" + std::to_string(plugin_protocol)};
  return request;
}

void describe(Plugin& plugin, std::chrono::seconds timeout) {
  auto request = request_for(plugin, "describe");
  request.deadline = std::min<std::chrono::milliseconds>(timeout, describe_deadline);
  request.most_output = longest_description;
  const auto result = run_process(request);
  log_plugin_errors(plugin.file.path, result);
  plugin.refusal = what_went_wrong(result, request.deadline);
  if (!plugin.refusal.empty()) {
    plugin.refusal = "asked to describe itself, it " + plugin.refusal;
    return;
  }
  try {
    plugin.description = parse_plugin_description(result.output);
  } catch (const ProtocolError& problem) {
    plugin.refusal = std::string("its description cannot be used: ") + problem.what();
  }
}

/// Ids must tell checks apart: who came first keeps an id, built-in checks before all.
void refuse_taken_ids(std::vector<Plugin>& plugins) {
  std::map<std::string, std::string> owner = {{std::string(plugin_finding_id), "vfio-doctor itself"},
                                              {std::string(verdict_finding_id), "vfio-doctor itself"}};
  for (const auto& check : all_checks()) owner.emplace(check.id, "a built-in check");
  for (auto& plugin : plugins) {
    if (!plugin.is_accepted()) continue;
    for (const auto& check : plugin.description.checks)
      if (const auto taken = owner.find(check.id); taken != owner.end() && plugin.is_accepted())
        plugin.refusal = "its id \"" + check.id + "\" belongs to " + taken->second;
    if (!plugin.is_accepted()) continue;
    for (const auto& check : plugin.description.checks) owner.emplace(check.id, plugin.file.path);
  }
}

bool is_skipped(const std::vector<std::string>& skip, const std::string& id) {
  return std::ranges::find(skip, id) != skip.end();
}

/// A plugin with something left to do.
struct Job {
  const Plugin* plugin;
  std::vector<std::string> checks;
  std::vector<Finding> findings;
};

/// The facts of every group that some job needs, each written down once.
std::map<std::string, std::string> facts_for(const std::vector<Job>& jobs, const Host& host) {
  std::map<std::string, std::string> facts;
  for (const auto& job : jobs)
    for (const auto& check : job.plugin->description.checks)
      for (const auto& group : check.facts)
        if (!facts.contains(group)) facts[group] = fact_group_json(host, group);
  return facts;
}

std::string input_for(const Job& job, const Host& host, const std::map<std::string, std::string>& facts) {
  std::set<std::string> needed;
  for (const auto& check : job.plugin->description.checks) needed.insert(check.facts.begin(), check.facts.end());
  std::string document = "{\"schema\":\"vfio-doctor/facts/1\",\"protocol\":" + std::to_string(plugin_protocol) +
                         ",\"checks\":[\"" + join(job.checks, "\",\"") +
                         "\"],\"privileged\":" + (host.privileged ? "true" : "false") + ",\"facts\":{";
  for (const auto& group : needed) document += (document.back() == '{' ? "\"" : ",\"") + group + "\":" + facts.at(group);
  return document + "}}\n";
}

void run(Job& job, std::string input, std::chrono::seconds timeout, const Host& host) {
  auto request = request_for(*job.plugin, "run");
  request.input = std::move(input);
  request.deadline = timeout;
  request.most_output = longest_run;
  const auto result = run_process(request);
  log_plugin_errors(job.plugin->label(), result);
  auto outcome = read_plugin_findings(result, request.deadline, job.plugin->description.checks, host);
  if (!outcome.problem.empty())
    outcome.findings.push_back(plugin_failure(job.plugin->label(), job.plugin->file.path, outcome.problem, outcome.evidence));
  job.findings = std::move(outcome.findings);
}

}  // namespace

std::string Plugin::label() const {
  return description.name.empty() ? file.path : description.name + " " + description.version;
}

std::vector<Plugin> load_plugins(const PluginOptions& options) {
  std::vector<Plugin> plugins;
  const auto& named = options.directories;
  for (auto& file : named.empty() ? find_plugin_files(default_plugin_directories(), PluginPlaces::standard)
                                  : find_plugin_files(named, PluginPlaces::named)) {
    Plugin plugin;
    plugin.refusal = file.refusal;
    plugin.file = std::move(file);
    plugins.push_back(std::move(plugin));
  }
  const std::chrono::seconds timeout(options.timeout);
  on_all_processors(plugins.size(), [&](std::size_t i) {
    if (plugins[i].is_accepted()) describe(plugins[i], timeout);
  });
  refuse_taken_ids(plugins);
  for (const auto& plugin : plugins)
    if (!plugin.is_accepted()) spdlog::info("plugin {} is refused: {}", printable(plugin.file.path), printable(plugin.refusal));
  return plugins;
}

std::vector<Finding> run_plugins(const std::vector<Plugin>& plugins, const Host& host, const PluginOptions& options,
                                 const std::vector<std::string>& skip) {
  std::vector<Job> jobs;
  for (const auto& plugin : plugins) {
    Job job{&plugin, {}, {}};
    if (!plugin.is_accepted())
      job.findings = {plugin_failure(plugin.label(), plugin.file.path, "was refused: " + plugin.refusal, {})};
    for (const auto& check : plugin.description.checks)
      if (plugin.is_accepted() && !is_skipped(skip, check.id)) job.checks.push_back(check.id);
    jobs.push_back(std::move(job));
  }
  const auto facts = facts_for(jobs, host);
  on_all_processors(jobs.size(), [&](std::size_t i) {
    if (!jobs[i].checks.empty()) run(jobs[i], input_for(jobs[i], host, facts), std::chrono::seconds(options.timeout), host);
  });
  std::vector<Finding> findings;
  for (auto& job : jobs)
    for (auto& finding : job.findings)
      if (!is_skipped(skip, finding.id)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace vfio_doctor
