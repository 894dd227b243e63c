// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/early_binding_parts.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"image-modules", "Modules in the initial RAM disk", 10, run};

bool is_vfio(std::string_view word) { return normalize_module_name(word).starts_with("vfio"); }

Finding told(const ModuleList& list, const std::string& summary, Remedy remedy) {
  auto finding = check.finding(Status::warn, host_subject, summary);
  finding.evidence = {{list.place(), list.text}};
  finding.remedy = {std::move(remedy)};
  return finding;
}

/// "Space-separated lists have to have a leading and trailing space!" (dracut.conf(5)): the values of several files are put
/// behind each
/// other as they stand.
bool lacks_blanks(const ModuleList& list) {
  const auto plus = list.text.find("+=");
  if (plus == std::string::npos || plus + 3 >= list.text.size()) return false;
  const char quote = list.text[plus + 2];
  if (quote != '"' && quote != '\'') return true;
  const auto end = list.text.rfind(quote);
  return end > plus + 3 && (list.text[plus + 3] != ' ' || list.text[end - 1] != ' ');
}

void judge_dracut(const Host& host, std::vector<Finding>& findings) {
  const ModuleList* added = nullptr;
  bool loads = false;
  for (const auto& list : host.modules.image) {
    const bool is_vfio_list = std::ranges::any_of(list.words, is_vfio);
    if (list.kind == "omit_drivers" && names_vfio_pci(list.words))
      findings.push_back(
          told(list,
               "dracut is told to leave vfio-pci out of the initial RAM disk: the host's drivers come "
               "first there.",
               {"Take it out of that list and build the image anew.", {"sudo dracut -f --regenerate-all"}, {}, {}}));
    if (!is_vfio_list || !list.kind.ends_with("_drivers")) continue;
    if (list.kind == "force_drivers" && names_vfio_pci(list.words)) loads = true;
    if (list.kind == "add_drivers" && names_vfio_pci(list.words)) added = &list;
    if (list.kind != "omit_drivers" && lacks_blanks(list))
      findings.push_back(told(list,
                              "dracut puts the lists of several files behind each other as they stand, and this one has "
                              "no blank at both ends: its first or last module "
                              "grows together with another file's.",
                              {"Write it with a blank behind the first quote and before the last: " + list.kind +
                                   "+=\" vfio_pci vfio vfio_iommu_type1 \"",
                               {},
                               {},
                               {}}));
  }
  if (const auto* arguments = host.kernel.arguments.get())
    for (const auto& argument : arguments->all())
      if (argument.name == "rd.driver.pre" && argument.value && argument.value->find("vfio") != std::string::npos) loads = true;
  for (const auto& line : host.vfio.modprobe.lines)
    if (line.command == "softdep" && line.module != "vfio_pci" &&
        normalize_module_name(line.rest).find("vfio_pci") != std::string::npos)
      loads = true;
  if (added && !loads && !host.vfio.pci_driver_built_in)
    findings.push_back(told(*added,
                            "dracut puts vfio-pci into the initial RAM disk, but nothing loads it there: the host's "
                            "drivers come first.",
                            {"Write force_drivers instead of add_drivers, and build the image anew.",
                             {"sudo dracut -f --regenerate-all"},
                             {},
                             "The screen may stay dark until the host is up, also where it asks for a disk's password."}));
}

/// MODULES are loaded in their order (mkinitcpio(8)), those of "MODULES+=" behind what was there before.
void judge_mkinitcpio(const Host& host, std::vector<Finding>& findings) {
  static constexpr auto graphics =
      std::to_array<std::string_view>({"nouveau", "nvidia", "nvidia_drm", "nvidia_modeset", "amdgpu", "radeon", "i915", "xe"});
  const ModuleList* earlier = nullptr;  // the list with the graphics driver
  std::string driver;
  for (const auto& list : host.modules.image) {
    if (list.kind != "MODULES") continue;
    for (const auto& word : list.words) {
      const auto module = normalize_module_name(word);
      if (!earlier && std::ranges::find(graphics, module) != graphics.end()) earlier = &list, driver = word;
      if (module != "vfio_pci") continue;
      if (!earlier) return;
      findings.push_back(told(list, "mkinitcpio loads " + driver + " before vfio_pci: it takes its card first.",
                              {"Put vfio_pci, vfio and vfio_iommu_type1 in front, and build the images anew.",
                               {"sudo mkinitcpio -P"},
                               {},
                               {}}));
      if (earlier != &list) findings.back().evidence.push_back({earlier->place(), earlier->text});
      return;
    }
  }
}

/// A list with vfio-pci in it that the same name, set anew further down, takes the place of.
void judge_lost_lists(const Host& host, std::vector<Finding>& findings) {
  for (const auto& lost : host.modules.lost_image) {
    const auto& kind = lost.list.kind;
    const bool adds = kind == "MODULES" || kind == "force_drivers" || kind == "add_drivers";
    const bool is_in_force = std::ranges::any_of(host.modules.image, [&kind](const ModuleList& list) {
      return list.kind == kind && names_vfio_pci(list.words);
    });
    if (!adds || !names_vfio_pci(lost.list.words) || is_in_force) continue;
    findings.push_back(
        told(lost.list,
             kind + " names vfio-pci in vain: " + lost.by + " sets it anew, without vfio-pci, and the later line counts.",
             {"Put the names into the later line (" + lost.by +
                  "), take the earlier one out, and build the "
                  "image anew.",
              {kind == "MODULES" ? "sudo mkinitcpio -P" : "sudo dracut -f --regenerate-all"},
              {},
              {}}));
    findings.back().evidence.push_back({lost.by, lost.by_text});
  }
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  judge_lost_lists(host, findings);
  judge_dracut(host, findings);
  judge_mkinitcpio(host, findings);
  if (!findings.empty()) return findings;
  for (const auto& list : host.modules.image) {
    if (list.kind == "omit_drivers" || !names_vfio_pci(list.words)) continue;
    findings.push_back(check.finding(Status::pass, host_subject, "The initial RAM disk is told to have vfio-pci."));
    findings.back().evidence = {{list.place(), list.text}};
    return findings;
  }
  if (host.modules.image_tools.empty() && !host.modules.unread.empty())
    return {
        check.not_seen("What the initial RAM disk is built from could not be seen.", {"/etc", host.modules.unread.front()})};
  return {};
}

}  // namespace

Check image_modules_check() { return check; }

}  // namespace vfio_doctor
