// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

#include "reports/report.hpp"

namespace vfio_doctor {

/// The most that a report says of any one value, in bytes, and the most items of a list that may grow with what a stranger
/// wrote. A machine, a guest or a snapshot can hold megabytes where a name is expected; every format would repeat them.
namespace bounds {
inline constexpr std::size_t name = 400;       ///< names, titles, ids, subjects, drivers, sources of evidence
inline constexpr std::size_t sentence = 4000;  ///< summaries, reasons, notes, remedies
inline constexpr std::size_t value = 16000;    ///< values of evidence, commands
inline constexpr std::size_t companions = 64;  ///< of one device; its group names all members
inline constexpr std::size_t reasons = 64;     ///< of one device
inline constexpr std::size_t evidence = 256;   ///< of one finding
inline constexpr std::size_t remedies = 16, commands = 64;
inline constexpr std::size_t notes = 256, accepted = 256, interfaces = 16;
inline constexpr std::size_t next_arguments = 16;  ///< of the next boot, lost and gained each
}  // namespace bounds

/// `text` unless it is longer than `most` bytes; then its start, never ending inside a character, and how long it was:
/// "... (cut; 1048576 bytes in all)". What was cut once is not cut again.
void cut_text(std::string& text, std::size_t most);

/// The part of bound_report() for findings: before their sentences become reasons of every device of the host.
void bound_findings(std::vector<Finding>& findings);

/// Cuts every text and list of the report to its bound; what was cut says so. Whoever makes a Report out of what others
/// wrote calls this once, so that no renderer has to: build_report(), guest_report(), parse_report_json().
void bound_report(Report& report);

}  // namespace vfio_doctor
