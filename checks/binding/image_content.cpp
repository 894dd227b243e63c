// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/module_order_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/early_binding.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"image-content", "vfio-pci inside the initial RAM disk", 25, run};

std::vector<std::string> build_commands(const Host& host, bool booster) {
  if (!booster) return rebuild_initramfs_commands(host);
  // booster(1); its packages for other distributions build by their own hooks.
  return host.distribution.is_like("arch") ? std::vector<std::string>{"sudo /usr/lib/booster/regenerate_images"}
                                           : std::vector<std::string>();
}

Remedy build_anew(const Host& host, const ImageDrift& drift, bool booster) {
  Remedy remedy;
  if (drift.mend == ImageDrift::Mend::tell_builder) {
    remedy.text = "Tell it to the program that makes this host's images, and build the image anew.";
    return remedy;
  }
  const auto commands = build_commands(host, booster);
  remedy.text = "Build the initial RAM disk of this kernel anew" +
                std::string(commands.empty() ? " with this distribution's own tool." : ".");
  if (drift.mend == ImageDrift::Mend::order_in_booster)
    remedy.text =
        "Name vfio_pci in \"modules_force_load:\" of /etc/booster.yaml, and leave the other driver out of the image (a name "
        "with a "
        "minus in front in \"modules:\"): booster loads modules side by side. Then build the image anew.";
  remedy.commands = commands;
  if (!commands.empty())
    remedy.risk =
        "A card that vfio-pci takes there shows nothing any more, also no question for a disk's password; keep a second "
        "boot entry.";
  return remedy;
}

std::vector<Finding> run(const Host& host) {
  const auto binding = early_binding(host);
  switch (binding.state) {
    case EarlyBinding::State::not_wanted:
      return {};
    case EarlyBinding::State::unknown:
      return {check.not_seen("What the initial RAM disk has of vfio-pci is not known (" + binding.why + ").",
                             binding.evidence.front())};
    case EarlyBinding::State::kept: {
      auto finding = check.finding(Status::pass, host_subject, binding.kept);
      finding.evidence = binding.evidence;
      return {finding};
    }
    case EarlyBinding::State::lost:
      break;
  }
  std::vector<Finding> findings;
  for (const auto& drift : binding.drifts) {
    auto finding = check.finding(Status::warn, host_subject, drift.sentence);
    finding.evidence = drift.evidence;
    finding.remedy = {build_anew(host, drift, binding.booster)};
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

Check image_content_check() { return check; }

}  // namespace vfio_doctor
