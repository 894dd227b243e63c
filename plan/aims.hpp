// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/host.hpp"
#include "plan/plan.hpp"

namespace vfio_doctor {

enum class Reached { yes, no, unknown };

/// Whether the host is in the state that `aim` names.
Reached is_reached(const Host& host, const Aim& aim);

/// What the host has in its place: "iwlwifi holds it", "not on the command line"; or why that could not be seen.
std::string seen_of(const Host& host, const Aim& aim);

/// "vfio-pci holds 0000:03:00.0".
std::string words_of(const Aim& aim);

/// A command that succeeds where the aim is reached, and shows what it saw; empty where no command can tell.
std::string verify_command(const Aim& aim);

}  // namespace vfio_doctor
