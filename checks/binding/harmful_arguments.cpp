// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/data_table.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"harmful-arguments", "Kernel arguments that stand in the way", 110, run};

}  // namespace
extern const std::string_view harmful_arguments_table;  // made by the build
namespace {

/// What of its value is meant: "nomsi".
std::vector<std::string> options_of(std::string_view wanted, const KernelArgument& argument) {
  std::vector<std::string> options;
  const auto equals = wanted.find('=');
  if (equals == wanted.npos || !argument.value || argument.name != wanted.substr(0, equals)) return options;
  for (const auto option : split(*argument.value, ','))
    if (option.substr(0, option.find('=')) == wanted.substr(equals + 1)) options.emplace_back(option);
  return options;
}

/// "noapic" is the argument; "pci=nomsi" one of the options that commas part in its value, with what belongs to it behind '='.
bool is_given(std::string_view wanted, const KernelArgument& argument) {
  const auto equals = wanted.find('=');
  return argument.name == wanted.substr(0, equals) && (equals == wanted.npos || !options_of(wanted, argument).empty());
}

std::vector<Finding> run(const Host& host) {
  static const auto rows = table_rows(harmful_arguments_table, 3, "harmful_arguments.tsv");
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments)
    return {check.not_seen("The running command line could not be read.", {"/proc/cmdline", host.kernel.arguments.why()})};
  std::vector<Finding> findings;
  for (const auto& argument : arguments->all()) {
    std::vector<std::string> harmful;  // one change for all of them
    for (const auto& row : rows)
      for (auto& option : options_of(row[0], argument)) harmful.push_back(std::move(option));
    for (const auto& row : rows) {
      if (!is_given(row[0], argument)) continue;
      auto finding = check.finding(Status::warn, host_subject, std::string(row[0]) + " " + std::string(row[1]) + ".");
      finding.evidence = {{"/proc/cmdline", argument.text()}, {std::string(row[2]), std::string(row[0])}};
      finding.remedy = {remove_kernel_argument_options(host, argument, harmful)};
      findings.push_back(std::move(finding));
    }
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No argument on the command line is "
                                     "known to stand in the way."));
  return findings;
}

}  // namespace

Check harmful_arguments_check() { return check; }

}  // namespace vfio_doctor
