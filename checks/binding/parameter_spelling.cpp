// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/data_table.hpp"
#include "checks/kernel/near_miss.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"parameter-spelling", "Spelling of module parameters", 50, run};

}  // namespace
extern const std::string_view known_parameters_table;  // made by the build
namespace {

struct Known {
  std::vector<std::string> names;  ///< "vfio_pci.ids"
  std::vector<std::string> modules;
};

const Known& known() {
  static const Known all = [] {
    Known made;
    for (const auto& row : table_rows(known_parameters_table, 3, "known_parameters.tsv")) {
      made.names.push_back(std::string(row[0]) + "." + std::string(row[1]));
      if (std::ranges::find(made.modules, row[0]) == made.modules.end()) made.modules.emplace_back(row[0]);
    }
    return made;
  }();
  return all;
}

/// "vfio-pci-ids" and "vfio_pci.ids" -> "vfiopciids".
std::string letters_of(std::string_view name) {
  std::string letters;
  for (const char c : to_lower(name))
    if (c != '.' && c != '-' && c != '_') letters += c;
  return letters;
}

/// The parameter that is meant by a word that is none; nothing where it is one, or is far from all.
std::optional<std::string> meant(const std::string& written) {
  const auto name = normalize_module_name(written);
  const auto& names = known().names;
  if (std::ranges::find(names, name) != names.end()) return std::nullopt;
  for (const auto& candidate : names)
    if (letters_of(candidate) == letters_of(name)) return candidate;
  return meant_word(name, name.find('.') == name.npos ? boot_words() : names);
}

Finding told(const std::string& what, const std::string& meant_name, Evidence evidence) {
  auto finding =
      check.finding(Status::warn, host_subject,
                    what + " is no parameter that anybody reads; " + meant_name + " is: as written it has no effect.");
  finding.evidence = {std::move(evidence)};
  finding.remedy = {{"Write it as " + meant_name +
                         " (a hyphen in the module's name is as good as an underscore; the point "
                         "before the parameter must be a point).",
                     {},
                     {},
                     {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  if (const auto* arguments = host.kernel.arguments.get())
    for (const auto& argument : arguments->all())
      if (const auto name = meant(argument.name))
        findings.push_back(
            told("'" + argument.name + "' on the kernel command line", *name, {"/proc/cmdline", argument.text()}));
  for (const auto& module : known().modules) {
    if (module == "vfio_pci") continue;  // vfio-ids looks at these
    for (const auto& option : host.vfio.modprobe.options(module))
      if (const auto name = meant(module + "." + option.name))
        findings.push_back(told("'" + option.name + "' of " + module, *name, {option.file, option.text}));
  }
  for (const auto& line : host.vfio.modprobe.lines)
    if (line.command == "options")
      if (const auto module = meant_word(line.module, known().modules);
          module && *module != "kvm_intel" && *module != "kvm_amd")
        findings.push_back(told("'" + line.module + "' in modprobe.d is no module, and '" + line.rest + "'", *module,
                                {line.place(), line.text()}));
  if (findings.empty() && host.kernel.arguments.has_value())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No parameter of VFIO, KVM or a graphics driver is misspelt "
                                     "on the command line or in modprobe.d."));
  if (findings.empty())
    findings.push_back(
        check.not_seen("The running command line could not be read.", {"/proc/cmdline", host.kernel.arguments.why()}));
  return findings;
}

}  // namespace

Check parameter_spelling_check() { return check; }

}  // namespace vfio_doctor
