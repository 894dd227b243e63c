// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/evidence/evidence.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "base/text.hpp"
#include "facts/evidence/listing.hpp"
#include "facts/guest/log_lines.hpp"

namespace vfio_doctor {
namespace {

struct KindOf {
  EvidenceKind kind;
  std::string_view name;
  Listing (*read)(std::string_view, const std::string&);
};
constexpr std::array kinds = {
    KindOf{EvidenceKind::lspci, "lspci", read_lspci},
    KindOf{EvidenceKind::lspci_records, "lspci -vmm", read_lspci_records},
    KindOf{EvidenceKind::lspci_quoted, "lspci -mm", read_lspci_quoted},
    KindOf{EvidenceKind::lsusb, "lsusb", read_lsusb},
    KindOf{EvidenceKind::lsusb_tree, "lsusb -t", read_lsusb_tree},
    KindOf{EvidenceKind::usb_devices, "usb-devices", read_usb_devices},
    KindOf{EvidenceKind::kernel_log, "dmesg", read_kernel_log},
    KindOf{EvidenceKind::pnputil, "pnputil /enum-devices", read_pnputil},
    KindOf{EvidenceKind::windows_list, "Get-PnpDevice | Format-List", read_windows_list},
    KindOf{EvidenceKind::windows_table, "Get-PnpDevice", read_windows_table},
    KindOf{EvidenceKind::devcon, "devcon", read_devcon},
    KindOf{EvidenceKind::powershell_json, "Get-PnpDevice | ConvertTo-Json", read_powershell_json},
    KindOf{EvidenceKind::pciconf, "pciconf -lv", read_pciconf},
    KindOf{EvidenceKind::system_profiler, "system_profiler", read_system_profiler},
};

const KindOf& entry_of(EvidenceKind kind) {
  return *std::find_if(kinds.begin(), kinds.end(), [kind](const KindOf& entry) { return entry.kind == kind; });
}

void put_utf8(std::uint32_t code, std::string& text) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | code >> 6);
    text += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    text += static_cast<char>(0xe0 | code >> 12);
    text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (code & 0x3f));
  }
}

/// Without what colours a terminal: ESC [ ... letter (ECMA-48, 5.4).
std::string without_colours(const std::string& text) {
  if (text.find('\x1b') == text.npos) return text;
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b' || i + 1 >= text.size() || text[i + 1] != '[') {
      plain += text[i];
      continue;
    }
    for (i += 2; i < text.size() && (text[i] < '@' || text[i] > '~') && text[i] != '\n';) ++i;
    if (i < text.size() && text[i] == '\n') plain += '\n';
  }
  return plain;
}

/// Windows PowerShell writes UTF-16 with a byte order mark; what lies outside the basic plane becomes '?'.
std::string as_utf8(const std::string& text) {
  if (text.starts_with("\xef\xbb\xbf")) return text.substr(3);
  if (!text.starts_with("\xff\xfe")) return text;
  std::string plain;
  for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
    const auto unit = static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) |
                      static_cast<std::uint32_t>(static_cast<unsigned char>(text[i + 1])) << 8;
    put_utf8(unit >= 0xd800 && unit <= 0xdfff ? '?' : unit, plain);
  }
  return plain;
}

/// Lists of Windows: Format-List has keys without blanks inside, in every language; pnputil has "Instance ID" and translates.
std::optional<EvidenceKind> windows_kind_of(std::string_view text) {
  static constexpr std::array<std::string_view, 6> keys = {"InstanceId", "PNPDeviceID",  "DeviceID",
                                                           "HardwareID", "CompatibleID", "ConfigManagerErrorCode"};
  const auto key = trim(text.substr(0, text.find_first_of(":=")));
  if (key.size() < text.size() && std::ranges::find(keys, key) != keys.end()) return EvidenceKind::windows_list;
  const auto words = split_words(text);
  if (words.size() >= 3 && words.front() == "Status" && words.back() == "InstanceId") return EvidenceKind::windows_table;
  const bool names_a_device = text.find("PCI\\VEN_") != text.npos || text.find("USB\\VID_") != text.npos;
  if (names_a_device && (text.starts_with("PCI\\") || text.starts_with("USB\\"))) return EvidenceKind::devcon;
  if (text.find(": ") != text.npos && (names_a_device || text.starts_with("Instance ID:"))) return EvidenceKind::pnputil;
  return std::nullopt;
}

std::optional<EvidenceKind> kind_of_line(std::string_view line) {
  const auto text = trim(line);
  const auto words = split_words(text);
  if (words.empty()) return std::nullopt;
  if (is_kernel_log_line(text)) return EvidenceKind::kernel_log;
  if (line == "PCI:") return EvidenceKind::system_profiler;
  if (words[0] == "T:" && words.size() > 5 && words[1].starts_with("Bus=")) return EvidenceKind::usb_devices;
  if (text.starts_with("/:") && text.find("Class=root_hub") != text.npos) return EvidenceKind::lsusb_tree;
  if (words[0] == "Bus" && words.size() >= 6 && words[4] == "ID") return EvidenceKind::lsusb;
  if (words[0] == "Slot:" || (words[0] == "Device:" && words.size() == 2 && PciAddress::parse(words[1])))
    return EvidenceKind::lspci_records;
  if (words[0].find("@pci") != words[0].npos && words[0].ends_with(':')) return EvidenceKind::pciconf;
  if (const auto kind = windows_kind_of(text)) return kind;
  if (words.size() > 1 && PciAddress::parse(words[0]) && words[1].front() == '"') return EvidenceKind::lspci_quoted;
  if (words.size() > 1 && PciAddress::parse(words[0]) && text.find(": ") != text.npos) return EvidenceKind::lspci;
  return std::nullopt;
}

/// '{', or '[' and then an object or nothing: neither a prompt ("[root@guest ~]#") nor the time of a log ("[    0.0]").
bool looks_like_json(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == text.npos) return false;
  if (text[start] != '[') return text[start] == '{';
  const auto next = text.find_first_not_of(" \t\r\n", start + 1);
  return next == text.npos || text[next] == '{' || text[next] == '[' || text[next] == ']';
}

EvidenceKind recognise(std::string_view text, const std::string& name) {
  if (looks_like_json(text)) return EvidenceKind::powershell_json;
  CapturedLines lines(text, name);
  for (int looked = 0; looked < 200 && lines.next(); ++looked)
    if (const auto kind = kind_of_line(lines.line())) return *kind;
  throw InputError(
      name +
      ": not the output of lspci, lsusb, usb-devices, dmesg, pnputil /enum-devices, Get-PnpDevice, Win32_PnPEntity, devcon, "
      "pciconf -lv or system_profiler SPPCIDataType");
}

bool is_of_linux_terminal(EvidenceKind kind) {
  return kind == EvidenceKind::lspci || kind == EvidenceKind::lspci_quoted || kind == EvidenceKind::lsusb ||
         kind == EvidenceKind::lsusb_tree || kind == EvidenceKind::usb_devices || kind == EvidenceKind::kernel_log;
}

/// People copy a terminal with several commands in it: one text for each kind of listing, in which the lines of the others
/// are empty, so that lines keep their numbers.
std::map<EvidenceKind, std::string> listings_in(const std::string& text, const std::string& name) {
  auto kind = recognise(text, name);
  if (!is_of_linux_terminal(kind)) return {{kind, text}};
  std::map<EvidenceKind, std::string> listings{{kind, {}}};
  std::size_t count = 0;
  for (const auto line : split_lines(text)) {
    const bool is_detail = line.empty() || line.front() == ' ' || line.front() == '\t';
    const auto other = is_detail ? std::nullopt : kind_of_line(line);
    if (other && *other != kind && is_of_linux_terminal(*other)) {
      kind = *other;
      listings.try_emplace(kind, std::string(count, '\n'));
    }
    for (auto& [of, lines] : listings) lines.append(of == kind ? line : std::string_view()).push_back('\n');
    ++count;
  }
  return listings;
}

template <class T>
void fill(Observed<T>& known, const Observed<T>& more) {
  if (!known.has_value() && !more.is_unreadable()) known = more;
}

void fill(PciIdentity& known, const PciIdentity& more) {
  fill(known.vendor, more.vendor);
  fill(known.device, more.device);
  fill(known.subsystem_vendor, more.subsystem_vendor);
  fill(known.subsystem_device, more.subsystem_device);
  fill(known.class_code, more.class_code);
  fill(known.revision, more.revision);
  fill(known.serial, more.serial);
}

/// Another listing of the same function adds what the first did not show.
void merge(GuestFunction& known, const GuestFunction& more) {
  if (known.name.empty()) known.name = more.name;
  known.may_be_gone = known.may_be_gone && more.may_be_gone;
  fill(known.path, more.path);
  fill(known.id, more.id);
  fill(known.class_and_subclass, more.class_and_subclass);
  fill(known.driver, more.driver);
  fill(known.command, more.command);
  fill(known.power_state, more.power_state);
  fill(known.bars, more.bars);
  fill(known.problem_code, more.problem_code);
  known.answers_nothing = known.answers_nothing || more.answers_nothing;
}

void add(const GuestFunction& function, std::vector<GuestFunction>& functions) {
  const auto known = std::find_if(functions.begin(), functions.end(), [&function](const GuestFunction& other) {
    if (!function.instance_id.empty() && function.instance_id == other.instance_id) return true;
    return function.has_address && other.has_address && other.address == function.address;
  });
  if (known != functions.end()) return merge(*known, function);
  functions.push_back(function);
}

void add(const GuestUsb& usb, std::vector<GuestUsb>& devices) {
  const auto known = std::find_if(devices.begin(), devices.end(), [&usb](const GuestUsb& other) {
    return usb.bus != 0 && other.bus == usb.bus && other.device == usb.device;
  });
  if (known == devices.end()) return devices.push_back(usb);
  if (known->id.empty()) known->id = usb.id;
  if (known->product.empty()) known->product = usb.product;
  known->is_hid = known->is_hid || usb.is_hid;
  if (known->drivers.empty()) known->drivers = usb.drivers;
  if (known->bus_driver.empty()) known->bus_driver = usb.bus_driver;
  known->lacks_driver = known->lacks_driver || usb.lacks_driver;
  fill(known->serial, usb.serial);
  fill(known->problem_code, usb.problem_code);
}

/// A root hub's serial number is the address of its controller (register_root_hub() of Linux, drivers/usb/core/hcd.c: the name
/// of the bus): what hangs on that bus hangs on the controller.
void tie_to_controllers(std::vector<GuestFunction>& functions, std::vector<GuestUsb>& devices) {
  const auto controller_of = [&](const GuestUsb& hub) {
    const auto address = hub.is_root_hub && hub.serial.has_value() ? PciAddress::parse(hub.serial.value()) : std::nullopt;
    return std::ranges::find_if(functions, [&address](const GuestFunction& function) {
      return address && function.has_address && function.address == *address;
    });
  };
  std::vector<std::pair<unsigned, std::size_t>> buses;  // with the place of their controller
  for (const auto& hub : devices)
    if (const auto found = controller_of(hub); found != functions.end() && hub.bus != 0)
      buses.emplace_back(hub.bus, static_cast<std::size_t>(found - functions.begin()));
  for (const auto& [bus, place] : buses) {
    auto& function = functions[place];
    if (!function.usb.has_value()) function.usb = std::vector<GuestUsb>{};
    for (const auto& device : devices)
      if (device.bus == bus) function.usb.value().push_back(device);
  }
  std::erase_if(devices, [&buses](const GuestUsb& device) {
    return std::ranges::any_of(buses, [&device](const auto& bus) { return bus.first == device.bus; });
  });
}

/// What the log says against the functions. Without its start, silence tells nothing.
void add_log(const std::string& log, bool has_gaps, std::vector<GuestFunction>& functions) {
  if (log.empty()) return;
  read_log_errors(log, functions);
  for (auto& function : functions)
    if (has_gaps && function.log_errors->empty())
      function.log_errors = Observed<std::vector<GuestLogLine>>::unreadable("the log that was given does not have its start");
}

/// Every machine with PCI has a host bridge: a listing without one was cut to some devices.
bool has_host_bridge(const std::vector<GuestFunction>& functions) {
  return std::any_of(functions.begin(), functions.end(), [](const GuestFunction& function) {
    return function.class_and_subclass.is(0x0600) ||
           (function.id.vendor.is(0x8086) && (function.id.device.is(0x29c0) || function.id.device.is(0x1237)));
  });
}

}  // namespace

std::string_view to_text(EvidenceKind kind) { return entry_of(kind).name; }

GuestView read_evidence(const std::vector<EvidenceFile>& files) {
  GuestView view;
  std::vector<GuestFunction> functions;
  std::vector<GuestUsb> usb;
  std::string log;
  bool lists_functions = false, lists_usb = false, shows_root_hub = false, log_has_gaps = false;
  for (const auto& file : files) {
    const auto text = without_colours(as_utf8(file.text));
    view.name += (view.name.empty() ? "" : ", ") + file.name;
    std::vector<std::string> kinds_read;
    for (const auto& [kind, lines] : listings_in(text, file.name)) {
      const auto listing = entry_of(kind).read(lines, file.name);
      kinds_read.emplace_back(to_text(kind));
      for (const auto& function : listing.functions) add(function, functions);
      for (const auto& device : listing.usb) add(device, usb);
      lists_functions = lists_functions || listing.lists_functions;
      lists_usb = lists_usb || listing.lists_usb;
      if (listing.has_gaps && !listing.functions.empty()) view.functions_complete = false;
      if ((listing.has_gaps && !listing.usb.empty()) || listing.usb_has_gaps) view.usb_complete = false;
      shows_root_hub = shows_root_hub || listing.shows_root_hub;
      log += listing.kernel_log;
      log_has_gaps = log_has_gaps || listing.log_has_gaps;
    }
    view.notes.push_back(file.name + " was read as the output of " + join(kinds_read, ", ") + ".");
  }
  std::stable_sort(functions.begin(), functions.end(),
                   [](const GuestFunction& a, const GuestFunction& b) { return a.address < b.address; });
  if (!has_host_bridge(functions)) view.functions_complete = false;
  if (lists_usb && !shows_root_hub) view.usb_complete = false;
  if (lists_usb && view.usb_complete) tie_to_controllers(functions, usb);
  add_log(log, log_has_gaps, functions);
  view.kernel = Observed<std::string>::unreadable("the listing does not show it");
  view.functions = lists_functions ? Observed<std::vector<GuestFunction>>(std::move(functions))
                                   : Observed<std::vector<GuestFunction>>::unreadable("no PCI listing was given");
  view.loose_usb = lists_usb ? Observed<std::vector<GuestUsb>>(std::move(usb))
                             : Observed<std::vector<GuestUsb>>::unreadable("no USB listing was given");
  return view;
}

}  // namespace vfio_doctor
