// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/host.hpp"
#include "machine/recorded_nodes.hpp"

namespace vfio_doctor {

/// Exactly the inputs that a run reads, and the names of the PCI functions seen: a MemoryRoot of the result is gathered
/// into the same Host, also where other PCI names are installed.
RecordedNodes take_snapshot(const Root& root, Wake wake);

/// The most bytes that a snapshot may have; a host with 16384 functions makes about 60 MB of text.
inline constexpr std::size_t largest_snapshot_bytes = 128u << 20;

/// A snapshot in either form, told apart by its content: an archive or the text of a recorded machine. `name` is what
/// it is called in messages. Throws InputError "NAME...: what is wrong".
RecordedNodes read_snapshot(const std::string& bytes, const std::string& name);

}  // namespace vfio_doctor
