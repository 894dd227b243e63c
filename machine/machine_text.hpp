// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "machine/recorded_nodes.hpp"

namespace vfio_doctor {

/// A recorded machine as text that a person can read, write and review. One record per line; blank lines and
/// lines that start with '#' are ignored. Paths hold no blanks (write "\x20").
///
///     text PATH = VALUE          a file of one line: VALUE and a line end
///     file PATH                  a file; its lines follow, each behind "| "
///     hex PATH                   the same for bytes: "| 86 80 00 ..."
///     link PATH TARGET           a symbolic link
///     dir PATH                   a directory; which entries it has was not asked
///     listed PATH                a directory with all its entries: one that is not named here is not there
///     absent PATH [NAME...]      nothing is there; with names: PATH is a directory that has no such entries, or none itself
///     complete [PATH]            whatever is not named below PATH (everywhere) is not there: machines written by hand
///     recorded by VERSION        what was used to record it
///     seen PATH                  a file whose content was not read
///     special PATH               a device node, socket or the like
///     unreadable PATH REASON...  there, but it could not be read or listed
///     closed PATH REASON...      a directory that could not be listed
///     hidden PATH REASON...      whether it is there, and what it is, could not be seen
///     group N [type=DMA-FQ] [reserved=START-END:TYPE,...]       an IOMMU group
///     pci ADDRESS id=VVVV:DDDD class=CCCCCC [sub=VVVV:DDDD] [rev=RR] [group=N] [driver=NAME] [under=ADDRESS]
///         [header=HH] [multifunction=1] [KEY=VALUE ...]
///     expect STATUS SUBJECT "WORDS"    what a check must find here: a note for tests, passed over (CONTRIBUTING.md)
///
/// `pci` stands for all the sysfs nodes of one function: uevent, links, a 64-byte `config` as a normal user gets
/// it; any other KEY becomes a sysfs attribute of that name (boot_vga=1, reset_method=flr,bus; commas in a value
/// are blanks in the attribute). `under` names the bridge above it; without it the function sits on a root bus. Without
/// `sub` the subsystem ids are not known.
/// What is not named was not asked, which is not the same as absent; so a machine written by hand says `complete`. A text
/// that neither says so nor who recorded it is of format 1, which could not tell: there, listed is what that version listed.
/// Throws InputError "NAME:LINE: what is wrong".
RecordedNodes parse_machine_text(std::string_view text, const std::string& name);

/// Whether the first record could be one: a known verb. A text of something else altogether is told apart by it.
bool begins_like_machine_text(std::string_view text);

/// The plain records (no `group`, no `pci`) for nodes; parse_machine_text() of the result gives the same nodes.
std::string write_machine_text(const RecordedNodes& nodes);

}  // namespace vfio_doctor
