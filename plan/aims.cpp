// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/aims.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/text.hpp"
#include "checks/advice/shell_words.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

Reached reached(bool is_so) { return is_so ? Reached::yes : Reached::no; }

Reached reached(Switch state) {
  return state == Switch::on ? Reached::yes : state == Switch::off ? Reached::no : Reached::unknown;
}

/// As one word among others, or as one option of such a word: intel_iommu=sm_on,on has intel_iommu=on.
bool has_argument(const KernelArguments& arguments, const std::string& text) {
  for (const auto& wanted : KernelArguments::parse(text).all()) {
    const auto options = arguments.options(wanted.name);
    const bool among = wanted.value && wanted.value->find(',') == std::string::npos &&
                       std::ranges::find(options, *wanted.value) != options.end();
    if (!among && !arguments.contains(wanted)) return false;
  }
  return true;
}

Reached has_argument(const Host& host, const std::string& text, bool wanted) {
  const auto* arguments = host.kernel.arguments.get();
  return arguments ? reached(has_argument(*arguments, text) == wanted) : Reached::unknown;
}

std::string plain_words(std::string_view text) {
  std::string words;
  for (const auto word : split_words(text)) words += (words.empty() ? "" : " ") + std::string(word);
  return words;
}

Reached has_modprobe_line(const Host& host, const std::string& text) {
  const auto wanted = plain_words(text);
  for (const auto& line : host.vfio.modprobe.lines)
    if (plain_words(line.text()) == wanted) return Reached::yes;
  return host.vfio.modprobe.unread.empty() ? Reached::no : Reached::unknown;
}

Reached is_module_loaded(const Host& host, const std::string& module) {
  if (module == "vfio_pci" && host.vfio.pci_driver_built_in) return Reached::yes;
  const auto found = host.vfio.loaded.find(module);
  if (found != host.vfio.loaded.end() && found->second) return Reached::yes;
  return found != host.vfio.loaded.end() && host.modules.loaded_seen.has_value() ? Reached::no : Reached::unknown;
}

/// "2048:512" as numbers; noughts on rubbish.
std::pair<std::uint64_t, std::uint64_t> pages_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos) return {};
  return {parse_unsigned(text.substr(0, colon)).value_or(0), parse_unsigned(text.substr(colon + 1)).value_or(0)};
}

const HugePagePool* pool_of(const Host& host, std::uint64_t page_kib) {
  const auto* pools = host.guest_memory.pools.get();
  const auto found = pools ? std::ranges::find(*pools, page_kib, &HugePagePool::page_kib) : decltype(pools->begin()){};
  return !pools || found == pools->end() ? nullptr : &*found;
}

Reached has_huge_pages(const Host& host, const std::string& value) {
  const auto [page_kib, count] = pages_of(value);
  const auto* pool = pool_of(host, page_kib);
  if (!pool) return host.guest_memory.pools.is_unreadable() ? Reached::unknown : Reached::no;
  return reached(pool->total >= count);
}

std::string pages_seen(const Host& host, const std::string& value) {
  const auto* pool = pool_of(host, pages_of(value).first);
  return pool ? std::to_string(pool->total) + " huge pages of " + std::to_string(pool->page_kib) + " KiB"
              : "huge pages of that size were not seen";
}

std::string pool_file(const std::string& value) {
  return "/sys/kernel/mm/hugepages/hugepages-" + std::to_string(pages_of(value).first) + "kB/nr_hugepages";
}

const PciFunction* function_of(const Host& host, const Aim& aim) { return aim.device ? host.find(*aim.device) : nullptr; }

Reached is_device_so(const PciFunction& function, const Aim& aim) {
  if (aim.kind == AimKind::virtual_functions) {
    const auto& count = function.virtual_functions;
    return count.is_unreadable() ? Reached::unknown : reached(count.has_value() && std::to_string(*count) == aim.value);
  }
  if (function.driver.is_unreadable()) return Reached::unknown;
  if (aim.kind == AimKind::no_host_driver) return reached(function.driver.is_absent() || leaves_dma_to_user(function));
  const bool vfio = aim.value == "vfio-pci" && is_held_by_vfio(function);
  return reached(vfio || function.driver.is(aim.value));
}

std::string device_path(const Aim& aim, const std::string& attribute) {
  return "/sys/bus/pci/devices/" + (aim.device ? aim.device->text() : std::string()) + "/" + attribute;
}

}  // namespace

Reached is_reached(const Host& host, const Aim& aim) {
  switch (aim.kind) {
    case AimKind::kernel_argument:
      return has_argument(host, aim.value, true);
    case AimKind::no_kernel_argument:
      return has_argument(host, aim.value, false);
    case AimKind::iommu:
      return reached(dma_remapping(host));
    case AimKind::interrupt_remapping:
      return reached(interrupt_remapping(host));
    case AimKind::modprobe_line:
      return has_modprobe_line(host, aim.value);
    case AimKind::module_loaded:
      return is_module_loaded(host, aim.value);
    case AimKind::huge_pages:
      return has_huge_pages(host, aim.value);
    case AimKind::driver:
    case AimKind::no_host_driver:
    case AimKind::virtual_functions:
      break;
  }
  if (const auto* function = function_of(host, aim)) return is_device_so(*function, aim);
  return host.functions.is_unreadable() ? Reached::unknown : Reached::no;
}

std::string seen_of(const Host& host, const Aim& aim) {
  switch (aim.kind) {
    case AimKind::kernel_argument:
    case AimKind::no_kernel_argument: {
      const auto* arguments = host.kernel.arguments.get();
      if (!arguments) return "the running command line could not be read (" + host.kernel.arguments.why() + ")";
      return has_argument(*arguments, aim.value) ? "on the running command line" : "not on the running command line";
    }
    case AimKind::iommu:
      return "the IOMMU is " + std::string(to_text(dma_remapping(host)));
    case AimKind::interrupt_remapping:
      return "interrupt remapping is " + std::string(to_text(interrupt_remapping(host)));
    case AimKind::modprobe_line:
      return has_modprobe_line(host, aim.value) == Reached::yes ? "in modprobe.d"
             : host.vfio.modprobe.unread.empty()
                 ? "not in modprobe.d"
                 : "not all of modprobe.d could be read (" + host.vfio.modprobe.unread.front() + ")";
    case AimKind::module_loaded:
      return is_reached(host, aim) == Reached::yes ? "loaded" : "not loaded";
    case AimKind::huge_pages:
      return pages_seen(host, aim.value);
    case AimKind::driver:
    case AimKind::no_host_driver:
    case AimKind::virtual_functions:
      break;
  }
  const auto* function = function_of(host, aim);
  if (!function) return host.functions.is_unreadable() ? "the PCI bus could not be read" : "there is no such function";
  if (aim.kind == AimKind::virtual_functions) {
    const auto& count = function->virtual_functions;
    return count.has_value() ? std::to_string(*count) + (*count == 1 ? " virtual function" : " virtual functions")
                             : "virtual functions: " + count.why();
  }
  return function->driver.has_value()   ? *function->driver + " holds it"
         : function->driver.is_absent() ? "no driver holds it"
                                        : "its driver could not be read (" + function->driver.why() + ")";
}

std::string words_of(const Aim& aim) {
  const auto device = aim.device ? aim.device->text() : std::string();
  switch (aim.kind) {
    case AimKind::kernel_argument:
      return "the kernel runs with " + aim.value;
    case AimKind::no_kernel_argument:
      return "the kernel runs without " + aim.value;
    case AimKind::iommu:
      return "the IOMMU is on";
    case AimKind::interrupt_remapping:
      return "interrupt remapping is on";
    case AimKind::modprobe_line:
      return "modprobe.d says: " + aim.value;
    case AimKind::module_loaded:
      return "the module " + aim.value + " is loaded";
    case AimKind::driver:
      return aim.value + " holds " + device;
    case AimKind::no_host_driver:
      return "no host driver holds " + device;
    case AimKind::virtual_functions:
      return device + " has " + aim.value + " virtual functions";
    case AimKind::huge_pages:
      return std::to_string(pages_of(aim.value).second) + " huge pages of " + std::to_string(pages_of(aim.value).first) +
             " KiB";
  }
  return {};
}

std::string verify_command(const Aim& aim) {
  switch (aim.kind) {
    case AimKind::kernel_argument:
      return "grep -w -e " + shell_quoted(aim.value) + " /proc/cmdline";
    case AimKind::no_kernel_argument:
      return "! grep -w -e " + shell_quoted(aim.value) + " /proc/cmdline";
    case AimKind::iommu:
      return "find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 | grep .";
    case AimKind::interrupt_remapping:
      return "grep -m 1 -e IR- -e ITS /proc/interrupts";
    case AimKind::modprobe_line:
      return "modprobe --showconfig | grep -F -e " + shell_quoted(aim.value);
    case AimKind::module_loaded:
      return "ls -d /sys/module/" + shell_quoted(aim.value);
    case AimKind::driver:
      return "readlink " + device_path(aim, "driver") + " | grep -x -e " + shell_quoted(".*/" + aim.value);
    case AimKind::no_host_driver:
      return "! readlink " + device_path(aim, "driver") + " | grep -v -e '/vfio-pci$' -e '/pci-stub$'";
    case AimKind::huge_pages:
      return "test \"$(cat " + pool_file(aim.value) + ")\" -ge " + std::to_string(pages_of(aim.value).second);
    case AimKind::virtual_functions:
      return "grep -x " + shell_quoted(aim.value) + " " + device_path(aim, "sriov_numvfs");
  }
  return {};
}

}  // namespace vfio_doctor
