// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

enum class Holding { for_programs, aside, picture };

/// Drivers that make no use of a function themselves. Names as normalize_module_name() gives them.
struct Placeholder {
  std::string_view name;
  Holding holding;
  std::string_view source;
};
constexpr std::array placeholders = {
    Placeholder{"vfio_pci", Holding::for_programs, "Linux 6.18 drivers/vfio/pci/vfio_pci.c"},
    Placeholder{"uio_pci_generic", Holding::for_programs, "Linux 6.18 drivers/uio/uio_pci_generic.c"},
    Placeholder{"igb_uio", Holding::for_programs, "DPDK, kernel/linux/igb_uio"},
    Placeholder{"ppt", Holding::for_programs, "FreeBSD 14 sys/amd64/vmm/io/ppt.c (bhyve)"},
    Placeholder{"pci_stub", Holding::aside, "Linux 6.18 drivers/pci/pci-stub.c"},
    Placeholder{"pciback", Holding::aside, "Linux 6.18 drivers/xen/xen-pciback/pci_stub.c:33"},
    Placeholder{"xen_pciback", Holding::aside, "the module of the one above"},
    Placeholder{"pci_pf_stub", Holding::aside, "Linux 6.18 drivers/pci/pci-pf-stub.c"},
    Placeholder{"basicdisplay", Holding::picture, "Windows 10, service BasicDisplay"},
    Placeholder{"display.inf", Holding::picture, "Windows 10, Microsoft Basic Display Adapter"},
    Placeholder{"basicdisplay.inf", Holding::picture, "Windows 10, Microsoft Basic Display Driver"},
    Placeholder{"basicrender", Holding::picture, "Windows 10, service BasicRender"},
    Placeholder{"vgasave", Holding::picture, "Windows 7, Standard VGA Graphics Adapter"},
};

/// Drivers of one vendor for migration ("mlx5_vfio_pci", "qat_vfio_pci") all end alike (Linux 6.18 drivers/vfio/pci/*/Makefile).
std::optional<Holding> holding_of(const GuestFunction& seen) {
  if (!seen.driver.has_value()) return std::nullopt;
  const auto name = normalize_module_name(to_lower(seen.driver.value()));
  for (const auto& placeholder : placeholders)
    if (placeholder.name == name) return placeholder.holding;
  if (name.ends_with("_vfio_pci")) return Holding::for_programs;
  return std::nullopt;
}

RungResult judge_placeholder(Holding holding, Need need, const std::string& driver) {
  if (need == Need::nothing) return rung_result(Status::not_applicable, "it is set aside with " + driver + ".");
  switch (holding) {
    case Holding::for_programs:
      return rung_result(Status::unknown,
                         driver +
                             " holds it for a program or a guest inside this one; what that makes of it is not "
                             "seen here.");
    case Holding::aside:
      return rung_result(Status::fail, driver + " holds it, which makes no use of it.");
    case Holding::picture:
      break;
  }
  return rung_result(Status::fail, driver + " shows a picture on any card: there is no driver for this one.");
}

/// Windows' own driver starts every display adapter, and gives it a name of its own in every language.
constexpr std::array<std::string_view, 3> picture_names = {"microsoft",
                                                           "\u041c\u0430\u0439\u043a\u0440\u043e\u0441\u043e\u0444\u0442",
                                                           "standard vga"};

/// A listing that names no driver: what Windows calls the card tells whether it has one of its own. `nullopt`: neither name nor
/// driver is shown.
std::optional<bool> has_windows_driver(const DeviceLadder& ladder) {
  const auto& seen = *ladder.seen;
  const auto class_code = seen.class_and_subclass.has_value()          ? seen.class_and_subclass.value() >> 8
                          : ladder.expected->id.class_code.has_value() ? static_cast<int>(*ladder.expected->id.class_code >> 16)
                                                                       : 0;
  constexpr int display = 0x03;
  if (class_code != display) return true;
  if (seen.name.empty()) return std::nullopt;
  const auto name = to_lower(seen.name);
  return std::ranges::none_of(picture_names, [&name](std::string_view word) { return name.find(word) != name.npos; });
}

/// Why no driver of the guest took a device that may well be whole; empty where the log does not tell.
std::string_view refusal(const GuestFunction& seen) {
  if (!seen.log_errors.has_value()) return {};
  for (const auto& line : seen.log_errors.value()) {
    if (line.topic == "unsupported") return "the one that tried says that it does not support this model";
    if (line.topic == "module") return "its driver does not support the module (SFP) that is plugged into it";
    if (line.topic != "firmware") continue;
    const auto lower = to_lower(line.text);
    const auto says = [&lower](std::string_view words) { return lower.find(words) != lower.npos; };
    if (says("firmware load") || says("firmware: failed to load") || says("no suitable firmware"))
      return "a firmware file is missing";
  }
  return {};
}

constexpr std::array problem_codes = {
    ProblemCode{1, Rung::driver, "the device is not configured correctly"},
    ProblemCode{2, Rung::driver, "the driver of its bus could not be loaded"},
    ProblemCode{3, Rung::driver, "the driver may be damaged, or memory is short"},
    ProblemCode{9, Rung::driver, "it tells Windows no valid id"},
    ProblemCode{10, Rung::function, "the device cannot start"},
    ProblemCode{12, Rung::decode, "not enough free resources: no room for its memory"},
    ProblemCode{14, Rung::driver, "the guest must be restarted first"},
    ProblemCode{16, Rung::decode, "not all resources that it uses are known"},
    ProblemCode{18, Rung::driver, "the drivers must be installed again"},
    ProblemCode{19, Rung::driver, "its registry entries are damaged"},
    ProblemCode{21, Rung::driver, "Windows is removing it"},
    ProblemCode{22, Rung::driver, "the device is disabled"},
    ProblemCode{24, Rung::present, "not present, or not all its drivers are installed"},
    ProblemCode{27, Rung::decode, "the registry has no resources for it"},
    ProblemCode{28, Rung::driver, "no driver is installed"},
    ProblemCode{29, Rung::decode, "the firmware gave it no resources"},
    ProblemCode{30, Rung::decode, "it cannot share its interrupt"},
    ProblemCode{31, Rung::driver, "Windows cannot load the drivers it needs"},
    ProblemCode{32, Rung::driver, "its driver is disabled"},
    ProblemCode{33, Rung::decode, "which resources it needs cannot be told"},
    ProblemCode{34, Rung::decode, "its resources must be set by hand"},
    ProblemCode{35, Rung::decode, "the guest's firmware does not describe its resources"},
    ProblemCode{36, Rung::decode, "its interrupt could not be routed"},
    ProblemCode{37, Rung::driver, "its driver could not initialize"},
    ProblemCode{38, Rung::driver, "its former driver is still in memory: restart the guest"},
    ProblemCode{39, Rung::driver, "its driver is damaged or missing"},
    ProblemCode{40, Rung::driver, "the registry does not name its driver rightly"},
    ProblemCode{41, Rung::function, "its driver was loaded, but does not find the device"},
    ProblemCode{42, Rung::driver, "a driver for the same device runs already"},
    ProblemCode{43, Rung::function, "the driver stopped the device because it reported problems"},
    ProblemCode{44, Rung::function, "a program or service has shut the device down"},
    ProblemCode{45, Rung::present, "not connected: Windows only remembers it"},
    ProblemCode{46, Rung::driver, "Windows is shutting down"},
    ProblemCode{47, Rung::driver, "it was ejected and waits to be taken out"},
    ProblemCode{48, Rung::driver, "its driver is blocked"},
    ProblemCode{49, Rung::driver, "the registry has grown too large for it"},
    ProblemCode{50, Rung::driver, "its settings could not be applied"},
    ProblemCode{51, Rung::driver, "it waits for another device"},
    ProblemCode{52, Rung::driver, "its driver is not signed"},
    ProblemCode{53, Rung::driver, "the kernel debugger has it"},
    ProblemCode{54, Rung::function, "the device failed and is being reset"},
    ProblemCode{55, Rung::driver, "blocked until somebody logs in"},
    ProblemCode{56, Rung::driver, "its class is not configured yet"},
    ProblemCode{57, Rung::function, "Windows gave it to a guest of its own, which failed"},
    // It does not work: that is all that is known then.
    ProblemCode{GuestFunction::unnamed_problem, Rung::function, "it has a problem, which the listing does not name"},
};

}  // namespace

const ProblemCode* find_problem_code(unsigned code) {
  const auto found =
      std::find_if(problem_codes.begin(), problem_codes.end(), [code](const ProblemCode& known) { return known.code == code; });
  return found == problem_codes.end() ? nullptr : &*found;
}

std::string problem_text(const ProblemCode& problem) {
  const auto meaning = "Windows says: " + std::string(problem.meaning);
  return problem.code == GuestFunction::unnamed_problem ? meaning + "."
                                                        : meaning + " (code " + std::to_string(problem.code) + ").";
}

std::optional<std::string> gave_up(const GuestFunction& seen) {
  constexpr std::array<std::string_view, 4> last_words = {"removing after probe failure", "failed with error", "probe failed",
                                                          "assume dead"};
  if (!seen.driver.is_absent() || seen.answers_nothing || !seen.log_errors.has_value()) return std::nullopt;
  if (!refusal(seen).empty()) return std::nullopt;
  std::optional<std::string> found;
  for (const auto& line : seen.log_errors.value()) {
    const auto lower = to_lower(line.text);
    const auto says = [&lower](std::string_view words) { return lower.find(words) != lower.npos; };
    if (std::ranges::any_of(last_words, says)) found = line.text;
  }
  return found;
}

bool is_placeholder(const GuestFunction& seen) { return holding_of(seen).has_value(); }

RungResult judge_driver(const DeviceLadder& ladder) {
  const auto& seen = *ladder.seen;
  if (const auto holding = holding_of(seen)) return judge_placeholder(*holding, ladder.need, seen.driver.value());
  if (seen.driver.has_value()) return rung_result(Status::pass, seen.driver.value() + " drives it.");
  if (ladder.need == Need::nothing) return rung_result(Status::not_applicable, "it needs no driver to be of use.");
  if (const auto line = gave_up(seen)) {
    auto result = rung_result(Status::warn, "a driver took it, but gave it up again.");
    result.evidence.push_back({"kernel log", *line});
    return result;
  }
  if (seen.driver.is_absent() && ladder.need == Need::use && !seen.answers_nothing)
    return rung_result(Status::unknown,
                       "no driver is bound to it. The manifest asks for none, but nothing shows of what use it is then.");
  if (seen.driver.is_absent()) {
    auto result = rung_result(Status::fail, "no driver is bound to it.");
    if (const auto why = refusal(seen); !why.empty()) result.summary = "no driver is bound to it: " + std::string(why) + ".";
    if (seen.answers_nothing) result.summary = "no driver is bound to it, and the device answers nothing: it is dead.";
    if (seen.log_errors.has_value())
      for (const auto& line : seen.log_errors.value()) result.evidence.push_back({"kernel log", line.text});
    return result;
  }
  if (seen.problem_code.is(0) && !seen.may_be_gone) {
    const auto own = has_windows_driver(ladder);
    if (!own)
      return rung_result(Status::unknown,
                         "Windows has started it, but the listing names neither the adapter nor its driver: it may be the one "
                         "that "
                         "shows a picture on any card.");
    if (!*own) return judge_placeholder(Holding::picture, ladder.need, "\"" + seen.name + "\"");
    return rung_result(Status::pass, "Windows has started it with a driver, which the listing does not name.");
  }
  return rung_result(Status::unknown, "its driver was not seen: " + seen.driver.why() + ".");
}

}  // namespace vfio_doctor
