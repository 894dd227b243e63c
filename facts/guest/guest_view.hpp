// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/guest/slot_chain.hpp"
#include "machine/pci_address.hpp"
#include "machine/pci_identity.hpp"
#include "machine/root.hpp"
#include "machine/runtime_power.hpp"

namespace vfio_doctor {

/// One base address register that exists.
struct GuestBar {
  unsigned index = 0;  ///< 0..5
  std::uint64_t size = 0;
  bool is_io = false;
  bool has_address = false;  ///< false: the guest found no room for it
};

/// Something a driver made of a function.
struct GuestChild {
  enum class Kind { block, net, wireless, sound, display, mmc, scsi, nvme, infiniband, node };
  Kind kind = Kind::block;
  std::string name;  ///< "nvme0n1", "eth0", "card0"
  std::string type;  ///< the directory of /sys/class or /sys/bus that lists it: "block", "net", "tty", "dvb"
  /// NVMe controller: "live", "dead", ...; network: "up", "down"; InfiniBand: "4: ACTIVE"; what the driver of an fc_host, mei,
  /// fpga_manager or habanalabs says; a disk "offline", a tty with "no UART"; absent for others.
  Observed<std::string> state;
  Observed<std::uint64_t> sectors;   ///< block: its size; absent for other kinds
  Observed<std::uint64_t> received;  ///< network: packets; absent for other kinds
  Observed<bool> carrier;            ///< network: a link is there; absent for other kinds, and while the interface is down
};

/// What a line of the kernel log says of a function (facts/guest/log_lines.tsv).
enum class LogMeaning { fail, trouble, success, benign };
struct GuestLogLine {
  std::string text;
  LogMeaning meaning = LogMeaning::fail;  ///< fail or trouble: nothing else is kept
  std::string topic;                      ///< "reset", "firmware", ...
};

/// A harmless act that made the function work while we looked (vfio-guest-agent --exercise), and what came of it.
struct GuestExercise {
  enum class Result { worked, failed, undecided };
  std::string act;  ///< "reads 4096 bytes of /dev/nvme0n1 past all caches; writes nothing"
  Result result = Result::undecided;
  std::string what;  ///< "4096 bytes came"
};

/// One USB device, hubs and root hubs included.
struct GuestUsb {
  std::string name;              ///< "1-2.1", "usb3"; what a captured listing calls it otherwise ("Bus 001 Device 004")
  std::string id;                ///< "046d:c077"
  unsigned bus = 0, device = 0;  ///< as lsusb counts them; 0: not known
  std::string product;
  Observed<std::string> serial;
  bool is_root_hub = false;
  bool is_hid = false;                ///< one of its interfaces is of class 3: keyboards, mice, but security keys too
  bool is_keyboard_or_mouse = false;  ///< and says so: boot protocol 1 or 2
  std::vector<std::string> drivers;   ///< of its interfaces, each once
  std::vector<std::string> inputs;    ///< "input5"
  bool lacks_driver = false;          ///< one of its interfaces is shown to have none; a captured listing
  std::string bus_driver;             ///< of its bus: "xhci_hcd", "vhci_hcd"; empty: not shown
  Observed<unsigned> problem_code;    ///< Windows: 0 = works; absent elsewhere
};

struct GuestInterrupts {
  Observed<unsigned> vectors;       ///< MSI or MSI-X vectors that the driver asked for; 0: none, it may use INTx
  Observed<std::uint64_t> arrived;  ///< how often they fired, over all processors
};

/// One PCI function as the guest sees it. Captured listings fill in what they show; the rest stays unreadable.
struct GuestFunction {
  PciAddress address;
  bool has_address = true;   ///< false: the source names no address (Windows, without its location)
  std::string instance_id;   ///< what Windows calls it, in upper case; empty elsewhere
  bool may_be_gone = false;  ///< Windows lists what it remembers too, and this listing does not tell which it is
  std::string resources;     ///< Windows: what memory and interrupts it was given, in words; empty: not shown
  std::string name;          ///< as the source prints it, or from pci.ids; may be empty
  Observed<SlotChain> path;
  PciIdentity id;
  Observed<std::uint16_t> class_and_subclass;  ///< also where the programming interface is not shown
  Observed<std::string> driver;                ///< absent: none is bound
  Observed<std::vector<std::string>> modules;  ///< kernel modules that could drive it (inventory only)
  Observed<std::uint16_t> command;             ///< command register
  bool answers_nothing = false;                ///< its configuration space reads all ones
  Observed<std::string> power_state;           ///< "D0", "D3hot", ...
  Observed<std::string> runtime_status;        ///< "active", "suspended"
  Observed<std::vector<GuestBar>> bars;
  GuestInterrupts interrupts;
  Observed<std::vector<GuestChild>> children;
  Observed<std::vector<GuestUsb>> usb;              ///< on this controller; absent where it is no USB controller
  std::vector<std::string> log_names;               ///< what the kernel log calls it besides: "ata3", "usb1", "irq 24"
  Observed<std::vector<GuestLogLine>> log_errors;   ///< kernel messages about it that tell of trouble, in their order
  std::vector<GuestExercise> exercises;             ///< only where they were asked for
  Observed<unsigned> problem_code;                  ///< Windows: 0 = works; absent elsewhere
  static constexpr unsigned unnamed_problem = 999;  ///< `problem_code` where there is a problem that is not told

  bool is_bridge() const;
  bool is_usb_controller() const;  ///< a host controller, which makes a bus
  bool is_asleep() const { return may_sleep(runtime_status) || (power_state.is("D3cold") && !is_counted_awake()); }
  /// Off, while the kernel counts it as awake: that is no sleep, it cannot be reached.
  bool is_cut_off() const { return power_state.is("D3cold") && is_counted_awake(); }
  /// Linux, Documentation/power/runtime_pm.rst: "unsupported" is never suspended at runtime.
  bool is_counted_awake() const { return runtime_status.is("active") || runtime_status.is("unsupported"); }
  /// In D3, where it is not shown whether its driver sent it to sleep: a captured lspci.
  bool may_be_asleep() const {
    return runtime_status.is_unreadable() && power_state.has_value() && power_state.value() != "D0";
  }
};

/// Everything one guest says about the devices it has.
struct GuestView {
  std::string name;  ///< host name, or the captured files
  Observed<std::string> kernel;
  Observed<std::vector<GuestFunction>> functions;  ///< sorted by address
  bool functions_complete = true;                  ///< false: a captured listing with parts left out
  bool usb_complete = true;                        ///< the same for `loose_usb`
  Observed<std::vector<GuestUsb>> loose_usb;       ///< devices that are not known to hang on one of the functions
  std::vector<std::string> notes;                  ///< what could not be seen, and who could see it
};

/// Reads the guest this runs in, or one that `root` recorded. Wakes no sleeping device. Names, serials and modules
/// are left out.
GuestView gather_guest(const Root& root);
/// Fills in `serial` of the functions that `wanted` picks. Apart, because it reads 4 KiB of configuration space, every
/// word of which costs a guest a trip to the host: a tenth of a second for some functions.
void read_serials(const Root& root, GuestView& view, const std::function<bool(const GuestFunction&)>& wanted);
/// Fills in `modules` from the kernel's modules.alias.
void find_modules(const Root& root, GuestView& view);

}  // namespace vfio_doctor
