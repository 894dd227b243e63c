// SPDX-License-Identifier: GPL-2.0-or-later
// Which screen this host talks on.
#include "facts/console/console.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"
#include "facts/pci/memory_areas.hpp"
#include "facts/pci/sysfs_path.hpp"

namespace vfio_doctor {
namespace {

using Framebuffers = std::vector<Framebuffer>;

/// "fb12" -> 12.
std::optional<std::uint64_t> framebuffer_number(std::string_view name) {
  return name.starts_with("fb") ? parse_unsigned(name.substr(2)) : std::nullopt;
}

/// The function right above a memory area that firmware set up as a picture.
std::vector<Framebuffer> firmware_pictures(const Root& root) {
  static constexpr auto names =
      std::to_array<std::string_view>({"BOOTFB", "efifb", "simplefb", "simple-framebuffer", "vesafb"});
  std::vector<Framebuffer> found;
  const auto areas = areas_in_functions(root, names);
  if (!areas.has_value()) return found;
  for (const auto& area : areas.value()) found.push_back({area.name, "/proc/iomem", {area.function}});
  return found;
}

/// "0 i915drmfb" of /proc/fb, each followed through /sys/class/graphics/fb0.
Observed<Framebuffers> read_framebuffers(const Root& root) {
  const auto text = root.read("/proc/fb");
  if (text.is_unreadable()) return Observed<Framebuffers>::unreadable("/proc/fb: " + text.why());
  std::vector<std::pair<std::uint64_t, std::string>> numbered;
  if (text.has_value()) {
    for (const auto line : split_lines(text.value())) {
      const auto words = split_words(line);
      const auto number = words.empty() ? std::nullopt : parse_unsigned(words[0]);
      if (number) numbered.emplace_back(*number, std::string(trim(line.substr(line.find(words[0]) + words[0].size()))));
    }
  } else {
    const auto entries = root.list("/sys/class/graphics");
    if (!entries.has_value()) return Observed<Framebuffers>::like(entries);
    for (const auto& entry : entries.value())
      if (const auto number = framebuffer_number(entry))
        numbered.emplace_back(*number, root.read_line("/sys/class/graphics/" + entry + "/name").get()
                                           ? root.read_line("/sys/class/graphics/" + entry + "/name").value()
                                           : entry);
  }
  std::ranges::sort(numbered);
  const auto pictures = firmware_pictures(root);
  Framebuffers found;
  for (const auto& [number, name] : numbered) {
    Framebuffer framebuffer{name, text.has_value() ? "/proc/fb" : "/sys/class/graphics", {}};
    const auto path = root.canonical("/sys/class/graphics/fb" + std::to_string(number));
    if (path.has_value()) framebuffer.functions = functions_behind(root, path.value());
    // A framebuffer of the firmware is a platform device; only the memory it draws into tells whose it is.
    if (framebuffer.functions.empty() && !pictures.empty()) framebuffer.functions = pictures.front().functions;
    found.push_back(std::move(framebuffer));
  }
  for (const auto& picture : pictures) {
    const auto is_known = [&picture](const Framebuffer& known) { return known.functions == picture.functions; };
    if (std::ranges::none_of(found, is_known)) found.push_back(picture);
  }
  return found;
}

/// Answers about screens, and which of them could not be had: "no screen is on" must come from having looked.
class Looking {
 public:
  explicit Looking(const Root& root) : root_(root) {}

  bool says(const std::string& path, const std::string& wanted) {
    const auto line = root_.read_line(path);
    note(path, line);
    return line.is(wanted);
  }
  std::vector<std::string> list(const std::string& path) { return names(path, root_.list(path)); }
  /// The names in a listing that was taken already.
  std::vector<std::string> names(const std::string& path, const Observed<std::vector<std::string>>& listing) {
    note(path, listing);
    return listing.has_value() ? listing.value() : std::vector<std::string>();
  }
  /// The functions behind an entry of /sys/class.
  std::vector<PciAddress> functions_of(const std::string& entry) {
    const auto place = root_.canonical(entry);
    note(entry, place);
    if (!place.has_value()) return {};
    if (!is_sysfs_device(place.value()) && unseen_.empty()) unseen_ = no_sysfs_device(entry);
    return functions_behind(root_, place.value());
  }
  /// The first thing that could not be seen, and why; empty where all could.
  const std::string& unseen() const { return unseen_; }

 private:
  template <class T>
  void note(const std::string& path, const Observed<T>& seen) {
    if (seen.is_unreadable() && unseen_.empty()) unseen_ = path + ": " + seen.why();
  }

  const Root& root_;
  std::string unseen_;
};

std::vector<PciAddress> read_boot_displays(Looking& looking, const std::vector<std::string>& drm_entries) {
  std::vector<PciAddress> functions;
  for (const auto& card : drm_entries) {
    if (!card.starts_with("card") || card.find('-') != card.npos) continue;
    if (looking.says("/sys/class/drm/" + card + "/boot_display", "1"))
      add_functions(functions, looking.functions_of("/sys/class/drm/" + card));
  }
  return functions;
}

/// What the kernel knows without asking the screen: both attributes are remembered, nothing is probed or woken
/// (status_show() and enabled_show() in drivers/gpu/drm/drm_sysfs.c).
std::vector<LitScreen> read_lit_screens(Looking& looking, const std::vector<std::string>& drm_entries) {
  std::vector<LitScreen> screens;
  for (const auto& entry : drm_entries) {
    const auto path = "/sys/class/drm/" + entry;
    if (!entry.starts_with("card") || entry.find('-') == entry.npos) continue;
    if (looking.says(path + "/status", "connected") && looking.says(path + "/enabled", "enabled"))
      screens.push_back({entry, looking.functions_of(path)});
  }
  return screens;
}

/// "(S) VGA+" is bound on hosts without any framebuffer.
bool has_vga_text_console(const Root& root, Looking& looking) {
  const std::string directory = "/sys/class/vtconsole/";
  return std::ranges::any_of(looking.list(directory), [&](const std::string& console) {
    const auto name = root.read_line(directory + console + "/name");
    const bool may_be = name.is_unreadable() || (name.has_value() && name->find("VGA") != std::string::npos);
    return may_be && looking.says(directory + console + "/bind", "1");
  });
}

bool is_serial_line(std::string_view name) {
  static constexpr auto prefixes = std::to_array<std::string_view>(
      {"console=ttyS", "console=ttyAMA", "console=ttyUSB", "console=uart", "console=hvc", "console=ttymxc"});
  return std::ranges::any_of(prefixes, [name](std::string_view prefix) { return name.starts_with(prefix); });
}

bool has_serial_console(const Root& root) {
  const auto line = root.read("/proc/cmdline");
  return line.has_value() && std::ranges::any_of(split_words(line.value()), is_serial_line);
}

}  // namespace

ConsoleFacts gather_console(const Root& root) {
  ConsoleFacts facts;
  facts.inputs = read_input_devices(root);
  facts.usb = read_usb_devices(root);
  facts.framebuffers = read_framebuffers(root);
  Looking looking(root);
  const auto entries = root.list("/sys/class/drm");
  const auto drm = looking.names("/sys/class/drm", entries);
  facts.boot_displays = read_boot_displays(looking, drm);
  facts.lit_screens = read_lit_screens(looking, drm);
  if (!entries.has_value()) facts.lit_screens = Observed<std::vector<LitScreen>>::like(entries);
  facts.vga_text_console = has_vga_text_console(root, looking);
  const bool has_framebuffer = facts.framebuffers.has_value() && !facts.framebuffers->empty();
  if (!looking.unseen().empty() && !has_framebuffer && !facts.framebuffers.is_unreadable())
    facts.framebuffers = Observed<Framebuffers>::unreadable(looking.unseen());
  facts.serial_console = has_serial_console(root);
  return facts;
}

}  // namespace vfio_doctor
