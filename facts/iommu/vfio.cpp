// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/vfio.hpp"

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

Observed<bool> read_bool(const Root& root, const std::string& path) {
  const auto text = root.read_line(path);
  if (!text.has_value()) return Observed<bool>::like(text);
  if (text.value() == "Y" || text.value() == "1") return true;
  if (text.value() == "N" || text.value() == "0") return false;
  return Observed<bool>::unreadable(path + " holds neither Y nor N");
}

/// Some system updates take the running kernel's modules away (Arch): other kernels have a directory, this one has not.
bool modules_are_gone(const Root& root, const std::string& directory) {
  if (!root.kind(directory).is_absent()) return false;
  const auto kernels = root.list(parent_path(directory));
  return kernels.has_value() && !kernels->empty();
}

/// Whether a module exists for this kernel, loaded or not: modules.dep and modules.builtin name every one.
Observed<bool> is_installed(const Root& root, const std::string& release, const std::string& module) {
  const std::string directory = "/lib/modules/" + release;
  bool complete = true;  // a kernel with nothing built in has no such list
  for (const std::string list : {"modules.builtin", "modules.dep"}) {
    const auto text = root.read(directory + "/" + list, 16 << 20);
    complete = complete && (text.has_value() || (text.is_absent() && list == "modules.builtin"));
    if (!text.has_value()) continue;
    for (const auto line : split_lines(text.value())) {
      const auto file = base_name(std::string(line.substr(0, line.find(':'))));
      if (normalize_module_name(file.substr(0, file.find(".ko"))) == module) return true;
    }
  }
  if (complete || modules_are_gone(root, directory)) return false;
  return Observed<bool>::unreadable(directory + " cannot be read");
}

/// The files of modprobe.d(5) as modprobe reads them: sorted by name, whatever the directory; a file in a directory of
/// more weight takes the place of one with the same name.
std::map<std::string, std::string> modprobe_files(const Root& root) {
  std::map<std::string, std::string> path_of;
  for (const std::string directory :
       {"/lib/modprobe.d", "/usr/lib/modprobe.d", "/usr/local/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d"}) {
    const auto names = root.list(directory);
    if (!names.has_value()) continue;
    for (const auto& name : names.value())
      if (name.ends_with(".conf")) path_of[name] = directory + "/" + name;
  }
  return path_of;
}

/// The last value that modprobe.d gives a module's parameter; a switch without a value is on.
Observed<ModprobeOption> modprobe_option(const Root& root, std::string_view module, std::string_view parameter) {
  auto found = Observed<ModprobeOption>::absent();
  for (const auto& [name, path] : modprobe_files(root)) {
    const auto text = root.read(path);
    if (!text.has_value()) continue;
    for (const auto line : split_lines(text.value())) {
      const auto words = split_words(line);
      if (words.size() < 3 || words[0] != "options" || normalize_module_name(words[1]) != module) continue;
      for (std::size_t i = 2; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        if (words[i].substr(0, equals) != parameter) continue;
        found = ModprobeOption{equals == words[i].npos ? "Y" : std::string(words[i].substr(equals + 1)), path};
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
  const auto unsafe_interrupts = modprobe_option(root, "vfio_iommu_type1", "allow_unsafe_interrupts");
  vfio.modprobe_unsafe_interrupts = unsafe_interrupts.has_value() ? Observed<std::string>(unsafe_interrupts->value)
                                                                  : Observed<std::string>::like(unsafe_interrupts);
  vfio.modprobe_ids = modprobe_option(root, "vfio_pci", "ids");
  if (vfio.loaded["vfio_pci"])
    vfio.pci_driver_installed = true;
  else if (const auto* release = kernel_release.get(); release && release->find('/') == release->npos)
    vfio.pci_driver_installed = is_installed(root, *release, "vfio_pci");
  else
    vfio.pci_driver_installed = Observed<bool>::unreadable("the kernel release is not known");
  return vfio;
}

}  // namespace vfio_doctor
