// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/paste/line_kind.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.hpp"
#include "machine/pci_address.hpp"

namespace vfio_doctor {
namespace {

using Words = std::initializer_list<std::string_view>;

bool has_any(std::string_view text, Words words) {
  return std::ranges::any_of(words, [text](std::string_view word) { return text.find(word) != text.npos; });
}
bool starts_with_any(std::string_view text, Words words) {
  return std::ranges::any_of(words, [text](std::string_view word) { return text.starts_with(word); });
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find_first_of(" \t")); }

/// "0000:01:00.0 VGA compatible controller: ..." and "01:00.0 0300: 10de:1c82".
bool is_lspci_heading(std::string_view text) {
  const auto word = first_word(text);
  return word.size() < text.size() && PciAddress::parse(word).has_value() && text.find(": ") != text.npos;
}

/// What lspci -v indents below a function; forums take the blanks away.
bool is_lspci_detail(std::string_view text) {
  return starts_with_any(text, {"Subsystem: ", "Kernel driver in use",
                                "Kernel modules:", "Flags: ", "Control: ", "Capabilities: ", "Memory at ", "I/O ports at ",
                                "Expansion ROM at ", "Latency: ", "Interrupt: pin", "IOMMU group:"});
}

/// "IOMMU Group 7 00:1b.0 ...", "IOMMU group 7", "Group: 7", "/sys/kernel/iommu_groups/7/devices/0000:00:1b.0".
bool is_group_heading(std::string_view text) {
  const auto lower = to_lower(text.substr(0, 24));
  if (text.starts_with("/sys/kernel/iommu_groups/") && text.find("/devices") != text.npos) return true;
  for (const std::string_view start : {"iommu group ", "iommu_group ", "group: ", "group ", "iommu group: "})
    if (lower.starts_with(start)) {
      const auto rest = trim(text.substr(start.size()));
      const auto digits =
          static_cast<std::size_t>(std::ranges::find_if_not(rest, [](char c) { return c >= '0' && c <= '9'; }) - rest.begin());
      const auto behind = trim(rest.substr(digits));
      if (digits > 0 && digits < 6 &&
          (behind.empty() || behind.starts_with(':') || PciAddress::parse(first_word(behind)) || behind.starts_with('[') ||
           behind.starts_with('(')))
        return true;
    }
  return false;
}

/// "00000000-00000fff : Reserved"
bool is_iomem(std::string_view text) {
  const auto dash = text.find('-'), colon = text.find(" : ");
  return dash != text.npos && colon != text.npos && dash >= 4 && dash < colon && colon < 40 &&
         parse_unsigned(text.substr(0, dash), 16) && parse_unsigned(text.substr(dash + 1, colon - dash - 1), 16);
}

/// " 16:   12   0  IR-IO-APIC  16-fasteoi  i801_smbus"
bool is_interrupt(std::string_view text) {
  const auto colon = text.find(':');
  return colon != text.npos && colon > 0 && colon < 6 && parse_unsigned(text.substr(0, colon)) &&
         has_any(text, {"IO-APIC", "PCI-MSI", "DMAR-MSI", "GICv", "ITS-MSI", "AMD-Vi"});
}

/// "00: 86 80 f3 24 ..." of lspci -x.
bool is_hex_dump(std::string_view text) {
  const auto words = split_words(text);
  return words.size() > 4 && words[0].size() <= 4 && words[0].ends_with(':') &&
         parse_unsigned(words[0].substr(0, words[0].size() - 1), 16) &&
         std::ranges::all_of(words.begin() + 1, words.begin() + 5,
                             [](std::string_view word) { return word.size() == 2 && parse_unsigned(word, 16); });
}

/// "pci_warn_once(pdev, "text": a function's name, its bracket, and a quoted text inside.
bool is_call_with_text(std::string_view text) {
  const auto name = static_cast<std::size_t>(std::ranges::find_if_not(text,
                                                                      [](char c) {
                                                                        return (c >= 'a' && c <= 'z') ||
                                                                               (c >= 'A' && c <= 'Z') ||
                                                                               (c >= '0' && c <= '9') || c == '_' || c == '+' ||
                                                                               c == '-' || c == ' ' || c == '\t';
                                                                      }) -
                                             text.begin());
  return name > 2 && name < text.size() && text[name] == '(' && text[name - 1] != ' ' && text.find(' ') > name - 1 &&
         (text.find(", \"", name) != text.npos || text.substr(name).starts_with("(\""));
}

bool is_source_code(std::string_view text) {
  return is_call_with_text(text.starts_with('+') || text.starts_with('-') ? trim(text.substr(1)) : text) ||
         starts_with_any(text, {"diff --git", "@@ -", "+++ b/", "--- a/", "#include", "printk(", "return -E"}) ||
         has_any(text, {"pci_err(", "pci_warn(", "pci_info(", "dev_err(", "dev_warn(", "pr_err(", "pr_warn(", "printk(",
                        "error_setg", "error_report(", "warn_report(", "virReportError(", "RTE_LOG(", "EAL_LOG(", "fmt.Errorf(",
                        "log.Error(", "die \"", "raise "});
}

bool is_command_line(std::string_view text) {
  if (starts_with_any(text, {"BOOT_IMAGE=", "Command line:", "Kernel command line:", "initrd=", "root="})) return true;
  return has_any(text, {"intel_iommu=", "amd_iommu=", "vfio-pci.ids=", "iommu=pt"}) &&
         !has_any(text, {"GRUB_CMDLINE", "options ", "grubby", "kernelstub", "rpm-ostree", "sed "}) && text.find('.') != 0 &&
         std::ranges::count(split_words(text), true, [](std::string_view word) { return word.find('=') != word.npos; }) * 2 >=
             static_cast<std::ptrdiff_t>(split_words(text).size());
}

/// "ice 0000:5e:00.0: ...": a driver's name and its device with its domain, as dev_err() writes them. QEMU says "vfio 0000:".
bool is_driver_message(std::string_view text) {
  const auto driver = first_word(text);
  if (driver.empty() || driver.size() > 24 || driver.size() == text.size() || driver == "vfio" || driver == "device" ||
      !std::ranges::all_of(driver,
                           [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }))
    return false;
  const auto device = first_word(text.substr(driver.size() + 1));
  return device.size() == 13 && device.back() == ':' && PciAddress::parse(device.substr(0, 12)).has_value();
}

bool is_kernel_message(std::string_view text) {
  return is_driver_message(text) ||
         starts_with_any(text,
                         {"vfio-pci ",      "vfio_pci",   "DMAR: ",        "DMAR:[",       "DMAR-IR: ",        "AMD-Vi: ",
                          "NVRM: ",         "pci 0000:",  "pcieport ",     "VFIO - ",      "vfio_iommu_type1", "vfio_pin_pages",
                          "xen_pciback: ",  "i915 0",     "nvidia 0",      "amdgpu 0",     "xhci_hcd ",        "nvme nvme",
                          "snd_hda_intel ", "vfio-pci: ", "nvidia: probe", "vendor_reset", "pciback ",         "Lockdown: ",
                          "kfd kfd",        "(XEN) ",     "mpt3sas_cm",    "mpt2sas_cm",   "Bluetooth: hci"});
}

LineKind classify_log(std::string_view text) {
  const auto starts = [](PasteKind kind) { return LineKind{LineRole::starts, kind}; };
  if (starts_with_any(text, {"TASK ERROR", "start failed: QEMU", "kvm: -device", "swtpm_setup"}) ||
      has_any(text, {"proxmox", "qm start"}))
    return starts(PasteKind::proxmox);
  if (has_any(text, {"qemu-system", "qemu-kvm", "-device vfio-pci", "-device intel-iommu", "kvm: -device"}) ||
      (text.starts_with("vfio ") && text.find(": ") != text.npos) || text.starts_with("vfio: ") ||
      text.starts_with("-device ") || text.starts_with("-machine "))
    return starts(PasteKind::qemu);
  if (starts_with_any(text, {"-bash: ", "bash: ", "sh: ", "-sh: ", "zsh: ", "ls: ", "cat: ", "tee: ", "echo: ", "modprobe: ",
                             "rmmod: "}))
    return starts(PasteKind::shell);
  if (starts_with_any(text, {"error: ", "libxl: "}) ||
      has_any(text, {"libvirt", "virt-manager", "internal error: ", "unsupported configuration: ",
                     "Requested operation is not valid", "virsh ", "operation failed: ", "XML error: "}))
    return starts(PasteKind::libvirt);
  if (has_any(text, {"kubelet", "kubevirt", "virt-launcher", "nodes are available", "reason: ", "component\":\"virt",
                     "Warning  Failed", "FailedScheduling", "permittedHostDevices", "harvester"}))
    return starts(PasteKind::kubernetes);
  if (has_any(text, {"containerd", "kata", "EAL: ", "GenericError: ", "lxc ", "incus ", "cloud-hypervisor", "cloud_hypervisor",
                     "failed to generate container", "level=error", "level=info", "level=warn"}))
    return starts(PasteKind::container);
  return {};
}

LineKind classify_configuration(std::string_view text) {
  const auto starts = [](PasteKind kind) { return LineKind{LineRole::starts, kind}; };
  if (starts_with_any(text, {"options ", "softdep ", "blacklist ", "install vfio"}))
    return starts(text.starts_with("options ") && has_any(text, {"root=", "initrd="}) ? PasteKind::boot_entry
                                                                                      : PasteKind::modprobe);
  if (starts_with_any(text, {"GRUB_", "menuentry ", "linux\t/", "linux /", "linux   /", "title "}))
    return starts(PasteKind::boot_entry);
  if (starts_with_any(text, {"hostpci", "scsihw:", "bios: ", "machine: q35", "machine: pc"}))
    return starts(PasteKind::machine_conf);
  if (starts_with_any(text, {"[Service]", "[Unit]", "force_drivers", "add_drivers", "MODULES=", "ProtectKernel"}))
    return starts(PasteKind::settings);
  if (starts_with_any(text, {"<domain ", "<domain>", "<hostdev", "<interface", "<iommu", "<devices>", "<qemu:commandline",
                             "<source>", "<address "}))
    return starts(PasteKind::domain_xml);
  if (text.starts_with("<device>") || text.starts_with("<capability type='pci'")) return starts(PasteKind::node_device);
  if (text.starts_with("Bus ") && has_any(text, {" Device ", ": ID "})) return starts(PasteKind::lsusb);
  return {};
}

bool is_windows(std::string_view text) {
  return starts_with_any(text, {"Instance ID:", "InstanceId", "Device Description:", "PS C:\\", "C:\\"}) ||
         has_any(text, {"PCI\\VEN_", "ConfigManagerErrorCode", "Windows has stopped this device", "(Code "});
}

}  // namespace

std::string_view to_text(PasteKind kind) {
  static constexpr std::array<std::string_view, 22> names = {"kernel-log",   "qemu",        "libvirt",  "proxmox",
                                                             "kubernetes",   "container",   "lspci",    "group-listing",
                                                             "command-line", "boot-entry",  "modprobe", "domain-xml",
                                                             "machine-conf", "node-device", "lsusb",    "iomem",
                                                             "interrupts",   "windows",     "shell",    "settings",
                                                             "source-code",  "prose"};
  const auto at = static_cast<std::size_t>(kind);
  return at < names.size() ? names[at] : "prose";
}

std::string_view typed_command(std::string_view text) {
  text = trim(text);
  if (text.starts_with("$ ") || text.starts_with("% ") || text == "$") return trim(text.substr(1));
  if (text.starts_with("PS C:\\"))
    return trim(text.substr(std::min(text.size(), text.find('>') == text.npos ? text.size() : text.find('>') + 1)));
  for (const char mark : {'#', '$', '%'}) {
    const auto at = text.find(mark);
    if (at == text.npos || at == 0 || at > 80) continue;
    const auto place = text.substr(0, at);
    const bool is_place = place.find('@') != place.npos || place.starts_with("bash-") || place.starts_with("sh-");
    const bool has_blank = place.find(' ') != place.npos && !place.starts_with('[');
    if (is_place && !has_blank &&
        (at + 1 == text.size() || text[at + 1] == ' ' || place.find(':') != place.npos || place.ends_with(']')))
      return trim(text.substr(at + 1));
  }
  return {};
}

LineKind classify_line(std::string_view text, const StampedLine& stamped) {
  const auto bare = trim(text);
  if (bare.empty()) return {LineRole::continues, PasteKind::prose};
  if (bare.starts_with("```") || bare.starts_with("~~~") || !typed_command(bare).empty())
    return {LineRole::parts, PasteKind::prose};
  if (is_source_code(bare)) return {LineRole::starts, PasteKind::source_code};
  if (stamped.from_kernel || is_kernel_message(stamped.message)) return {LineRole::starts, PasteKind::kernel_log};
  if (is_windows(bare)) return {LineRole::starts, PasteKind::windows};
  if (is_group_heading(bare)) return {LineRole::starts, PasteKind::group_listing};
  if (is_lspci_heading(bare)) return {LineRole::starts, PasteKind::lspci};
  if (is_command_line(bare)) return {LineRole::starts, PasteKind::command_line};
  if (const auto kind = classify_configuration(bare); kind.role != LineRole::unknown) return kind;
  if (const auto kind = classify_log(bare); kind.role != LineRole::unknown) return kind;
  if (is_iomem(bare)) return {LineRole::starts, PasteKind::iomem};
  if (is_interrupt(bare)) return {LineRole::starts, PasteKind::interrupts};
  if (text.front() == ' ' || text.front() == '\t' || bare.starts_with('<') || is_hex_dump(bare) || is_lspci_detail(bare))
    return {LineRole::continues, PasteKind::prose};
  return {};
}

}  // namespace vfio_doctor
