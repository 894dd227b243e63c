// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <set>
#include <vector>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "machine/escape.hpp"
#include "machine/format_1.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;
using Words = std::vector<std::string_view>;
constexpr std::size_t most_nodes = 1'000'000, longest_path = 4096;

std::string with_blanks(std::string_view value) {
  std::string text = unescape(value);
  for (char& c : text)
    if (c == ',') c = ' ';
  return text;
}

class MachineTextParser {
 public:
  MachineTextParser(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

  RecordedNodes parse() {
    while (!rest_.empty()) {
      const auto line = trim(next_line());
      if (line.empty() || line.front() == '#') continue;
      parse_record(line);
      if (nodes_.size() > most_nodes) fail("too many records");
    }
    if (!says_what_it_is_) {
      for (const auto& directory : shorthand_directories_) nodes_.try_emplace(directory, RecordedNode{Kind::directory, {}});
      mark_listed_by_format_1(nodes_);
    }
    return std::move(nodes_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(name_ + ":" + std::to_string(number_) + ": " + what);
  }

  std::string_view next_line() {
    const auto end = rest_.find('\n');
    auto line = rest_.substr(0, end);
    rest_ = end == rest_.npos ? std::string_view() : rest_.substr(end + 1);
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void parse_record(std::string_view line) {
    const Words words = split_words(line);
    const auto verb = words[0];
    if (verb == "complete" && words.size() == 1) return put_complete("/");
    if (verb == "expect") return;  // about the machine, not of it
    if (words.size() < 2) fail("a record needs a path");
    if (verb == "group") return parse_group(words);
    if (verb == "pci") return parse_pci(words);
    if (verb == "recorded") return put_recorder(line, words);
    const std::string path = unescape(words[1]);
    if (!path.starts_with('/')) fail("a path starts with '/'");
    if (path.size() > longest_path) fail("a path has at most " + std::to_string(longest_path) + " bytes");
    const auto rest = trim(line.substr(static_cast<std::size_t>(words[1].data() + words[1].size() - line.data())));
    if (verb == "text") return put(path, {Kind::file, one_line(rest)});
    if (verb == "file") return put(path, {Kind::file, block(false)});
    if (verb == "hex") return put(path, {Kind::file, block(true)});
    if (verb == "link") return put(path, {Kind::link, unescape(rest)});
    if (verb == "dir") return put(path, {Kind::directory, {}});
    if (verb == "listed") return put_listed(path);
    if (verb == "complete") return put_complete(path);
    if (verb == "absent") return put_absent(path, words);
    if (verb == "seen") return put(path, {Kind::seen, {}});
    if (verb == "special") return put(path, {Kind::special, {}});
    if (verb == "unreadable") return put(path, {Kind::unreadable, unescape(rest)});
    if (verb == "closed") return put(path, {Kind::closed, unescape(rest)});
    if (verb == "hidden") return put(path, {Kind::hidden, unescape(rest)});
    fail("unknown record '" + std::string(verb.substr(0, 40)) + "'");
  }

  void put_listed(const std::string& path) {
    says_what_it_is_ = true;
    put(path, {Kind::listed, {}});
  }

  void put_complete(const std::string& path) {
    says_what_it_is_ = true;
    put(path, {Kind::complete, {}});
  }

  void put_recorder(std::string_view line, const Words& words) {
    if (words.size() < 3 || words[1] != "by") fail("write: recorded by VERSION");
    says_what_it_is_ = true;
    const auto version = line.substr(static_cast<std::size_t>(words[2].data() - line.data()));
    put(Root::recorder_path, {Kind::file, unescape(version) + "\n"});
  }

  void put_absent(const std::string& path, const Words& words) {
    says_what_it_is_ = true;
    if (words.size() == 2) return put(path, {Kind::absent, {}});
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto entry = path + "/" + unescape(words[i]);
      if (entry.size() > longest_path) fail("a path has at most " + std::to_string(longest_path) + " bytes");
      put(entry, {Kind::absent, {}});
    }
  }

  std::string one_line(std::string_view rest) const {
    if (!rest.starts_with('=')) fail("write: text PATH = VALUE");
    return std::string(trim(rest.substr(1))) + "\n";
  }

  /// The lines behind "|" that follow; `file` ends each with a line end, "|\" ends the last one without.
  std::string block(bool is_hex) {
    std::string content;
    while (rest_.starts_with('|')) {
      auto line = next_line().substr(1);
      if (is_hex) {
        for (const auto byte : split_words(line)) {
          const auto value = byte.size() == 2 ? parse_unsigned(byte, 16) : std::nullopt;
          if (!value) fail("bytes are two hexadecimal digits each");
          content += static_cast<char>(*value);
        }
        continue;
      }
      if (line == "\\" && !content.empty()) {
        content.pop_back();
        break;
      }
      if (line.starts_with(' ')) line.remove_prefix(1);
      content.append(line).append("\n");
    }
    return content;
  }

  void put(const std::string& path, RecordedNode node) { nodes_[join_path_text(path)] = std::move(node); }
  void attribute(const std::string& directory, const std::string& name, const std::string& value) {
    put(directory + "/" + name, {Kind::file, value + "\n"});
  }

  static std::string join_path_text(const std::string& path) {
    std::string clean;
    for (const auto part : split(path, '/')) {
      if (part.empty() || part == "." || part == "..") continue;
      clean.append("/").append(part);
    }
    return clean.empty() ? "/" : clean;
  }

  std::string group_directory(std::string_view number) {
    if (!parse_unsigned(number)) fail("a group is a number");
    const std::string directory = "/sys/kernel/iommu_groups/" + std::string(number);
    shorthand_directories_.insert({"/sys/kernel/iommu_groups", directory + "/devices"});
    nodes_.try_emplace(directory + "/type", RecordedNode{Kind::file, "DMA-FQ\n"});
    nodes_.try_emplace(directory + "/reserved_regions",
                       RecordedNode{Kind::file, "0x00000000fee00000 0x00000000feefffff msi\n"});
    return directory;
  }

  void parse_group(const Words& words) {
    const auto directory = group_directory(words[1]);
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto [key, value] = key_value(words[i]);
      if (key == "type") attribute(directory, "type", std::string(value));
      if (key != "reserved") continue;
      std::string lines;
      for (const auto region : split(value, ',')) {
        const auto parts = split(region, ':');
        const auto range = split(parts[0], '-');
        if (parts.size() != 2 || range.size() != 2) fail("write: reserved=START-END:TYPE,...");
        lines += "0x" + std::string(range[0]) + " 0x" + std::string(range[1]) + " " + std::string(parts[1]) + "\n";
      }
      put(directory + "/reserved_regions", {Kind::file, lines});
    }
  }

  std::pair<std::string, std::string_view> key_value(std::string_view word) const {
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0) fail("expected KEY=VALUE: '" + std::string(word) + "'");
    return {std::string(word.substr(0, equals)), word.substr(equals + 1)};
  }

  struct Ids {
    std::uint16_t vendor = 0, device = 0;
  };

  Ids parse_ids(std::string_view text) const {
    const auto parts = split(text, ':');
    const auto vendor = parse_unsigned(parts[0], 16);
    const auto device = parts.size() == 2 ? parse_unsigned(parts[1], 16) : std::nullopt;
    if (!vendor || !device || *vendor > 0xffff || *device > 0xffff) fail("ids are VVVV:DDDD");
    return {static_cast<std::uint16_t>(*vendor), static_cast<std::uint16_t>(*device)};
  }

  std::string device_directory(const PciAddress& address, std::string_view above) {
    if (above.empty()) {
      const auto text = address.text();
      return "/sys/devices/pci" + text.substr(0, text.rfind(':')) + "/" + text;
    }
    const auto bridge = PciAddress::parse(above);
    const auto link = bridge ? nodes_.find("/sys/bus/pci/devices/" + bridge->text()) : nodes_.end();
    static constexpr std::string_view up = "../../..";
    if (link == nodes_.end() || !link->second.content.starts_with(up))
      fail("the bridge behind 'under=' must come first, as a 'pci' record");
    auto directory = "/sys" + link->second.content.substr(up.size()) + "/" + address.text();
    if (directory.size() > longest_path) fail("the bridges are nested too deeply");
    return directory;
  }

  void parse_pci(const Words& words);
  void put_config(const std::string& directory, const Ids& ids, const Ids& subsystem, std::uint32_t class_code,
                  std::uint8_t revision, std::uint8_t header);

  std::string_view rest_;  ///< what was not read yet; not split beforehand, since text may be nothing but line ends
  const std::string& name_;
  std::size_t number_ = 0;                       ///< of the line read last, from 1
  std::set<std::string> shorthand_directories_;  ///< what `pci` and `group` put their nodes into
  bool says_what_it_is_ = false;                 ///< complete, or recorded by a version that tells absent from not asked
  RecordedNodes nodes_;
};

void MachineTextParser::put_config(const std::string& directory, const Ids& ids, const Ids& subsystem, std::uint32_t class_code,
                                   std::uint8_t revision, std::uint8_t header) {
  std::string config(64, '\0');
  const auto put_word = [&config](std::size_t at, unsigned value) {
    config[at] = static_cast<char>(value & 0xff);
    config[at + 1] = static_cast<char>(value >> 8);
  };
  put_word(0x00, ids.vendor);
  put_word(0x02, ids.device);
  config[0x06] = 0x10;  // there are capabilities, and what they are the line does not say
  config[0x08] = static_cast<char>(revision);
  config[0x09] = static_cast<char>(class_code & 0xff);
  put_word(0x0a, class_code >> 8);
  config[0x0e] = static_cast<char>(header);
  if ((header & 0x7f) == 0) {
    put_word(0x2c, subsystem.vendor);
    put_word(0x2e, subsystem.device);
  }
  put(directory + "/config", {Kind::file, config});
}

void MachineTextParser::parse_pci(const Words& words) {
  const auto address = PciAddress::parse(words[1]);
  if (!address) fail("'" + std::string(words[1]) + "' is no PCI address");
  Ids ids, subsystem;
  std::uint64_t class_code = 0, revision = 0, header = 0;
  bool multifunction = false, has_subsystem = false;
  std::string_view above, driver, group;
  std::vector<std::pair<std::string, std::string_view>> attributes;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto [key, value] = key_value(words[i]);
    if (key == "id")
      ids = parse_ids(value);
    else if (key == "sub")
      subsystem = parse_ids(value), has_subsystem = true;
    else if (key == "class")
      class_code = parse_unsigned(value, 16).value_or(0x1000000);
    else if (key == "rev")
      revision = parse_unsigned(value, 16).value_or(0x100);
    else if (key == "header")
      header = parse_unsigned(value, 16).value_or(0x100);
    else if (key == "multifunction")
      multifunction = value == "1";
    else if (key == "under")
      above = value;
    else if (key == "driver")
      driver = value;
    else if (key == "group")
      group = value;
    else
      attributes.emplace_back(key, value);
  }
  if (class_code > 0xffffff || revision > 0xff || header > 0x7f) fail("class, rev or header is out of range");

  const std::string text = address->text();
  const std::string directory = device_directory(*address, above);
  shorthand_directories_.insert("/sys/bus/pci/devices");
  put("/sys/bus/pci/devices/" + text, {Kind::link, "../../.." + directory.substr(4)});
  std::string up;  // from the device's directory to /sys
  for (const char c : directory.substr(5)) up += c == '/' ? "../" : "";
  up += "..";
  if (!driver.empty()) put(directory + "/driver", {Kind::link, up + "/bus/pci/drivers/" + std::string(driver)});
  if (!group.empty()) {
    const auto group_path = group_directory(group);
    put(directory + "/iommu_group", {Kind::link, up + group_path.substr(4)});
    put(group_path + "/devices/" + text, {Kind::link, "../../../.." + directory.substr(4)});
  }
  std::array<char, 256> uevent{};
  std::snprintf(uevent.data(), uevent.size(), "PCI_CLASS=%lX\nPCI_ID=%04X:%04X\n", static_cast<unsigned long>(class_code),
                ids.vendor, ids.device);
  std::string lines = driver.empty() ? "" : "DRIVER=" + std::string(driver) + "\n";
  lines += uevent.data();
  if (has_subsystem) {  // ids that nobody wrote down are unknown, not 0000:0000
    std::snprintf(uevent.data(), uevent.size(), "PCI_SUBSYS_ID=%04X:%04X\n", subsystem.vendor, subsystem.device);
    lines += uevent.data();
  }
  put(directory + "/uevent", {Kind::file, lines + "PCI_SLOT_NAME=" + text + "\n"});
  std::array<char, 8> revision_text{};
  std::snprintf(revision_text.data(), revision_text.size(), "0x%02x", static_cast<unsigned>(revision & 0xff));
  attribute(directory, "revision", revision_text.data());
  put_config(directory, ids, subsystem, static_cast<std::uint32_t>(class_code), static_cast<std::uint8_t>(revision),
             static_cast<std::uint8_t>(header | (multifunction ? 0x80 : 0)));
  for (const auto& [key, value] : attributes) attribute(directory, key, with_blanks(value));
}

}  // namespace

RecordedNodes parse_machine_text(std::string_view text, const std::string& name) {
  return MachineTextParser(text, name).parse();
}

bool begins_like_machine_text(std::string_view text) {
  constexpr std::array<std::string_view, 17> verbs = {"text",    "file",       "hex",      "link",     "dir",   "seen",
                                                      "special", "unreadable", "closed",   "hidden",   "group", "pci",
                                                      "listed",  "absent",     "complete", "recorded", "expect"};
  for (const auto line : split_lines(text)) {
    const auto record = trim(line);
    if (record.empty() || record.front() == '#') continue;
    return std::ranges::find(verbs, split_words(record).front()) != verbs.end();
  }
  return true;
}

}  // namespace vfio_doctor
