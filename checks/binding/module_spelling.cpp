// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/data_table.hpp"
#include "checks/kernel/near_miss.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"module-spelling", "Spelling of module names", 60, run};

}  // namespace
extern const std::string_view module_names_table;  // made by the build
namespace {

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (const auto& row : table_rows(module_names_table, 3, "module_names.tsv")) made.emplace_back(row[0]);
    return made;
  }();
  return all;
}

class Words {
 public:
  void look_at(std::string_view word, const std::string& place, const std::string& text) {
    const auto name = normalize_module_name(word);
    const auto meant = meant_word(name, names());
    any_ = true;
    if (!meant || findings_.size() >= 16) return;
    auto finding = check.finding(Status::warn, host_subject, "'" + std::string(word) + "' is no module; " + *meant +
        " is: as written the line does nothing.");
    finding.evidence = {{place, text}};
    finding.remedy = {{"Correct the name there, and build the initial RAM disk anew if it holds that file. This tells whether "
        "a module is there.", {"modinfo " + *meant}, {}, {}}};
    findings_.push_back(std::move(finding));
  }
  std::vector<Finding> take() {
    if (findings_.empty() && any_) findings_.push_back(check.finding(Status::pass, host_subject,
        "No module that passthrough needs is misspelt in the files that name modules."));
    return std::move(findings_);
  }

 private:
  std::vector<Finding> findings_;
  bool any_ = false;
};

std::vector<Finding> run(const Host& host) {
  Words words;
  for (const auto& list : host.modules.load_at_start)
    for (const auto& word : list.words) words.look_at(word, list.place(), list.text);
  for (const auto& list : host.modules.image)
    if (list.kind == "MODULES" || list.kind == "modules" || list.kind == "modules_force_load" ||
        list.kind.ends_with("_drivers"))
      for (const auto& word : list.words) words.look_at(word, list.place(), list.text);
  for (const auto& line : host.vfio.modprobe.lines) {
    if (line.command == "blacklist" || line.command == "softdep") words.look_at(line.module, line.place(), line.text());
    if (line.command == "softdep")
      for (const auto word : split_words(line.rest)) words.look_at(word, line.place(), line.text());
  }
  if (const auto* arguments = host.kernel.arguments.get())
    for (const auto& argument : arguments->all())
      if (argument.value && (argument.name == "module_blacklist" || argument.name == "modprobe.blacklist" ||
          argument.name == "rd.driver.pre" || argument.name == "rd.driver.blacklist"))
        for (const auto word : split(*argument.value, ',')) words.look_at(word, "/proc/cmdline", argument.text());
  return words.take();
}

}  // namespace

Check module_spelling_check() { return check; }

}  // namespace vfio_doctor
