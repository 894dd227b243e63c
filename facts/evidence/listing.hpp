// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/input_error.hpp"
#include "facts/evidence/evidence.hpp"

namespace vfio_doctor {

/// What one captured file shows.
struct Listing {
  std::vector<GuestFunction> functions;
  std::vector<GuestUsb> usb;
  bool lists_functions = false, lists_usb = false;
  bool has_gaps = false;                                   ///< "[...]": somebody left parts out
  bool shows_root_hub = false;                             ///< a USB listing without one was cut to some devices
  std::vector<std::pair<std::string, GuestUsb>> tied_usb;  ///< with the instance id of the PCI function that each hangs on
  bool usb_has_gaps = false;                               ///< the same, where it is known of the USB devices alone
  std::string kernel_log;                                  ///< since the last start of the kernel
  bool log_has_gaps = false;                               ///< its start is not in it, or parts of it are not
};

/// The lines of a file with what is about the capture, not the machine, taken out: prompts, elisions, messages of
/// the program itself.
class CapturedLines {
 public:
  CapturedLines(std::string_view text, const std::string& name);

  bool next();  ///< moves on; false at the end
  std::string_view line() const { return line_; }
  bool has_gaps() const { return has_gaps_; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::vector<std::string_view> lines_;
  std::string name_;
  std::size_t at_ = 0;
  std::string_view line_;
  bool has_gaps_ = false;
  bool is_of_another_program_ = false;
};

inline constexpr std::size_t most_listed = 20'000;

/// Parsers, one per kind. They throw InputError on a line that the program never prints.
Listing read_lspci(std::string_view text, const std::string& name);
Listing read_lspci_records(std::string_view text, const std::string& name);
Listing read_lspci_quoted(std::string_view text, const std::string& name);
Listing read_lsusb(std::string_view text, const std::string& name);
Listing read_lsusb_tree(std::string_view text, const std::string& name);
Listing read_usb_devices(std::string_view text, const std::string& name);
Listing read_kernel_log(std::string_view text, const std::string& name);
Listing read_pnputil(std::string_view text, const std::string& name);
Listing read_powershell_json(std::string_view text, const std::string& name);
Listing read_windows_list(std::string_view text, const std::string& name);
Listing read_windows_table(std::string_view text, const std::string& name);
Listing read_devcon(std::string_view text, const std::string& name);
Listing read_pciconf(std::string_view text, const std::string& name);
Listing read_system_profiler(std::string_view text, const std::string& name);

/// "Network controller [0280]", "Network controller", "0280", or "Class 0280" of BusyBox; false: empty.
bool read_class(std::string_view text, GuestFunction& function);
/// "Intel Corporation [8086]", "Intel Corporation" or "8086".
void read_named_id(std::string_view text, Observed<std::uint16_t>& id, std::string& name);
/// "NVIDIA Corporation Device 2684": what pci.ids does not know is called by its number.
void read_id_in_name(GuestFunction& function);
/// BusyBox and toybox write classes as "Class 0280", and never show a revision.
bool is_of_small_system(std::string_view class_text);

/// The number of a bus or of a device on it: up to three digits.
std::optional<unsigned> usb_number(std::string_view text);

/// A line that starts with a time as dmesg, journalctl and syslog write it.
bool is_kernel_log_line(std::string_view line);

/// A function of which nothing is known yet.
GuestFunction unseen_function();
/// The class that pci.ids calls `name`; only those that guests commonly have.
std::optional<std::uint16_t> class_of_name(std::string_view name);
/// "VVVV:DDDD" or "DDDD" in lower or upper case hexadecimal.
std::optional<std::pair<std::uint16_t, std::uint16_t>> id_pair(std::string_view text);
std::optional<std::uint16_t> id_number(std::string_view text);
/// What stands in the last "[...]" of `text`, and the text before it.
struct Bracketed {
  std::string_view before, inside;
};
std::optional<Bracketed> last_bracket(std::string_view text);

/// Windows names a device by its instance id: fills in what it says. False: it is no PCI function.
bool read_pci_instance_id(std::string_view id, GuestFunction& function);
/// The USB device of an instance id; nothing for hubs' and interfaces' ids.
std::optional<GuestUsb> read_usb_instance_id(std::string_view id);

}  // namespace vfio_doctor
