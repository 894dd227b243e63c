// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>

#include "base/text.hpp"
#include "checks/guest/fit.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

constexpr std::uint16_t io_bit = 1, memory_bit = 2, bus_master_bit = 4;  // PCI 3.0, 6.2.2

std::string size_text(std::uint64_t bytes) {
  static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  for (; bytes >= 1024 && bytes % 1024 == 0 && unit < 4; ++unit) bytes /= 1024;
  return std::to_string(bytes) + " " + units[unit];
}

std::string sizes_text(const std::vector<std::uint64_t>& sizes) {
  std::vector<std::string> parts;
  for (const auto size : sizes) parts.push_back(size_text(size));
  return parts.empty() ? "none" : join(parts, ", ");
}

std::vector<std::uint64_t> sizes_of(const std::vector<GuestBar>& bars) {
  std::vector<std::uint64_t> sizes;
  for (const auto& bar : bars) sizes.push_back(bar.size);
  return sizes;
}

bool has_bar(const GuestFunction& seen, bool io) {
  return seen.bars.has_value() &&
         std::any_of(seen.bars->begin(), seen.bars->end(), [io](const GuestBar& bar) { return bar.is_io == io; });
}

/// Storage, network, display, multimedia, USB: their drivers move data by DMA and turn bus mastering on.
bool works_by_dma(const GuestFunction& seen) {
  if (!seen.class_and_subclass.has_value()) return false;
  const auto base = seen.class_and_subclass.value() >> 8;
  return (base >= 1 && base <= 4) || seen.is_usb_controller();
}

bool has_working_driver(const RungResult& driver) { return driver.status == Status::pass; }

/// What is wrong with the command register of a driven function; empty where nothing is.
std::string command_problem(const GuestFunction& seen) {
  const auto command = seen.command.value();
  if (has_bar(seen, false) && !has_bar(seen, true) && (command & memory_bit) == 0)
    return "memory decoding is off (command register bit 1)";
  if (seen.bars.has_value() && !seen.bars->empty() && (command & (memory_bit | io_bit)) == 0)
    return "neither memory nor I/O decoding is on";
  if (works_by_dma(seen) && (command & bus_master_bit) == 0)
    return "bus mastering is off (command register bit 2), so it cannot move data";
  return {};
}

std::string power_problem(const GuestFunction& seen) {
  if (seen.is_cut_off()) return "its power state is D3cold although the kernel counts it as active: it cannot be reached";
  const bool is_in_d3 = seen.power_state.is("D3hot") || seen.power_state.is("D3cold");
  if (is_in_d3 && seen.runtime_status.is("error"))
    return "it is in " + seen.power_state.value() + ", and to wake it has failed";
  if (!seen.power_state.has_value() || seen.is_asleep() || seen.may_be_asleep()) return {};
  const auto& state = seen.power_state.value();
  if (state == "D1" || state == "D2" || state == "D3hot" || state == "error")
    return "its power state is " + state + " although it is in use";
  return {};
}

/// Drivers of devices with memory regions as well leave the I/O ports alone: they enable memory only
/// (pci_enable_device_mem(), as igb, ixgbe, e1000e, nvme and mpt3sas do; Linux 6.18).
bool is_needed(const GuestBar& bar, const GuestFunction& seen) { return !bar.is_io || !has_bar(seen, false); }

std::string idle_ports(const GuestFunction& seen) {
  if (!seen.bars.has_value()) return {};
  for (const auto& bar : seen.bars.value())
    if (!bar.has_address && !is_needed(bar, seen))
      return " A reservation: I/O BAR " + std::to_string(bar.index) + " (" + size_text(bar.size) +
             ") got no address in the guest; drivers that use the memory regions do without.";
  return {};
}

std::string bar_problem(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (!seen.bars.has_value()) return {};
  for (const auto& bar : seen.bars.value())
    if (!bar.has_address && is_needed(bar, seen))
      return "BAR " + std::to_string(bar.index) + (bar.size == 0 ? "" : " (" + size_text(bar.size) + ")") +
             " got no address in the guest";
  if (same_bars(expected, seen) == Agreement::different && !resized_bar(expected, seen))
    return "its memory regions (BARs) have other sizes than on the host: " + sizes_text(sizes_of(seen.bars.value())) +
           " instead of " + sizes_text(expected.bars);
  return {};
}

/// A resizable BAR keeps the size that a driver of the host, the host's administrator or the guest gave it last.
std::string resized_region(const ExpectedDevice& expected, const GuestFunction& seen) {
  const auto at = resized_bar(expected, seen);
  if (!at) return {};
  return " BAR " + std::to_string(seen.bars.value()[*at].index) + " has another size than on the host (" +
         size_text(expected.bars[*at]) + " there): a resizable region keeps the size that it was given last.";
}

RungResult decode_of(const DeviceLadder& ladder) {
  const auto& expected = *ladder.expected;
  const auto& seen = *ladder.seen;
  if (seen.answers_nothing) return rung_result(Status::fail, "its configuration space reads all ones: it is dead.");
  const auto driver = judge_driver(ladder);
  const bool driven = has_working_driver(driver);
  std::vector<std::string> problems;
  if (driven && seen.command.has_value() && !seen.may_be_asleep()) problems.push_back(command_problem(seen));
  if (driven) problems.push_back(power_problem(seen));
  problems.push_back(bar_problem(expected, seen));
  std::erase(problems, std::string());
  if (!problems.empty()) return rung_result(Status::fail, join(problems, "; ") + ".");

  if (gave_up(seen)) return rung_result(Status::not_applicable, "no driver holds it any more.");
  if (!driven && driver.status == Status::not_applicable && same_bars(expected, seen) != Agreement::same)
    return rung_result(Status::not_applicable, "without a driver nothing needs to be decoded.");
  if (driven && seen.is_asleep())
    return rung_result(Status::unknown, "it is asleep now, so its command register was not read.");
  if (driven && seen.may_be_asleep())
    return rung_result(Status::unknown, "its power state is " + seen.power_state.value() +
                                            "; whether it sleeps or is stuck was not seen. Use it, then look again.");
  if (driven && seen.problem_code.is(0) && !seen.instance_id.empty() && seen.command.is_unreadable()) {
    auto result =
        rung_result(Status::pass, "Windows has started it with the resources that it needs (problem code 12 or 29 otherwise).");
    if (!seen.resources.empty()) result.evidence.push_back({"resources", seen.resources});
    return result;
  }
  if (driven && !seen.command.has_value())
    return rung_result(Status::unknown, "its command register was not seen: " + seen.command.why() + ".");
  if (!driven && seen.driver.is_absent() && driver.status == Status::unknown)
    return rung_result(Status::unknown, "no driver is there that would switch it on.");
  if (!driven && driver.status != Status::not_applicable)
    return rung_result(Status::unknown, "whether a driver turned it on was not seen.");
  if (!expected.bars.empty() && !seen.bars.has_value())
    return rung_result(Status::unknown, "its memory regions (BARs) were not seen: " + seen.bars.why() + ".");
  if (driven && !seen.bars.has_value() && !seen.class_and_subclass.has_value())
    return rung_result(Status::unknown, "neither its memory regions (BARs) nor its class were seen.");
  std::string summary = driven ? "it is switched on" : "its memory regions are in place";
  if (seen.bars.has_value() && !seen.bars->empty()) summary += "; BARs " + sizes_text(sizes_of(seen.bars.value()));
  return rung_result(Status::pass, summary + "." + idle_ports(seen) + resized_region(expected, seen));
}

}  // namespace

RungResult judge_decode(const DeviceLadder& ladder) {
  auto result = decode_of(ladder);
  if (ladder.need == Need::nothing && result.status == Status::unknown) result.status = Status::not_applicable;
  return result;
}

}  // namespace vfio_doctor
