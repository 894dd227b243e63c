// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <optional>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/protection/host_needs.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"host-console", "The screen this host talks on", 30, run};

/// The framebuffer on the boot display: one that is there by its path, else one the firmware left without an owner.
const Framebuffer* framebuffer_on(const Host& host, const PciAddress& function) {
  const auto* framebuffers = host.console.framebuffers.get();
  if (!framebuffers) return nullptr;
  auto found = std::ranges::find_if(*framebuffers, [&function](const Framebuffer& framebuffer) {
    return std::ranges::find(framebuffer.functions, function) != framebuffer.functions.end();
  });
  if (found == framebuffers->end())
    found = std::ranges::find_if(*framebuffers, [](const auto& framebuffer) { return framebuffer.functions.empty(); });
  return found == framebuffers->end() ? nullptr : &*found;
}

bool showed_the_boot(const Host& host, const PciFunction& function) {
  return function.boot_vga.is(true) ||
         std::ranges::find(host.console.boot_displays, function.address) != host.console.boot_displays.end();
}

/// The display that shows the console: the boot display while the host still draws on it, else the holder of the
/// first framebuffer, else one with a screen that is on (a kernel without framebuffers has its desktop there).
/// boot_vga=0 everywhere does not mean that a picture of the firmware lies nowhere.
struct Console {
  PciAddress function;
  HostNeed need;
};

std::optional<Console> find_console(const Host& host) {
  const InUse in_use(host);
  for (const auto& function : host.all_functions()) {
    if (!is_display(function) || !showed_the_boot(host, function)) continue;
    const std::string source = "/sys/bus/pci/devices/" + function.address.text() + "/boot_vga";
    if (const auto* framebuffer = framebuffer_on(host, function.address))
      return Console{function.address, {"boot display", "framebuffer " + framebuffer->name, framebuffer->source}};
    if (host.console.vga_text_console)
      return Console{function.address, {"boot display", "VGA text console", "/sys/class/vtconsole"}};
    if (function.driver.has_value() && in_use(function))
      return Console{function.address, {"boot display", "driver " + function.driver.value(), source}};
    if (function.driver.is_unreadable()) return Console{function.address, {"boot display", "", source}};
  }
  if (const auto* framebuffers = host.console.framebuffers.get())
    for (const auto& framebuffer : *framebuffers)
      if (!framebuffer.functions.empty())
        return Console{framebuffer.functions.back(), {"text console", "framebuffer " + framebuffer.name, framebuffer.source}};
  if (const auto* screens = host.console.lit_screens.get())
    for (const auto& screen : *screens)
      if (!screen.functions.empty())
        return Console{screen.functions.back(),
                       {"a screen that is on", screen.connector, "/sys/class/drm/" + screen.connector}};
  return std::nullopt;
}

Finding protecting(const Host& host, const Console& console) {
  const auto displays = std::ranges::count_if(host.all_functions(), is_display);
  std::string summary = "This host shows its console on it: " + describe(std::vector<HostNeed>{console.need}) + ".";
  if (displays == 1) summary += " It is the only display.";
  if (host.console.serial_console) summary += " A serial console stays.";
  auto finding = check.finding(Status::warn, device_subject(console.function), summary);
  finding.effect = Effect::protects;
  finding.evidence = evidence_of({console.need});
  finding.remedy = {{displays > 1 ? "Choose another display as the first one in the firmware setup, so that the host "
                                    "starts on that one."
                                  : "Leave it to the host, or make sure of another way in (ssh, a serial console) before "
                                    "giving it away.",
                     {},
                     {},
                     "Once a guest has it the host shows nothing more, not even why it does not start."}};
  return finding;
}

/// A screen that is on hangs on another card than the console's: a desktop most likely draws there.
void add_other_screens(const Host& host, const PciAddress& console, std::vector<Finding>& findings) {
  const InUse in_use(host);
  std::vector<PciAddress> told;
  if (!host.console.lit_screens.has_value()) return;  // the doubt about that is said by the check itself
  for (const auto& screen : *host.console.lit_screens) {
    if (screen.functions.empty()) continue;
    const auto address = screen.functions.back();
    const auto* function = host.find(address);
    if (address == console || !function || !in_use(*function) || std::ranges::find(told, address) != told.end()) continue;
    told.push_back(address);
    auto finding = check.finding(Status::warn, device_subject(address),
                                 "A screen is on at it (" + screen.connector +
                                     "): when a guest takes it, what is drawn there "
                                     "ends, and its driver may hang while a desktop holds it.");
    finding.evidence = {{"/sys/class/drm/" + screen.connector, "connected, on"}};
    finding.remedy = {{"End the desktop on this card first, or let it draw on the other one.", {}, {}, {}}};
    findings.push_back(std::move(finding));
  }
}

/// Why it is not known where the console is: a clause, and what it rests on.
struct Doubt {
  std::string clause;
  std::vector<Evidence> evidence;
};

/// A framebuffer whose owner is not visible, or displays about which nothing is known.
std::optional<Doubt> doubt_of(const Host& host) {
  const auto* framebuffers = host.console.framebuffers.get();
  if (framebuffers && !framebuffers->empty() && framebuffers->front().functions.empty()) {
    const auto& first = framebuffers->front();
    return Doubt{"which device the framebuffer " + first.name.substr(0, 60) + " lies on is not visible",
                 {{first.source, first.name + ", on no device to be seen"}}};
  }
  const Evidence no_framebuffer{"/proc/fb", framebuffers ? "no framebuffer" : host.console.framebuffers.why()};
  if (host.console.framebuffers.is_unreadable())
    return Doubt{"what it draws on could not be seen (" + host.console.framebuffers.why().substr(0, 120) + ")",
                 {no_framebuffer}};
  const auto is_unclear = [](const PciFunction& function) { return is_vga(function) && !function.boot_vga.has_value(); };
  const auto unclear = std::ranges::find_if(host.all_functions(), is_unclear);
  if (unclear != host.all_functions().end() && (!framebuffers || framebuffers->empty()))
    return Doubt{framebuffers ? "which display is the boot display could not be read, and no framebuffer tells"
                              : "neither the boot display nor the framebuffer could be read",
                 {{unclear->sysfs_path + "/boot_vga", unclear->boot_vga.why()}, no_framebuffer}};
  if (host.console.lit_screens.is_unreadable())
    return Doubt{"which screens are on is not known (/sys/class/drm: " + host.console.lit_screens.why() + ")",
                 {{"/sys/class/drm", host.console.lit_screens.why()}}};
  return std::nullopt;
}

Finding undecided(const std::string& subject, const std::string& summary, const Doubt& doubt) {
  auto finding = check.finding(Status::unknown, subject, summary + ": " + doubt.clause + ".");
  finding.evidence = doubt.evidence;
  return finding;
}

std::vector<Finding> run(const Host& host) {
  const auto displays = std::ranges::count_if(host.all_functions(), is_display);
  if (displays == 0 && host.functions.has_value())
    return {check.finding(Status::not_applicable, host_subject, "This host has no display on its PCI bus.")};
  std::vector<Finding> findings;
  if (const auto console = find_console(host)) {
    findings.push_back(protecting(host, *console));
    add_other_screens(host, console->function, findings);
    findings.push_back(check.finding(Status::pass, host_subject, "The display with this host's console was found."));
    return findings;
  }
  const auto doubt = doubt_of(host);
  if (!doubt) {
    findings.push_back(check.finding(Status::pass, host_subject, "This host shows its console on no PCI display."));
    return findings;
  }
  for (const auto& function : host.all_functions()) {
    const bool is_kept_for_guests = function.driver.has_value() && !InUse(host)(function);
    if (!is_display(function) || is_kept_for_guests) continue;
    auto finding = undecided(device_subject(function.address), "It may show this host's console", *doubt);
    finding.effect = Effect::protects;
    findings.push_back(std::move(finding));
  }
  findings.push_back(undecided(host_subject, "Where this host shows its console could not be told", *doubt));
  return findings;
}

}  // namespace

Check host_console_check() { return check; }

}  // namespace vfio_doctor
