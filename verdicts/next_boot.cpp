// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/next_boot.hpp"

#include <algorithm>

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "checks/boot/boot_drift.hpp"
#include "checks/kernel/early_binding.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "checks/kernel/kernel_argument_kinds.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

namespace {

using Arguments = std::vector<KernelArgument>;

constexpr std::size_t most_named = 16;

/// What intel_iommu=, amd_iommu= and iommu= come to: every option is handed to the same parser, so the last of "on" and "off"
/// counts (drivers/iommu/intel/iommu.c intel_iommu_setup(), drivers/iommu/amd/init.c parse_amd_iommu_options(),
/// arch/x86/kernel/pci-dma.c iommu_setup()).
Switch switch_of(const Arguments& arguments, std::string_view name) {
  auto state = Switch::unknown;  // nothing is said
  for (const auto& argument : arguments) {
    if (!argument.value || normalize_module_name(argument.name) != name) continue;
    for (const auto option : split(*argument.value, ',')) {
      if (option == "on" || option == "force") state = Switch::on;
      if (option == "off") state = Switch::off;
    }
  }
  return state;
}

bool switches_off(const Host& host, const Arguments& arguments) {
  const auto vendor = iommu_vendor(host);
  return switch_of(arguments, "iommu") == Switch::off ||
         (vendor != CpuVendor::amd && switch_of(arguments, "intel_iommu") == Switch::off) ||
         (vendor != CpuVendor::intel && switch_of(arguments, "amd_iommu") == Switch::off);
}

/// Arguments that choose how the IOMMU translates, how guests run or what is shown on which display: with or without them the same
/// devices can be given. Who binds a device first (vfio-pci.ids=) is not among them: a card may depend on it.
bool leaves_host_ready(const KernelArgument& argument) {
  const auto name = normalize_module_name(argument.name);
  if (name == "iommu") return argument.value == "pt" || argument.value == "nopt" || argument.value == "strict";
  if (name == "intel_iommu" || name == "amd_iommu") return true;  // switch_of() weighs these
  static constexpr std::string_view harmless[] = {"iommu.passthrough", "iommu.strict", "video",    "kvm.",
                                                  "kvm_intel.",        "kvm_amd.",     "pcie_aspm"};
  return std::ranges::any_of(harmless, [&name](std::string_view one) {
    return one.ends_with('.') ? name.starts_with(one) : name == one;
  });
}

/// The kernel's own words before the boot loader's: these come again whatever the entry says (CONFIG_CMDLINE).
bool is_built_in(const Host& host, const KernelArgument& argument) {
  const auto* config = host.kernel.config.get();
  const auto found = config ? config->find("CMDLINE") : decltype(config->find("")){};
  if (!config || found == config->end()) return false;
  const auto text = std::string_view(found->second);
  return KernelArguments::parse(text.size() > 2 ? text.substr(1, text.size() - 2) : text).contains(argument);
}

/// The image of an entry is named after its release: "/vmlinuz-6.1.0-18-amd64".
std::optional<bool> starts_other_kernel(const Host& host, const BootEntry& entry) {
  const auto* release = host.kernel.release.get();
  if (!release || release->empty()) return std::nullopt;
  const auto file = entry.kernel.substr(entry.kernel.find_last_of('/') + 1);
  if (entry.version == *release || file.ends_with("-" + *release)) return false;
  // A name without a number ("/vmlinuz-linux", "/vmlinuz") is whatever the package manager put there last.
  const bool names_release = file.find_first_of("0123456789") != file.npos;
  return names_release || !entry.version.empty() ? std::optional(true) : std::nullopt;
}

Arguments about_passthrough(const Arguments& from, const auto& is_other) {
  Arguments chosen;
  for (const auto& argument : from)
    if (concerns_passthrough(argument) && is_other(argument)) chosen.push_back(argument);
  return chosen;
}

std::vector<std::string> shown(const Arguments& arguments) {
  std::vector<std::string> texts;
  for (const auto& argument : arguments)
    if (texts.size() < most_named) texts.push_back(shown_setting(argument.name, argument.value));
  return texts;
}

/// The running arguments against those of the entry that starts next.
class Prediction {
 public:
  Prediction(const Host& host, const BootEntry& entry, const KernelArguments& running, const BootLine& line)
      : host_(host), running_(running.all()), for_recovery_(entry.role == BootEntryRole::recovery) {
    for (const auto& token : line.tokens) next_.push_back(token.argument);
    lost_ = about_passthrough(running_, [&](const KernelArgument& argument) {
      return !line.contains(argument) && !is_built_in(host, argument);
    });
    gained_ = about_passthrough(next_, [&](const KernelArgument& argument) { return !running.contains(argument); });
    open_ = !line.unknown_part.empty() || std::ranges::any_of(line.possible, [&](const BootToken& token) {
      return concerns_passthrough(token.argument) && !running.contains(token.argument);
    });
    result_.lost = shown(lost_);
    result_.gained = shown(gained_);
    result_.other_kernel = starts_other_kernel(host, entry);
  }

  NextBoot result(Verdict now) {
    weigh();
    decide(now);
    return std::move(result_);
  }

 private:
  void weigh() {
    const bool needs_word = iommu_vendor(host_) == CpuVendor::intel && dma_remapping(host_) == Switch::on &&
                            switch_of(running_, "intel_iommu") == Switch::on &&
                            switch_of(next_, "intel_iommu") == Switch::unknown && !lost_.empty();
    if (switches_off(host_, next_)) {
      say(ArgumentsNext::lost, "The entry that starts next switches the IOMMU off.");
    } else if (open_) {
      say(ArgumentsNext::unknown, "The arguments of the entry that starts next are not known to the last word.");
    } else if (needs_word && !on_by_default()) {
      const bool certain = host_.kernel.config.has_value() && result_.other_kernel == false;
      say(certain ? ArgumentsNext::lost : ArgumentsNext::unknown,
          certain ? "The entry that starts next lacks intel_iommu=on, without which this kernel leaves the IOMMU off."
                  : "The entry that starts next lacks intel_iommu=on, and whether its kernel needs that is not known.");
    } else if (!all_harmless()) {
      say(ArgumentsNext::unknown, "The entry that starts next differs in arguments about passthrough.");
    } else {
      say(ArgumentsNext::kept, "The entry that starts next has what passthrough needs of its arguments.");
    }
  }

  void decide(Verdict now) {
    if (result_.arguments == ArgumentsNext::lost) {
      result_.verdict = Verdict::not_ready;
    } else if (result_.arguments == ArgumentsNext::unknown) {
      result_.verdict = Verdict::undetermined;
    } else if (for_recovery_) {
      result_.reason += " It is made for recovery.";
    } else if (result_.other_kernel != false) {
      result_.reason += result_.other_kernel
                            ? " It is another kernel than the one that runs: what it is built with is not known."
                            : " Whether it is the kernel that runs is not known.";
    } else if (now != Verdict::not_ready || (lost_.empty() && gained_.empty())) {
      result_.verdict = now;
      if (now != Verdict::ready) result_.reason += " It changes nothing about what is so now.";
    } else {
      result_.reason += " It is not known whether its other arguments mend what is wrong now.";
    }
  }

  bool on_by_default() const {
    const auto* config = host_.kernel.config.get();
    return config && result_.other_kernel == false &&
           (config->contains("INTEL_IOMMU_DEFAULT_ON") || config->contains("INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF"));
  }

  bool all_harmless() const {
    return std::ranges::all_of(lost_, leaves_host_ready) && std::ranges::all_of(gained_, leaves_host_ready);
  }

  void say(ArgumentsNext arguments, std::string reason) {
    result_.arguments = arguments;
    result_.reason = std::move(reason);
  }

  const Host& host_;
  Arguments running_, next_, lost_, gained_;
  bool for_recovery_;
  bool open_ = false;  // the line of the next entry is not known to the last word
  NextBoot result_;
};

NextBoot not_known(std::string reason) {
  NextBoot next;
  next.reason = std::move(reason);
  return next;
}

}  // namespace

NextBoot predict_next_boot(const Host& host, Verdict now) {
  const auto drift = find_boot_drift(host);
  if (!drift.next)
    return not_known(
        "Which boot entry starts next is not known (" +
        (drift.unknown.empty() ? host.boot.loader_reason : drift.unknown.front().file + ": " + drift.unknown.front().why) +
        ").");
  const auto* running = host.kernel.arguments.get();
  const auto* line = drift.next->command_line.get();
  NextBoot next = !running
                      ? not_known("The arguments of the running kernel are not known (" + host.kernel.arguments.why() + ").")
                  : !line ? not_known("The arguments of the entry that starts next are not known.")
                          : Prediction(host, *drift.next, *running, *line).result(now);
  // The image of another kernel is another one.
  if (const auto binding = early_binding(host); next.other_kernel == false && binding.state == EarlyBinding::State::lost)
    next.reason += " " + binding.drifts.front().sentence;
  next.entry = drift.next->title.empty() ? drift.next->id : drift.next->title;
  return next;
}

}  // namespace vfio_doctor
