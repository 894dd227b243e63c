// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "snapshot/pseudonyms.hpp"

namespace vfio_doctor {

/// What becomes of all other words. Names of interfaces are among them: some are made of an address.
using RenameWords = std::function<std::string(std::string_view)>;

/// /proc/net/route: the kernel's eight digits in the machine's byte order. A line that is none of this table is words.
std::string redact_v4_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameWords& rename);
/// /proc/net/ipv6_route.
std::string redact_v6_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameWords& rename);
/// Root::routes().
std::string redact_told_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameWords& rename);
/// What systemd-logind keeps about a session: nothing but whether, from where, and how somebody came in.
std::string redact_session(const std::string& text, Pseudonyms& pseudonyms);

}  // namespace vfio_doctor
