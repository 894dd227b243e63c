// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/command_words.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/domain/command_iommus.hpp"
#include "facts/domain/command_places.hpp"
#include "facts/domain/id_override.hpp"
#include "facts/domain/opened_paths.hpp"
#include "facts/domain/shell_words.hpp"
#include "facts/domain/vfio_properties.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_words = 65536;

using Options = CommandOptions;

/// A number in JSON; "addr" is slot and function in one there (QEMU, set_pci_devfn()), and text elsewhere.
std::string number_text(const std::string& key, std::uint64_t number) {
  return key == "addr" && number <= 0xff ? hex_text(number >> 3, 1) + "." + hex_text(number & 7, 1) : std::to_string(number);
}

/// {"driver":"raw","file":{"driver":"nvme"}} -> driver=raw, file.driver=nvme. The depth is bounded by parse_bounded_json().
void flatten(const nlohmann::json& json, const std::string& prefix, Options& options) {
  for (const auto& [key, member] : json.items()) {
    const auto name = prefix.empty() ? key : prefix + "." + key;
    if (member.is_string()) options[name] = member.get<std::string>();
    if (member.is_boolean()) options[name] = member.get<bool>() ? "on" : "off";
    if (member.is_number_unsigned()) options[name] = number_text(key, member.get<std::uint64_t>());
    if (member.is_object()) flatten(member, name, options);
  }
}

}  // namespace

CommandOptions command_options(std::string_view text) {
  Options options;
  const auto braces = text.find('{');
  if (text.starts_with("{") || text.starts_with("json:{")) {
    try {
      flatten(parse_bounded_json(text.substr(braces)), "", options);
    } catch (const JsonError&) {  // QEMU would not take it either
    }
    return options;
  }
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool doubled = text[i] == ',' && i + 1 < text.size() && text[i + 1] == ',';
    if (text[i] == ',' && !doubled)
      parts.emplace_back();
    else
      parts.back() += text[i];
    if (doubled) ++i;
  }
  for (const auto& part : parts) {
    const auto equals = part.find('=');
    if (equals != part.npos)
      options[part.substr(0, equals)] = part.substr(equals + 1);
    else
      options.try_emplace("driver", part);
  }
  return options;
}

namespace {

/// What strtoul() takes at `at`, and moves behind it: blanks and 0x in front are no hindrance.
std::optional<std::uint64_t> take_number(std::string_view text, std::size_t& at, int base) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  if (base == 16 && (text.substr(at).starts_with("0x") || text.substr(at).starts_with("0X"))) at += 2;
  const auto end = std::min(text.find_first_not_of(base == 16 ? "0123456789abcdefABCDEF" : "0123456789", at), text.size());
  const auto value = parse_unsigned(text.substr(at, end - at), base);
  at = end;
  return value;
}

/// host= of vfio-pci: numbers of any length, so that "3e:0.0" is 0000:3e:00.0 (QEMU, hw/core/qdev-properties-system.c,
/// set_pci_host_devaddr(), 7.2 to 10.2).
std::optional<PciAddress> qemu_address(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  std::size_t at = 0;
  for (;;) {
    const auto number = take_number(text, at, 16);
    if (!number || at >= text.size() || numbers.size() > 2) return std::nullopt;
    numbers.push_back(*number);
    if (text[at++] == '.') break;
    if (text[at - 1] != ':') return std::nullopt;
  }
  const auto function = take_number(text, at, 10);
  if (numbers.size() < 2 || !function || at != text.size()) return std::nullopt;
  const auto domain = numbers.size() == 3 ? numbers[0] : 0, bus = numbers[numbers.size() - 2], slot = numbers.back();
  if (domain > 0xffffffff || bus > 0xff || slot > 0x1f || *function > 7) return std::nullopt;
  return PciAddress{static_cast<std::uint32_t>(domain), static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(slot),
                    static_cast<std::uint8_t>(*function)};
}

class WordReader {
 public:
  explicit WordReader(Domain& domain) : domain_(domain), places_(domain) {}

  void read(const std::vector<CommandWord>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (domain_.hostdevs.size() > most_domain_devices) throw InputError(domain_.file + ": too many devices");
      const auto& [text, line, begins_line] = words[i];
      line_ = line;
      const bool set = i > 0 && (words[i - 1].text == "-set" || words[i - 1].text == "--set");
      if (text == "-readconfig" || text == "--readconfig") {
        places_.more_is_unseen();
        domain_.unresolved.push_back({line, "QEMU reads more devices from a file (-readconfig), which is not read here.", {}});
      }
      const bool device = i > 0 && (words[i - 1].text == "-device" || words[i - 1].text == "--device");
      if (device && text.empty()) places_.more_is_unseen();  // only the shell knows it
      if (text.starts_with("{") && i > 0 && words[i - 1].text.starts_with("-") && command_options(text).empty()) {
        places_.more_is_unseen();
        domain_.unresolved.push_back(
            {line, "'" + text.substr(0, 60) + "' is no JSON that can be read here: which device it names is not known.", {}});
      }
      if (text.starts_with("-") && text.find(" vfio-pci") != text.npos)
        domain_.faults.push_back({line, "One argument holds an option and its value: QEMU takes them as two.",
                                  text.substr(0, 60) + ": invalid option"});
      else if (device && text.starts_with(" "))
        domain_.faults.push_back({line, "The name of a device begins with a blank.", "is not a valid device model name"});
      if (device && text.ends_with(",") && i + 1 < words.size() && !words[i + 1].text.starts_with("-"))
        domain_.faults.push_back({line, "A blank stands behind a comma: QEMU takes what follows for a disk.",
                                  "Could not open '" + words[i + 1].text.substr(0, 60) + "': No such file or directory"});
      if (i > 0 && (words[i - 1].text == "-cpu" || words[i - 1].text == "--cpu"))
        read_processor(text);
      else if (set)
        read_setting(text);
      else
        read_device(text, device);
    }
  }

 private:
  void add(const PciAddress& source, bool reaches_guest) {
    DomainHostdev device;
    device.origin = DomainHostdev::Origin::command_line;
    device.source = source;
    device.reaches_guest = reaches_guest;
    device.line = line_;
    domain_.hostdevs.push_back(std::move(device));
  }

  void add_host(const std::string& value) {
    if (const auto source = qemu_address(value)) return add(*source, true);
    domain_.faults.push_back({line_, "vfio-pci on the command line has no valid host address: '" + value.substr(0, 60) + "'.",
                              "Property 'vfio-pci.host' doesn't take value"});
  }

  /// QEMU follows the path, so that a slash at its end and any way to the same directory mean the same function.
  void add_path(std::string path) {
    path = std::filesystem::path(path).lexically_normal().string();  // "//", "/.", "/x/.."
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const auto last = base_name(path);
    if (const auto source = PciAddress::parse(last)) return add(*source, true);
    if (path.find("mdev") != path.npos || last.size() == 36) return domain_.mdevs.push_back({last, "vfio-pci", line_});
    domain_.sysfs_paths.emplace_back(line_, path);
    domain_.unresolved.push_back({line_, "Which function sysfsdev=" + path.substr(0, 120) + " means is not known here.", {}});
  }

  /// "device.hostdev0.host=3e:00.0"
  void read_setting(const std::string& text) {
    const auto equals = text.find('=');
    if (!text.starts_with("device.") || equals == text.npos) return;
    const auto key = text.substr(0, equals), value = text.substr(equals + 1);
    if (key.ends_with(".host") && qemu_address(value)) add_host(value);
    if (key.ends_with(".sysfsdev")) add_path(value);
  }

  /// "host,hv_relaxed,host-phys-bits-limit=39": of several the last one counts.
  void read_processor(const std::string& text) {
    const auto options = command_options(text);
    auto& processor = domain_.processor = GuestProcessor{};
    const auto model = options.contains("driver") ? options.at("driver") : std::string();
    processor.mode = model == "host" ? "host-passthrough" : model == "max" ? "maximum" : model;
    processor.line = line_;
    const auto is = [&options](const char* name, const char* value) {
      return options.contains(name) && options.at(name) == value;
    };
    if (is("host-phys-bits", "on") || is("host-phys-bits", "true")) processor.address_mode = "passthrough";
    if (is("host-phys-bits", "off") || is("host-phys-bits", "false") || options.contains("phys-bits"))
      processor.address_mode = "emulate";
    for (const auto* name : {"phys-bits", "host-phys-bits-limit"})
      if (options.contains(name)) processor.address_bits = parse_unsigned(options.at(name));
    if (options.contains("guest-phys-bits")) processor.usable_bits = parse_unsigned(options.at("guest-phys-bits"));
  }

  static void name_it(const std::map<std::string, std::string>& options, DomainHostdev& device) {
    for (const auto& [key, value] : options) {
      if (key == "id") device.label = value;
      show_other_id(device, key, value);
    }
  }

  /// `device_option`: the word stands behind -device.
  void read_device(const std::string& text, bool device_option) {
    const auto options = command_options(text);
    if (const auto driver = options.find("driver"); driver != options.end() && driver->second.starts_with("vfio-pci")) {
      const auto host = options.find("host"), path = options.find("sysfsdev");
      const auto known = domain_.hostdevs.size();
      if (device_option) judge_vfio_properties(options, line_, domain_);
      if (path != options.end())  // host= is what QEMU makes a path of where there is none
        add_path(path->second);
      else if (host != options.end())
        add_host(host->second);
      if (domain_.hostdevs.size() > known) {
        name_it(options, domain_.hostdevs.back());
        domain_.hostdevs.back().iommufd = options.contains("iommufd");
      }
      if (device_option) places_.read(options, line_, domain_.hostdevs.size() > known ? &domain_.hostdevs.back() : nullptr);
      if (host == options.end() && path == options.end() && options.contains("fd"))
        domain_.unresolved.push_back(
            {line_, "A vfio-pci device is handed over as an open file (fd=): which one is not known here.", {}});
      if (domain_.form == Domain::Form::command_line && options.contains("romfile") && !domain_.hostdevs.empty())
        domain_.hostdevs.back().rom_file = options.at("romfile");
      return;
    }
    for (const auto& [key, value] : options) {
      if (key == "file" || key == "filename" || key.ends_with(".filename")) note_opened("disk", value, line_, domain_);
      if (key == "evdev") note_opened("input device", value, line_, domain_);
      if (key == "rendernode") note_opened("render node", value, line_, domain_);
    }
    if (device_option) {
      places_.read(options, line_, nullptr);
      add_iommu_device(options, line_, domain_);
    }
    for (const auto& [key, value] : options) {
      if (value != "nvme" || !(key == "driver" || key.ends_with(".driver"))) continue;
      const auto device = options.find(key.substr(0, key.size() - 6) + "device");
      if (device == options.end()) continue;
      if (const auto source = PciAddress::parse(device->second)) add(*source, false);
    }
    // "nvme://0000:3e:00.0/1" in -drive file=, -hda and wherever else QEMU takes a file.
    for (auto at = text.find("nvme://"); at != text.npos; at = text.find("nvme://", at + 7)) {
      const auto end = text.find_first_of("/,\"'} ", at + 7);
      if (const auto source = PciAddress::parse(std::string_view(text).substr(at + 7, end == text.npos ? end : end - at - 7)))
        add(*source, false);
    }
  }

  Domain& domain_;
  CommandPlaces places_;
  std::size_t line_ = 0;
};

/// "8G", "8192", "size=8G,slots=2": QEMU counts in MiB where no unit is given.
std::optional<std::uint64_t> memory_of(const std::string& text) {
  const auto options = command_options(text);
  auto size = options.contains("size") ? options.at("size") : options.contains("driver") ? options.at("driver") : "";
  if (size.empty()) return std::nullopt;
  std::uint64_t unit = 1 << 20;
  const auto suffix = to_lower(size.substr(size.size() - 1));
  if (const auto at = std::string_view("bkmgt").find(suffix); at != std::string_view::npos) {
    unit = 1ULL << (10 * at);
    size.pop_back();
  }
  const auto count = parse_unsigned(size);
  if (!count || *count > (1ULL << 62) / unit) return std::nullopt;
  return *count * unit;
}

}  // namespace

void read_command_words(const std::vector<CommandWord>& words, Domain& domain) { WordReader(domain).read(words); }

namespace {

bool begins_object(std::string_view text, std::size_t at) {
  const auto first = text[at] == '{' ? text.find_first_not_of(" \t", at + 1) : text.npos;
  return first != text.npos && text[first] == '"';
}

/// Where the object of JSON that begins at `at` ends; `at` where it does not end in its line.
std::size_t end_of_object(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  bool in_string = false;
  for (auto i = at; i < text.size() && text[i] != '\n'; ++i) {
    const char c = text[i];
    if (in_string && c == '\\')
      ++i;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && (c == '{' || c == '['))
      ++depth;
    else if (!in_string && (c == '}' || c == ']') && --depth == 0)
      return i + 1;
  }
  return at;
}

}  // namespace

std::vector<CommandWord> split_command_line(const std::string& text, const std::string& name) {
  std::vector<CommandWord> words;
  const bool zeros = text.find('\0') != text.npos;
  std::size_t line = 1;
  char quote = 0;
  bool in_word = false, begins_line = true;
  const auto put = [&](char c) {
    if (!in_word) words.push_back({{}, line, begins_line});
    begins_line = false;
    if (words.size() > most_words) throw InputError(name + ": more than " + std::to_string(most_words) + " words");
    in_word = true;
    if (c != 0) words.back().text += c;
  };
  std::size_t looked_through = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    // Logs and lists of processes show what QEMU was given, without the quotes that a shell wants around it.
    if (!zeros && !in_word && i >= looked_through && begins_object(text, i)) {
      const auto end = end_of_object(text, i);
      if (end > i) {
        while (i < end) put(text[i++]);
        --i;
        continue;
      }
      looked_through = std::min(text.find('\n', i), text.size());  // once a line, however many braces it has
    }
    const char c = text[i];
    const bool escaped = !zeros && c == '\\' && quote != '\'' && i + 1 < text.size();
    if (escaped && text[i + 1] != '\n')
      put(text[++i]);
    else if (escaped)
      ++i, ++line;
    else if (zeros && c == '\0')
      in_word = false;
    else if (zeros)
      put(c);
    else if (quote != 0 && c == quote)
      quote = 0;
    else if (quote == 0 && (c == '\'' || c == '"'))
      put(0), quote = c;
    else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
      in_word = false, begins_line = begins_line || c == '\n';
    else if (quote == 0 && c == '#' && !in_word)
      i = std::min(text.find('\n', i), text.size()) - 1;
    else
      put(c);
    if (c == '\n' && !escaped) ++line;
  }
  return words;
}

Domain parse_qemu_command_line(const std::string& text, const std::string& name) {
  const bool is_running = text.find('\0') != text.npos;  // no shell is between
  const auto words = is_running ? split_command_line(text, name) : with_variables(split_command_line(text, name));
  Domain domain;
  domain.form = Domain::Form::command_line;
  domain.file = name;
  domain.name = base_name(name);
  auto given = is_running ? words : qemu_command(words, domain);
  if (given.empty() || (is_running && qemu_command(words, domain).empty()))
    throw InputError(name + ": neither XML nor a Proxmox configuration nor a command line of QEMU or virt-install");
  const auto program = base_name(given.front().text);
  given.erase(given.begin());
  if (!is_running) tell_open_words(given, domain);
  for (std::size_t i = 0; i + 1 < given.size(); ++i) {
    auto option = given[i].text;
    if (option.starts_with("--")) option.erase(0, 1);
    const auto& value = given[i + 1].text;
    if (option == "-name" && (is_running || value.find('$') == value.npos)) {
      const auto options = command_options(value);
      domain.name = options.contains("guest") ? options.at("guest") : value.substr(0, value.find(','));
    } else if (option == "-m") {
      domain.memory_bytes = memory_of(value);
      domain.memory_line = given[i].line;
    } else if (option == "-machine" || option == "-M") {
      const auto options = command_options(value);
      if (options.contains("type") || options.contains("driver"))
        domain.machine = options.contains("type") ? options.at("type") : options.at("driver");
      domain.os_line = given[i].line;
      if (options.contains("pflash0")) domain.loader = options.at("pflash0");
      read_machine_options(options, given[i].line, domain);
    } else if (option == "-accel") {
      if (value.starts_with("kvm")) domain.type = "kvm";
    } else if (option == "-bios") {
      domain.loader = value;
    } else if (option == "-drive" && value.find("if=pflash") != value.npos) {
      domain.loader = "pflash";
    }
  }
  std::vector<std::string> texts;
  for (const auto& word : given) texts.push_back(word.text);
  const auto has = [&texts](std::string_view option) { return std::ranges::find(texts, option) != texts.end(); };
  if (has("-enable-kvm") || has("--enable-kvm")) domain.type = "kvm";
  const bool for_pc = program == "qemu-system-x86_64" || program == "qemu-system-i386";
  if (domain.machine.empty() && for_pc && !has("-readconfig") && !has("--readconfig")) domain.machine = "pc";  // pc_init1()
  read_command_words(given, domain);
  miss_iommufd_objects(given, domain);
  if (domain.has_no_pci)
    for (const auto& device : domain.hostdevs)
      if (device.reaches_guest)
        domain.faults.push_back(
            {device.line, "The machine microvm has no PCI bus without pcie=on.", "No 'PCI' bus found for device 'vfio-pci'"});
  add_default_devices(texts, domain);
  return domain;
}

}  // namespace vfio_doctor
