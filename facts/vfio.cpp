// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/vfio.hpp"

#include "facts/text.hpp"

namespace vfio_doctor {
namespace {

Observed<bool> read_bool(const Root& root, const std::string& path) {
  const auto text = root.read_line(path);
  if (!text.has_value()) return Observed<bool>::like(text);
  if (text.value() == "Y" || text.value() == "1") return true;
  if (text.value() == "N" || text.value() == "0") return false;
  return Observed<bool>::unreadable(path + " holds neither Y nor N");
}

/// Whether a module exists for this kernel, loaded or not: modules.dep and modules.builtin name every one.
Observed<bool> is_installed(const Root& root, const std::string& release, const std::string& module) {
  bool something_read = false;
  for (const std::string list : {"modules.builtin", "modules.dep"}) {
    const auto text = root.read("/lib/modules/" + release + "/" + list, 16 << 20);
    if (!text.has_value()) continue;
    something_read = true;
    for (const auto line : split_lines(text.value())) {
      const auto file = base_name(std::string(line.substr(0, line.find(':'))));
      if (normalize_module_name(file.substr(0, file.find(".ko"))) == module) return true;
    }
  }
  if (something_read) return false;
  return Observed<bool>::unreadable("/lib/modules/" + release + " cannot be read");
}

/// The last value that modprobe.d(5) files give a module's parameter.
Observed<std::string> modprobe_option(const Root& root, std::string_view module, std::string_view parameter) {
  auto found = Observed<std::string>::absent();
  for (const std::string directory : {"/usr/lib/modprobe.d", "/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d"}) {
    const auto names = root.list(directory);
    if (!names.has_value()) continue;
    for (const auto& name : names.value()) {
      if (!name.ends_with(".conf")) continue;
      const auto text = root.read(directory + "/" + name);
      if (!text.has_value()) continue;
      for (const auto line : split_lines(text.value())) {
        const auto words = split_words(line);
        if (words.size() < 3 || words[0] != "options" || normalize_module_name(words[1]) != module) continue;
        for (const auto word : words)
          if (word.substr(0, word.find('=')) == parameter && word.find('=') != word.npos)
            found = std::string(word.substr(word.find('=') + 1));
      }
    }
  }
  return found;
}

}  // namespace

VfioFacts gather_vfio(const Root& root, const Observed<std::string>& kernel_release) {
  VfioFacts vfio;
  for (const std::string module : {"vfio", "vfio_pci", "vfio_iommu_type1", "iommufd"})
    vfio.loaded[module] = root.exists("/sys/module/" + module);
  vfio.allow_unsafe_interrupts = read_bool(root, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
  vfio.unsafe_noiommu_mode = read_bool(root, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
  vfio.modprobe_unsafe_interrupts = modprobe_option(root, "vfio_iommu_type1", "allow_unsafe_interrupts");
  if (vfio.loaded["vfio_pci"])
    vfio.pci_driver_installed = true;
  else if (const auto* release = kernel_release.get(); release && release->find('/') == release->npos)
    vfio.pci_driver_installed = is_installed(root, *release, "vfio_pci");
  else
    vfio.pci_driver_installed = Observed<bool>::unreadable("the kernel release is not known");
  return vfio;
}

}  // namespace vfio_doctor
