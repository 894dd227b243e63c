// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/bug_report.hpp"

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "reports/markdown.hpp"
#include "reports/outline.hpp"
#include "reports/sentences.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view to_fill_in = "(please fill in)";

/// What a place of a form asks for.
enum class Ask {
  distribution,
  kernel,
  architecture,
  qemu,
  libvirt,
  ovmf,
  hypervisor,
  machine,
  processor,
  devices,
  findings,
  person,
  nothing  ///< a line that GitLab acts on: the form's last one gives the issue its label
};

struct Place {
  std::string_view words;  ///< a heading (begins with '#', "**" or '[') or the start of a line
  Ask ask;
};

struct Form {
  std::string_view project;
  std::string_view remark;  ///< what else the project wants, by hand
  std::vector<Place> places;
};

/// Headings as the projects' own forms have them:
///   libvirt       .gitlab/issue_templates/bug.md in libvirt/libvirt (13608488f84b)
///   qemu          .gitlab/issue_templates/bug.md in qemu-project/qemu (050cee123155)
///   virt-manager  .github/ISSUE_TEMPLATE/bug_report.md in virt-manager/virt-manager (0273621b4317)
///   nixos         .github/ISSUE_TEMPLATE/03_bug_report_nixos.yml in NixOS/nixpkgs (0ba9b08e19f5)
///   kernel        Documentation/admin-guide/reporting-issues.rst; the numbered list is of the older reporting-bugs.rst
/// Proxmox's forum and bug tracker have no form; asked for are pveversion -v, the VM's configuration and the kernel's log.
const std::array<Form, 6>& forms() {
  static const std::array<Form, 6> all{{
      {"libvirt",
       "Attach the domain's XML (virsh dumpxml NAME) and /var/log/libvirt/qemu/NAME.log.",
       {{"## Software environment", Ask::machine},
        {" - Operating system:", Ask::distribution},
        {" - Architecture:", Ask::architecture},
        {" - kernel version:", Ask::kernel},
        {" - libvirt version:", Ask::libvirt},
        {" - Hypervisor and version:", Ask::hypervisor},
        {"## Description of problem", Ask::person},
        {"## Steps to reproduce", Ask::person},
        {"## Additional information", Ask::findings},
        {"/label ~bug", Ask::nothing}}},
      {"qemu",
       "Give the smallest QEMU command line that shows it; libvirt writes it to /var/log/libvirt/qemu/NAME.log.",
       {{"## Host environment", Ask::machine},
        {" - Operating system:", Ask::distribution},
        {" - OS/kernel version:", Ask::kernel},
        {" - Architecture:", Ask::architecture},
        {" - QEMU flavor:", Ask::person},
        {" - QEMU version:", Ask::qemu},
        {" - QEMU command line:", Ask::person},
        {"## Emulated/Virtualized environment", Ask::ovmf},
        {" - Operating system:", Ask::person},
        {" - OS/kernel version:", Ask::person},
        {" - Architecture:", Ask::person},
        {"## Description of problem", Ask::person},
        {"## Steps to reproduce", Ask::person},
        {"## Additional information", Ask::findings},
        {"/label ~\"kind::Bug\"", Ask::nothing}}},
      {"virt-manager",
       "Attach the output of virt-manager --debug.",
       {{"**Describe the bug**", Ask::person},
        {"**To Reproduce**", Ask::person},
        {"**Expected behavior**", Ask::person},
        {"**Screenshots**", Ask::person},
        {"**System (please complete the following information):**", Ask::machine},
        {" - Distribution:", Ask::distribution},
        {" - virt-manager version:", Ask::person},
        {" - libvirt version:", Ask::libvirt},
        {"**Additional context**", Ask::findings}}},
      {"proxmox",
       "Add the output of pveversion -v, /etc/pve/qemu-server/ID.conf and journalctl -b.",
       {{"## Host", Ask::machine},
        {" - Proxmox VE is based on:", Ask::distribution},
        {" - Kernel:", Ask::kernel},
        {" - QEMU (pve-qemu-kvm):", Ask::qemu},
        {" - OVMF (pve-edk2-firmware):", Ask::ovmf},
        {"## Configuration of the virtual machine", Ask::person},
        {"## What happens, and what should happen", Ask::person},
        {"## Devices and their IOMMU groups", Ask::findings}}},
      {"nixos",
       "Replace the line below System metadata by the output of: nix-shell -p nix-info --run \"nix-info -m\"",
       {{"### Nixpkgs version", Ask::person},
        {"### Describe the bug", Ask::person},
        {"### Steps to reproduce", Ask::person},
        {"### Expected behaviour", Ask::person},
        {"### Screenshots", Ask::person},
        {"### Relevant log output", Ask::person},
        {"### Additional context", Ask::findings},
        {"### System metadata", Ask::machine},
        {" - system:", Ask::distribution},
        {" - kernel:", Ask::kernel},
        {"### Notify maintainers", Ask::person}}},
      {"kernel",
       "Try a mainline kernel first, and send plain text to the maintainers that scripts/get_maintainer.pl names.",
       {{"[1.] One line summary of the problem:", Ask::person},
        {"[2.] Full description of the problem/report:", Ask::person},
        {"[4.] Kernel information", Ask::machine},
        {"[4.1.] Kernel version (from /proc/version):", Ask::kernel},
        {"[5.] Most recent kernel version which did not have the bug:", Ask::person},
        {"[6.] Output of Oops.. message (if applicable):", Ask::person},
        {"[8.1.] Software:", Ask::distribution},
        {"[8.2.] Processor information:", Ask::processor},
        {"[8.5.] PCI information:", Ask::devices},
        {"[X.] Other notes:", Ask::findings}}},
  }};
  return all;
}

/// `Known` holds a text or none: std::optional or Observed.
template <class Known>
std::string or_fill_in(const Known& value) {
  return value.has_value() ? markdown_text(*value) : std::string(to_fill_in);
}

std::string architecture_of(const Report& report) {
  const auto& vendor = report.host.cpu_vendor;
  if (vendor == "intel" || vendor == "amd") return "x86_64";
  return vendor == "arm" ? "aarch64" : std::string(to_fill_in);
}

std::string device_list(const Report& report) {
  const Outline told = outline(report);
  std::string list;
  std::size_t shown = 0;
  for (const DeviceReport* device : told.devices) {
    if (++shown > 64) break;
    list += device->address.text() + " [" + (device->id.class_code.has_value() ? hex_text(*device->id.class_code, 6) : "?") +
            "] " + ids_text(device->id) + " " + printable(device->name) + ", group " +
            (device->iommu_group ? std::to_string(*device->iommu_group) : "none") + ", driver " +
            printable(device->driver.value_or("none")) + ", " + std::string(to_text(device->verdict)) + "\n";
  }
  if (told.devices.size() > 64) list += std::to_string(told.devices.size() - 64) + " more\n";
  return list.empty() ? std::string(to_fill_in) : "\n" + markdown_block(list, "text");
}

std::string answer(const Report& report, Ask ask) {
  const MachineSummary& machine = report.host.machine;
  const MachineIdentity& hardware = machine.hardware;
  switch (ask) {
    case Ask::distribution:
      return or_fill_in(report.host.distribution);
    case Ask::kernel:
      return or_fill_in(report.host.kernel);
    case Ask::architecture:
      return architecture_of(report);
    case Ask::qemu:
      return or_fill_in(hardware.qemu);
    case Ask::libvirt:
      return or_fill_in(hardware.libvirt);
    case Ask::hypervisor:
      return "QEMU " + or_fill_in(hardware.qemu);
    case Ask::ovmf:
      return "OVMF: " + or_fill_in(hardware.ovmf);
    case Ask::machine: {
      const std::string words = machine_sentence(report);
      return words.empty() ? "" : markdown_text(words);
    }
    case Ask::processor:
      return or_fill_in(machine.cpu_model) +
             (hardware.microcode.has_value() ? ", microcode " + markdown_text(*hardware.microcode) : "");
    case Ask::devices:
      return device_list(report);
    case Ask::findings:
      return "\n" + render_markdown(report);
    case Ask::nothing:
      return "";
    case Ask::person:
      break;
  }
  return std::string(to_fill_in);
}

}  // namespace

std::vector<std::string> bug_report_projects() {
  std::vector<std::string> names;
  for (const Form& form : forms()) names.emplace_back(form.project);
  return names;
}

std::optional<std::string> render_bug_report(const Report& report, std::string_view project) {
  const auto form = std::ranges::find(forms(), project, &Form::project);
  if (form == forms().end()) return std::nullopt;
  std::string text = "<!-- " + std::string(form->remark) + " -->\n";
  for (const Place& place : form->places) {
    const bool is_line = place.words.starts_with(" - ");
    const std::string filled = answer(report, place.ask);
    text += is_line ? "" : "\n";
    text += std::string(place.words) + (is_line ? " " : "\n") + filled + (filled.ends_with('\n') || filled.empty() ? "" : "\n");
  }
  return text;
}

}  // namespace vfio_doctor
