// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "base/text.hpp"
#include "facts/evidence/listing.hpp"

namespace vfio_doctor {
namespace {

/// "09:00.0 Network controller ..." -> its address; nothing where the line does not start with one.
std::optional<PciAddress> leading_address(std::string_view line) {
  const auto blank = line.find_first_of(" \t");
  return blank == line.npos || blank == 0 ? std::nullopt : PciAddress::parse(line.substr(0, blank));
}

/// "00: 86 80 10 19 ..." of -x, or the rest of such a line, which a message broke.
bool is_hex_dump(std::string_view line) {
  auto words = split_words(line);
  if (!words.empty() && words[0].back() == ':' && parse_unsigned(words[0].substr(0, words[0].size() - 1), 16))
    words.erase(words.begin());
  return !words.empty() && std::all_of(words.begin(), words.end(),
                                       [](std::string_view word) { return word.size() == 2 && parse_unsigned(word, 16); });
}

void put_ids(std::string_view text, Observed<std::uint16_t>& first, Observed<std::uint16_t>& second) {
  const auto ids = id_pair(text);
  if (!ids) return;
  first = ids->first;
  second = ids->second;
}

void put_programming_interface(std::string_view text, GuestFunction& function) {
  const auto number = text.size() == 2 && text != "ff" ? parse_unsigned(text, 16) : std::nullopt;
  if (!number || !function.class_and_subclass.has_value()) return;
  function.id.class_code =
      static_cast<std::uint32_t>(function.class_and_subclass.value()) << 8 | static_cast<std::uint32_t>(*number);
}

/// Takes "(rev 3a)" and "(prog-if 30 [XHCI])" off the end of `text`.
std::string_view take_suffixes(std::string_view text, GuestFunction& function) {
  for (;;) {
    text = trim(text);
    const auto open = text.ends_with(')') ? text.rfind('(') : text.npos;
    if (open == text.npos) return text;
    const auto words = split_words(text.substr(open + 1, text.size() - open - 2));
    if (words.size() < 2 || (words[0] != "rev" && words[0] != "prog-if")) return text;
    if (words[0] == "rev") {
      const auto revision = words[1].size() == 2 ? parse_unsigned(words[1], 16) : std::nullopt;
      function.answers_nothing = words[1] == "ff";  // what is all ones tells no revision
      if (revision && !function.answers_nothing) function.id.revision = static_cast<std::uint8_t>(*revision);
    } else {
      put_programming_interface(words[1], function);
    }
    text = text.substr(0, open);
  }
}

std::optional<GuestFunction> read_heading(std::string_view line) {
  const auto address = leading_address(line);
  if (!address) return std::nullopt;
  auto function = unseen_function();
  function.address = *address;
  auto rest = trim(line.substr(line.find_first_of(" \t")));
  const auto colon = rest.find(": ");
  if (colon == rest.npos || !read_class(rest.substr(0, colon), function)) return std::nullopt;
  const bool small = is_of_small_system(rest.substr(0, colon));
  auto device = take_suffixes(rest.substr(colon + 2), function);
  if (const auto words = split_words(device); small && words.size() == 2 && id_pair(words[0])) {  // BusyBox -k
    function.driver = std::string(words[1]);
    device = words[0];
  }
  if (const auto ids = id_pair(device)) {
    put_ids(device, function.id.vendor, function.id.device);
  } else if (const auto bracket = last_bracket(device); bracket && id_pair(bracket->inside)) {
    put_ids(bracket->inside, function.id.vendor, function.id.device);
    device = bracket->before;
  }
  if (!id_pair(device)) function.name = std::string(device);
  read_id_in_name(function);
  // Without a revision in sight, it is 00 to the lspci of pciutils and not shown; the small ones never show it.
  if (!function.id.revision.has_value() && !small && !function.answers_nothing) function.id.revision = std::uint8_t{0};
  return function;
}

/// "Memory at f7200000 (64-bit, non-prefetchable) [virtual] [size=8K]" behind "Region 0: ".
void read_region(std::string_view text, GuestFunction& function) {
  static const std::map<char, unsigned> units = {{'K', 10}, {'M', 20}, {'G', 30}, {'T', 40}};
  const auto colon = text.find(": ");
  const auto index = text.size() > 7 ? parse_unsigned(text.substr(7, colon - 7)) : std::nullopt;
  const bool unplaced = text.find("<unassigned>") != text.npos || text.find("<ignored>") != text.npos;
  const auto size_at = text.find("[size=");
  const auto end = size_at == text.npos ? text.npos : text.find(']', size_at);
  if (!index || *index > 5 || (end == text.npos && !unplaced)) return;
  if (!function.bars.has_value()) function.bars = std::vector<GuestBar>{};
  const bool is_io = text.find("I/O ports") != text.npos;
  if (end == text.npos) {  // without an address, some versions show no size either
    if (function.bars->size() < 6) function.bars.value().push_back({static_cast<unsigned>(*index), 0, is_io, false});
    return;
  }
  auto size_text = text.substr(size_at + 6, end - size_at - 6);
  unsigned shift = 0;
  if (!size_text.empty() && units.contains(size_text.back())) {
    shift = units.at(size_text.back());
    size_text.remove_suffix(1);
  }
  const auto size = parse_unsigned(size_text);
  if (!size || *size == 0 || *size > 1ULL << 20) return;
  if (function.bars->size() < 6)
    function.bars.value().push_back({static_cast<unsigned>(*index), *size << shift, is_io, !unplaced});
}

/// "I/O- Mem+ BusMaster+ ..." behind "Control: ".
void read_control(std::string_view text, GuestFunction& function) {
  std::uint16_t command = 0;
  for (const auto word : split_words(text)) {
    if (word == "I/O+") command |= 1;
    if (word == "Mem+") command |= 2;
    if (word == "BusMaster+") command |= 4;
  }
  function.command = command;
}

/// Where a forum or an editor took the indentation away.
bool is_flat_detail(std::string_view line) {
  static constexpr std::array<std::string_view, 18> starts =
      {"Subsystem:",   "Kernel driver in use:", "Kernel modules:", "Control:",      "Status:",    "Flags:",  "Region ",
       "Memory at ",   "I/O ports at ",         "Bus: ",           "Capabilities:", "Interrupt:", "Latency", "NUMA node:",
       "IOMMU group:", "DeviceName:",           "Expansion ROM",   "Physical Slot:"};
  return std::ranges::any_of(starts, [line](std::string_view start) { return line.starts_with(start); });
}

struct BridgeRange {
  PciAddress address;
  std::uint8_t primary = 0, secondary = 0;
};

class Lspci {
 public:
  Lspci(std::string_view text, const std::string& name) : lines_(text, name) {}

  Listing read() {
    while (lines_.next()) {
      const auto line = lines_.line();
      if (trim(line).empty() || is_hex_dump(line)) continue;
      if (line.front() == ' ' || line.front() == '\t')
        read_detail(trim(line), line.starts_with("\t\t"));
      else
        read_function(line);
    }
    finish();
    return std::move(listing_);
  }

 private:
  void read_function(std::string_view line) {
    auto function = read_heading(line);
    if (!function && !listing_.functions.empty()) {
      if (is_flat_detail(line)) return read_detail(line, false);
      if (join_heading(line)) return;
    }
    if (!function) lines_.fail("not a line of lspci");
    heading_ = std::string(line);
    if (listing_.functions.size() == most_listed) lines_.fail("too many devices");
    shows_drivers_ = shows_drivers_ || function->driver.has_value();
    listing_.functions.push_back(std::move(*function));
  }

  /// A mail program broke the line: "09:00.0 Network controller [0280]: Intel Corporation Wireless 8260" "[8086:24f3] (rev 3a)".
  bool join_heading(std::string_view line) {
    auto& last = listing_.functions.back();
    if (heading_.empty() || last.id.vendor.has_value()) return false;
    auto whole = read_heading(heading_ + " " + std::string(trim(line)));
    if (!whole || !whole->id.vendor.has_value()) return false;
    last = std::move(*whole);
    return true;
  }

  void read_detail(std::string_view line, bool deep) {
    heading_.clear();
    if (listing_.functions.empty()) lines_.fail("not a line of lspci");
    auto& function = listing_.functions.back();
    const auto after = [line](std::string_view start) {
      return line.starts_with(start) ? std::optional(trim(line.substr(start.size()))) : std::nullopt;
    };
    if (deep) {  // below a capability
      if (const auto status = after("Status: D"); status && !status->empty())
        function.power_state = "D" + std::string(split_words(*status).front());
      return;
    }
    if (const auto subsystem = after("Subsystem:")) read_subsystem(*subsystem, function);
    if (const auto driver = after("Kernel driver in use:")) {
      function.driver = std::string(*driver);
      shows_drivers_ = true;
    }
    if (after("Kernel modules:")) shows_drivers_ = true;
    if (const auto control = after("Control:")) read_control(*control, function);
    if (line.starts_with("Region ")) read_region(line, function);
    if (const auto range = after("Bus: primary=")) read_bridge(*range, function);
    if (const auto serial = line.find("Device Serial Number "); serial != line.npos)
      function.id.serial =
          to_lower(split_words(line.substr(serial + 21)).empty() ? "" : split_words(line.substr(serial + 21)).front());
    if (line.starts_with("!!! Unknown header type 7f")) function.answers_nothing = true;
  }

  static void read_subsystem(std::string_view text, GuestFunction& function) {
    const auto bracket = last_bracket(text);
    put_ids(bracket ? bracket->inside : text, function.id.subsystem_vendor, function.id.subsystem_device);
  }

  /// "00, secondary=02, subordinate=02, ..."
  void read_bridge(std::string_view text, const GuestFunction& function) {
    const auto at = text.find("secondary=");
    const auto primary = parse_unsigned(text.substr(0, 2), 16);
    const auto secondary = at == text.npos ? std::nullopt : parse_unsigned(text.substr(at + 10, 2), 16);
    if (primary && secondary)
      bridges_.push_back({function.address, static_cast<std::uint8_t>(*primary), static_cast<std::uint8_t>(*secondary)});
  }

  /// pxb and pxb-pcie (QEMU, docs/specs/pci-ids.rst).
  bool has_expander() const {
    return std::any_of(listing_.functions.begin(), listing_.functions.end(), [](const GuestFunction& function) {
      return function.id.vendor.is(0x1b36) && (function.id.device.is(0x0009) || function.id.device.is(0x000b));
    });
  }

  /// Bridges tell which bus lies behind them, so the chain to the root bus can be followed up.
  Observed<SlotChain> path_of(const PciAddress& address) const {
    if (bridges_.empty() && address.bus != 0) return Observed<SlotChain>::unreadable("the listing does not show the bridges");
    SlotChain chain;
    auto at = address;
    for (std::size_t step = 0; step < SlotChain::most_steps; ++step) {
      chain.steps.insert(chain.steps.begin(), {at.device, at.function});
      const auto above = std::find_if(bridges_.begin(), bridges_.end(), [&at](const BridgeRange& bridge) {
        return bridge.address.domain == at.domain && bridge.secondary == at.bus && bridge.address.bus != at.bus;
      });
      if (above == bridges_.end()) break;
      at = above->address;
    }
    // A bus that no bridge leads to is a root bus of its own only where QEMU's expander makes one; else its bridge was not
    // listed (lspci -d 8086:).
    if (at.bus != 0 && (lines_.has_gaps() || bridges_.empty() || !has_expander()))
      return Observed<SlotChain>::unreadable("the listing does not show all bridges");
    return chain;
  }

  void finish() {
    listing_.lists_functions = true;
    listing_.has_gaps = lines_.has_gaps();
    for (auto& function : listing_.functions) {
      function.path = path_of(function.address);
      if (shows_drivers_ && !function.driver.has_value()) function.driver = Observed<std::string>::absent();
      if (function.power_state.has_value() && function.power_state.value() == "D3") function.power_state = std::string("D3hot");
    }
  }

  CapturedLines lines_;
  Listing listing_;
  std::vector<BridgeRange> bridges_;
  bool shows_drivers_ = false;
  std::string heading_;  ///< the last line, while nothing follows it
};

class LspciRecords {
 public:
  LspciRecords(std::string_view text, const std::string& name) : lines_(text, name) {}

  Listing read() {
    while (lines_.next()) {
      const auto line = trim(lines_.line());
      if (line.empty()) {
        finish_record();
        continue;
      }
      const auto colon = line.find(':');  // tabs become blanks where text is pasted
      if (colon == line.npos || line.substr(0, colon).find(' ') != line.npos) lines_.fail("not a line of lspci -vmm");
      read_member(line.substr(0, colon), trim(line.substr(colon + 1)));
    }
    finish_record();
    listing_.lists_functions = true;
    listing_.has_gaps = lines_.has_gaps();
    if (shows_drivers_)
      for (auto& function : listing_.functions)
        if (!function.driver.has_value()) function.driver = Observed<std::string>::absent();
    return std::move(listing_);
  }

 private:
  void read_member(std::string_view key, std::string_view value) {
    if (key == "Slot" || (key == "Device" && !open_)) {
      const auto address = PciAddress::parse(value);
      if (!address) lines_.fail("'Slot' is no PCI address");
      open_ = true;
      function_ = unseen_function();
      function_.address = *address;
      function_.id.revision = std::uint8_t{0};
      vendor_.clear();
      device_.clear();
      return;
    }
    if (!open_) lines_.fail("a record starts with 'Slot'");
    std::string ignored;
    if (key == "Class") read_class(value, function_);
    if (key == "Vendor") read_named_id(value, function_.id.vendor, vendor_);
    if (key == "Device") read_named_id(value, function_.id.device, device_);
    if (key == "SVendor") read_named_id(value, function_.id.subsystem_vendor, ignored);
    if (key == "SDevice") read_named_id(value, function_.id.subsystem_device, ignored);
    if (key == "Rev")
      if (const auto number = parse_unsigned(value, 16); number && *number <= 0xff)
        function_.id.revision = static_cast<std::uint8_t>(*number);
    if (key == "ProgIf") put_programming_interface(value, function_);
    if (key == "Driver") function_.driver = std::string(value);
    if (key == "Driver" || key == "Module") shows_drivers_ = true;
  }

  void finish_record() {
    if (!open_) return;
    open_ = false;
    if (listing_.functions.size() == most_listed) lines_.fail("too many devices");
    function_.name = std::string(trim(vendor_ + " " + device_));
    read_id_in_name(function_);
    listing_.functions.push_back(std::move(function_));
  }

  CapturedLines lines_;
  Listing listing_;
  GuestFunction function_;
  std::string vendor_, device_;
  bool open_ = false, shows_drivers_ = false;
};

}  // namespace

Listing read_lspci(std::string_view text, const std::string& name) { return Lspci(text, name).read(); }
Listing read_lspci_records(std::string_view text, const std::string& name) { return LspciRecords(text, name).read(); }

}  // namespace vfio_doctor
