// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "facts/text.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"grub-stub", "GRUB's pointer on the EFI system partition", "boot", run};

/// Fedora from 34 on and EL from 9 on keep GRUB's configuration in /boot/grub2 and only a pointer to it on
/// the EFI system partition (fedoraproject.org/wiki/Changes/UnifyGrubConfig). Before that the whole menu was
/// there.
bool expects_stub(const Distribution& distribution) {
  const auto& id = distribution.id;
  if (!id.has_value()) return false;
  const auto major =
      parse_unsigned(std::string_view(distribution.version_id).substr(0, distribution.version_id.find('.')));
  const bool fedora = *id == "fedora" || (distribution.is_like("fedora") && !distribution.is_like("rhel"));
  const bool enterprise = *id == "rhel" || *id == "centos" || *id == "rocky" || *id == "almalinux" ||
                          *id == "ol" || distribution.is_like("rhel");
  if (enterprise) return major && *major >= 9;
  return fedora && major && *major >= 34;
}

Remedy restore_stub(const Host& host, const std::string& file) {
  Remedy remedy;
  remedy.text =
      "Remove the full menu; reinstalling the boot loader packages writes the pointer again. Then write the "
      "real menu anew.";
  remedy.commands = {"sudo cp " + file + " /root/grub.cfg.before", "sudo rm " + file};
  remedy.commands.emplace_back("sudo dnf reinstall 'shim-*' 'grub2-efi-*' grub2-common");
  remedy.commands.emplace_back("sudo grub2-mkconfig -o /boot/grub2/grub.cfg");
  remedy.undo = {"sudo cp /root/grub.cfg.before " + file};
  remedy.risk =
      "Medium: between the second and the third command the host has no menu to boot from. Do not reboot "
      "there, "
      "check that " +
      file + " exists again, and have installation media at hand.";
  if (host.boot.ostree) remedy.commands.clear(), remedy.undo.clear();
  return remedy;
}

std::vector<Finding> run(const Host& host) {
  if (!expects_stub(host.distribution)) return {};
  std::vector<Finding> findings;
  for (const auto& config : host.boot.esp_grub_configs) {
    if (config.file.find("/EFI/BOOT/") != std::string::npos) continue;  // other media, removable fallback
    if (config.kind.is_unreadable()) {
      auto finding =
          check.finding(Status::unknown, host_subject, config.file + " could not be read; sudo may help.");
      finding.evidence = {{config.file, config.kind.why()}};
      findings.push_back(std::move(finding));
    } else if (config.kind.is(EspGrubConfig::Kind::full)) {
      auto finding = check.finding(
          Status::warn, host_subject,
          config.file +
              " should only point to /boot/grub2/grub.cfg, but holds a full menu: it was overwritten, most "
              "likely by grub2-mkconfig. The host boots from this copy, and changes to the real menu have no "
              "effect.");
      finding.evidence = {{config.file, "a full menu"},
                          {"/boot/grub2/grub.cfg",
                           host.boot.grub_config.has_value() ? "also there" : host.boot.grub_config.why()}};
      finding.remedy = {restore_stub(host, config.file)};
      findings.push_back(std::move(finding));
    } else if (config.kind.is(EspGrubConfig::Kind::stub)) {
      auto finding =
          check.finding(Status::pass, host_subject, config.file + " points to the real menu, as it should.");
      finding.evidence = {{config.file, "a pointer"}};
      findings.push_back(std::move(finding));
    }
  }
  if (!findings.empty()) return findings;
  for (const auto& unread : host.boot.unread) {
    if (!unread.file.starts_with("/boot/efi") && unread.file != "/boot") continue;
    auto finding = check.finding(
        Status::unknown, host_subject,
        "The EFI system partition could not be read. With sudo, GRUB's pointer could be checked.");
    finding.evidence = {{unread.file, unread.why}};
    return {finding};
  }
  return {};
}

}  // namespace

Check grub_stub_check() {
  return check;
}

}  // namespace vfio_doctor
