// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "facts/paste/paste.hpp"
#include "machine/pci_address.hpp"

namespace vfio_doctor {

/// Where something was read, to quote it.
struct PastedAt {
  std::uint32_t file = 0, line = 0, document = 0;
  std::string text;  ///< the line, at most quoted_bytes of it
};
inline constexpr std::size_t quoted_bytes = 400;
/// A line as evidence: without blanks around it, cut at quoted_bytes at the end of a character.
std::string quoted(std::string_view text);

/// A PCI function as listings show it. What a listing does not show is nothing, not "none".
struct PastedFunction {
  PciAddress address;
  PastedAt at;
  std::string description;  ///< "Audio device [0403]: NVIDIA ..."
  std::optional<std::uint16_t> vendor_id, device_id, class_and_subclass;
  std::optional<std::string> driver;  ///< empty: the listing shows that there is none
  std::optional<PastedAt> driver_at;
  std::optional<unsigned> group;
  bool is_bridge = false;
  bool shows_details = false;  ///< as lspci -v does
};

/// A word of a command line, a release of a kernel: what was pasted as one.
struct PastedText {
  std::string text;
  PastedAt at;
};

/// That a function is in a group, as a listing of groups shows it.
struct PastedMember {
  unsigned group = 0;
  PciAddress address;
  PastedAt at;
};

/// What pasted listings, command lines and settings say about the machine, each with its place. Guests and hosts are kept
/// apart by the document. All lists are bounded.
struct PastedMachine {
  static constexpr std::size_t most_functions = 4096, most_texts = 64;
  std::vector<PastedFunction> functions;    ///< in the order of the paste; the same address may come again
  std::vector<PastedMember> group_members;  ///< as listings of groups show them
  std::vector<PastedText> command_lines;
  std::vector<PastedText> boot_settings;            ///< arguments as a boot loader's files have them: GRUB_CMDLINE_LINUX=...
  std::vector<PastedText> vfio_ids;                 ///< of modprobe.d and command lines: "10de:1c82,10de:0fb9"
  std::vector<PastedText> releases;                 ///< "6.8.12-20-pve"
  std::vector<PastedText> searches_without_result;  ///< a grep in /proc/cmdline that printed nothing: what it looked for
  std::vector<PastedText> iomem, interrupts;        ///< lines
};

/// Builds it from the lines of a paste, one after the other.
class PastedMachineReader {
 public:
  void take(const PasteLine& line);
  void end_file();
  PastedMachine take_machine() { return std::move(machine_); }

 private:
  PastedAt place(const PasteLine& line) const;
  void take_heading(const PasteLine& line, std::string_view text, std::optional<unsigned> group);
  void take_detail(const PasteLine& line, std::string_view text);
  void take_group(const PasteLine& line, std::string_view text);
  void take_member(const PasteLine& line, unsigned group, const PciAddress& address);
  void take_words(const PasteLine& line, std::string_view text);
  void take_arguments(const PasteLine& line, std::string_view text);
  void take_release(const PasteLine& line, std::string_view word);
  void finish_search();

  PastedMachine machine_;
  std::optional<unsigned> group_;        ///< of the lines that follow
  bool lists_apart_ = false;             ///< its members stand on the heading's line or are indented: others are none
  std::optional<std::size_t> function_;  ///< whose details follow
  std::optional<PastedText> search_;     ///< a grep whose output has not come
  bool shows_settings_ = false;          ///< the output of a command that prints a boot loader's file follows
};

}  // namespace vfio_doctor
