// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/grub_layout.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"grub-stub", "GRUB's pointer on the EFI system partition", 20, run};

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

std::string real_menu(const Host& host) {
  const auto& config = host.boot.grub_config;
  if (!config.has_value()) return config.why();
  return *config == "/boot/grub2/grub.cfg" ? "also there" : "not what this host boots from";
}

std::vector<Finding> run(const Host& host) {
  if (!expects_grub_stub(host.distribution)) return {};
  std::vector<Finding> findings;
  for (const auto& config : host.boot.esp_grub_configs) {
    if (!config.own) continue;  // another system's, or the removable fallback
    if (config.kind.is_unreadable()) {
      auto finding = check.finding(Status::unknown, host_subject, config.file + " could not be read; sudo may help.");
      finding.evidence = {{config.file, config.kind.why()}};
      findings.push_back(std::move(finding));
    } else if (config.kind.is(EspGrubConfig::Kind::full)) {
      auto finding =
          check.finding(Status::warn, host_subject,
                        config.file +
                            " should only point to /boot/grub2/grub.cfg, but holds a full menu: it was overwritten, most "
                            "likely by grub2-mkconfig. The host boots from this copy, and changes to the real menu have no "
                            "effect.");
      finding.evidence = {{config.file, "a full menu"}, {"/boot/grub2/grub.cfg", real_menu(host)}};
      finding.remedy = {restore_stub(host, config.file)};
      findings.push_back(std::move(finding));
    } else if (config.kind.is(EspGrubConfig::Kind::stub)) {
      auto finding = check.finding(Status::pass, host_subject, config.file + " points to the real menu, as it should.");
      finding.evidence = {{config.file, "a pointer"}};
      findings.push_back(std::move(finding));
    } else {
      auto finding = check.finding(Status::unknown, host_subject,
                                   config.file +
                                       " is neither a pointer to the real menu nor a menu, so it is not known "
                                       "what GRUB does with it.");
      finding.evidence = {{config.file, "no configfile, no menuentry, no blscfg"}};
      findings.push_back(std::move(finding));
    }
  }
  if (!findings.empty()) return findings;
  for (const auto& unread : host.boot.unread) {
    if (!unread.file.starts_with("/boot/efi") && unread.file != "/boot") continue;
    auto finding = check.finding(Status::unknown, host_subject,
                                 "The EFI system partition could not be read. With sudo, GRUB's pointer could be checked.");
    finding.evidence = {{unread.file, unread.why}};
    return {finding};
  }
  return {};
}

}  // namespace

Check grub_stub_check() { return check; }

}  // namespace vfio_doctor
