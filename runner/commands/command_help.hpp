// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace vfio_doctor {

/// What stands below the options in each command's --help.
inline constexpr const char* program_help = R"(
Examples:
  vfio-doctor                            can this host hand devices to virtual machines?
  vfio-doctor --device 03:00.0           what about this one?
  vfio-doctor --brief                    the same on one screen
  vfio-doctor groups                     every IOMMU group and what is in it
  vfio-doctor explain interrupt-remapping
  vfio-doctor --format json -o report.json
  vfio-doctor --sample hm170             try it on a recorded laptop

Exit codes: 0 ready, 1 not ready, 2 wrong usage or unreadable input, 3 undetermined.
'vfio-doctor COMMAND --help' tells more about a command.)";

inline constexpr const char* check_help = R"(
Examples:
  vfio-doctor check --device 03:00.0                  an address,
  vfio-doctor check --device 8086:24f3                vendor:device,
  vfio-doctor check --device "wireless 8260"          or a piece of the name
  vfio-doctor check --domain win11                    what this libvirt domain takes
  vfio-doctor check --domain win11.xml --fix | patch -p0   correct the file
  vfio-doctor check --format json --format text -o report.json
  vfio-doctor check --skip grub-stub --fail-on warn
  vfio-doctor check --accept host-console --reason "single GPU; ssh stays"

Exit codes: 0 ready, 1 not ready, 2 wrong usage or unreadable input, 3 undetermined.)";

inline constexpr const char* groups_help = R"(
Examples:
  vfio-doctor groups
  vfio-doctor groups -v                                with types, verdicts and drivers
  vfio-doctor groups --format svg -o groups.svg        a picture)";

inline constexpr const char* checks_help = R"(
Examples:
  vfio-doctor checks
  vfio-doctor checks --format json)";

inline constexpr const char* plugins_help = R"(
Examples:
  vfio-doctor plugins
  vfio-doctor plugins --plugin-dir /opt/site-checks
  vfio-doctor plugins --facts                          what there is to judge by
  vfio-doctor plugins --facts --format json            the same as a JSON Schema)";

inline constexpr const char* explain_help = R"(
Examples:
  vfio-doctor explain interrupt-remapping
  vfio-doctor explain "group 14 is not viable"         the page for an error text
  vfio-doctor checks                                   the ids there are)";

inline constexpr const char* bug_report_help = R"(
Examples:
  sudo vfio-doctor bug-report --for libvirt             Markdown to paste into a new issue
  sudo vfio-doctor bug-report --for kernel --device 03:00.0 -o report.md

What only you know says "please fill in".)";

inline constexpr const char* snapshot_help = R"(
Examples:
  sudo vfio-doctor snapshot -o host.tar.zst            to replay with vfio-doctor --from host.tar.zst
  vfio-doctor snapshot -o host.machine                 as text, to read or change by hand
  vfio-doctor snapshot --no-redact -o - | ssh HOST 'cat > host.tar.zst')";

inline constexpr const char* manifest_help = R"(
Examples:
  vfio-doctor manifest --domain win11 -o win11.json     what libvirt will give to this domain
  vfio-doctor manifest 03:00.0 -o card.json             what you mean to give

Then, in the guest:      vfio-guest-agent --expect win11.json
or, from the host:       vfio-doctor verify win11)";

inline constexpr const char* plan_help = R"(
Examples:
  sudo vfio-doctor plan 03:00.0                         what to do, step by step
  sudo vfio-doctor plan --domain win11                  for all that a guest takes
  sudo vfio-doctor plan 01:00 --bind start              vfio-pci first at each start
  sudo vfio-doctor plan 03:00.0 --format xml            the elements for its definition
  sudo vfio-doctor plan 03:00.0 --format shell -o plan.sh
  sudo bash plan.sh --apply                             once you have read it
  sudo vfio-doctor plan 00:02.0 --accept host-console --reason "ssh stays"
  sudo vfio-doctor plan 03:00.0 --format json -o plan.json
  sudo vfio-doctor plan --after plan.json               later: did each step take effect?

Nothing is changed by this program; the script is yours to read and run, and takes --undo.
Exit codes:
  0  a plan, or nothing left to do (--after: all took effect)
  1  refused, with the reason (--after: something did not take effect)
  2  wrong usage or unreadable input
  3  something needed could not be seen)";

inline constexpr const char* verify_help = R"(
Examples:
  vfio-doctor verify fedora                              through the QEMU guest agent
  vfio-doctor verify fedora --via ssh:root@192.0.2.7     through ssh
  vfio-doctor verify fedora --wait 60                    a guest that is still starting
  vfio-doctor verify fedora --exercise                   make the devices work meanwhile: read a block, bring a link up
  vfio-doctor verify fedora --cycle 3                    do they survive shutdown, start, reboot and reset?
  vfio-doctor verify fedora --manifest card.json         against what you meant, not against its XML
  vfio-doctor verify --manifest card.json --evidence lspci.txt lsusb.txt

Exit codes:
  0  everything expected is there and works
  1  something expected is missing or does not work
  2  wrong usage, or the guest cannot be asked
  3  nothing fails, but not all could be seen)";

inline constexpr const char* triage_help = R"(
Examples:
  vfio-doctor triage report.txt                          what somebody pasted into an issue
  sudo dmesg | vfio-doctor triage                        standard input
  vfio-doctor triage dmesg.txt lspci.txt qemu.log        several files of one machine
  vfio-doctor triage --format markdown --redact report.txt   a reply to paste back

Exit codes:
  0  nothing wrong in it
  1  a cause is certain or likely
  2  wrong usage or unreadable input
  3  nothing decided)";

inline constexpr const char* diff_help = R"(
Examples:
  vfio-doctor diff before.json after.json
  vfio-doctor diff before.tar.zst after.json             a snapshot serves as well

Exit codes:
  0  nothing got worse
  1  a verdict got worse
  2  wrong usage or unreadable input
  3  a verdict became undetermined)";

inline constexpr const char* fleet_help = R"(
Examples:
  vfio-doctor fleet reports/                             what many hosts come to: causes, outliers, the next boot
  vfio-doctor fleet reports.ndjson -o fleet.html         one report a line
  zstdcat reports.zst | vfio-doctor fleet - --format json -o today.json
  vfio-doctor fleet reports/ --since yesterday.json      and what changed

Each host writes its report with: vfio-doctor check --identify --format json
Exit codes:
  0  every host is ready
  1  a host is not (--fail-on warn: also a next boot that breaks, and outliers)
  2  wrong usage, or no report at all
  3  a host is undetermined, or a report was skipped
--fail-on never: 0 in place of 1 and 3)";

inline constexpr const char* guard_help = R"(
Examples:
  vfio-doctor guard status
  sudo vfio-doctor guard install                       beside a hook that is there already
  sudo vfio-doctor guard uninstall
  vfio-doctor guard win11 prepare begin - < win11.xml  what libvirt does before a start
  vfio-doctor guard 100 pre-start                      what Proxmox VE does with a hookscript
  vfio-doctor guard watch                              what the next reboot would take from passthrough

/etc/vfio-doctor/guard.conf: allow DOMAIN ADDRESS|*, refuse protected|group|nothing, on-error allow|refuse,
on-unknown allow|refuse, deadline MILLISECONDS.
Exit codes:
  0  the start may go on
  1  it must not (status: not installed; watch: the next reboot breaks passthrough)
  2  wrong usage
  3  watch: not known)";

}  // namespace vfio_doctor
