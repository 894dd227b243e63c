// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/vfio.hpp"

#include <set>

#include "base/text.hpp"
#include "facts/iommu/module_slips.hpp"
#include "machine/read_number.hpp"

namespace vfio_doctor {
namespace {

/// Some system updates take the running kernel's modules away (Arch): other kernels have a directory, this one has not.
bool modules_are_gone(const Root& root, const std::string& directory) {
  if (!root.kind(directory).is_absent()) return false;
  const auto kernels = root.list(parent_path(directory));
  return kernels.has_value() && !kernels->empty();
}

/// The modules that belong to this kernel, from modules.dep and modules.builtin, which name every one.
class InstalledModules {
 public:
  /// Keeps the names of VFIO's own and of `wanted`: the lists have thousands.
  InstalledModules(const Root& root, const Observed<std::string>& release, const std::set<std::string>& wanted) {
    if (!release.has_value() || release->find('/') != release->npos) {
      why_ = "the kernel release is not known";
      return;
    }
    const std::string directory = "/lib/modules/" + release.value();
    bool complete = true;  // a kernel with nothing built in has no such list
    for (const std::string list : {"modules.builtin", "modules.dep"}) {
      const auto text = root.read(directory + "/" + list, 16 << 20);
      complete = complete && (text.has_value() || (text.is_absent() && list == "modules.builtin"));
      if (!text.has_value()) continue;
      listed_ = listed_ || list == "modules.dep";
      for (const auto line : split_lines(text.value())) {
        const auto file = base_name(std::string(line.substr(0, line.find(':'))));
        const auto name = normalize_module_name(file.substr(0, file.find(".ko")));
        if (name.starts_with("vfio") || name == "iommufd" || is_from_outside(name) || wanted.contains(name))
          (list == "modules.builtin" ? built_in_ : loadable_).insert(name);
      }
    }
    if (!complete && !modules_are_gone(root, directory)) why_ = directory + " cannot be read";
  }

  /// A list that does not name what is loaded is not the whole kernel's (a start-up image holds few of them).
  void distrust_unless_named(const std::string& loaded) {
    if (why_.empty() && listed_ && !built_in_.contains(loaded) && !loadable_.contains(loaded))
      why_ = "the list of modules does not name " + loaded + ", which is loaded";
  }
  /// What a directory of modules that is gone says of names that nothing uses is no news.
  bool lists_modules() const { return listed_ && why_.empty(); }
  bool is_built_in(const std::string& module) const { return built_in_.contains(module); }
  Observed<bool> has(const std::string& module) const {
    if (built_in_.contains(module) || loadable_.contains(module)) return true;
    return why_.empty() ? Observed<bool>(false) : Observed<bool>::unreadable(why_);
  }

 private:
  std::set<std::string> built_in_, loadable_;
  bool listed_ = false;
  std::string why_;  // nothing can be said to be missing
};

/// Every module that a `softdep` line about VFIO names, on either side.
std::set<std::string> modules_in_softdeps(const ModprobeConfig& config) {
  constexpr std::size_t most = 200;
  std::set<std::string> names;
  for (const auto& line : config.lines) {
    if (line.command != "softdep" || (line.module + line.rest).find("vfio") == std::string::npos || names.size() > most)
      continue;
    names.insert(line.module);
    for (const auto word : split_words(line.rest))
      if (!word.ends_with(':')) names.insert(normalize_module_name(word));
  }
  return names;
}

}  // namespace

VfioFacts gather_vfio(const Root& root, const Observed<std::string>& kernel_release) {
  VfioFacts vfio;
  vfio.modprobe = gather_modprobe(root);
  const auto in_softdeps = modules_in_softdeps(vfio.modprobe);
  InstalledModules modules(root, kernel_release, in_softdeps);
  for (const std::string module : {"vfio", "vfio_pci"})
    if (root.exists("/sys/module/" + module)) modules.distrust_unless_named(module);
  for (const std::string module : {"vfio", "vfio_pci", "vfio_iommu_type1", "vfio_iommu_spapr_tce", "iommufd"}) {
    vfio.loaded[module] = root.exists("/sys/module/" + module);
    vfio.installed[module] = vfio.loaded[module] ? Observed<bool>(true) : modules.has(module);
  }
  vfio.listed_modules = read_module_lists(root);
  const auto in_list = [&modules](const std::string& name) {
    return modules.lists_modules() ? modules.has(name)
                                   : Observed<bool>::unreadable("the kernel's list of modules could not be read");
  };
  const auto loaded_or_in_list = [&](const std::string& name) {
    return root.exists("/sys/module/" + name) ? Observed<bool>(true) : in_list(name);
  };
  for (auto& listed : vfio.listed_modules)
    listed.installed = is_from_outside(listed.module) ? loaded_or_in_list(listed.module) : in_list(listed.module);
  for (const auto& name : in_softdeps) vfio.softdep_modules[name] = loaded_or_in_list(name);
  vfio.pci_driver_built_in = modules.is_built_in("vfio_pci");
  vfio.pci_driver_installed = vfio.installed["vfio_pci"];
  vfio.allow_unsafe_interrupts = read_switch(root, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
  vfio.iommufd_allows_unsafe_interrupts = read_switch(root, "/sys/module/iommufd/parameters/allow_unsafe_interrupts");
  vfio.unsafe_noiommu_mode = read_switch(root, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
  const auto option = vfio.modprobe.last("vfio_iommu_type1", "allow_unsafe_interrupts");
  vfio.modprobe_unsafe_interrupts =
      option ? Observed<std::string>(option->value.value_or("Y")) : Observed<std::string>::absent();
  return vfio;
}

}  // namespace vfio_doctor
