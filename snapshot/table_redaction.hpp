// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "snapshot/pseudonyms.hpp"

namespace vfio_doctor {

/// What becomes of an interface's name: some are made of its address.
using RenameInterface = std::function<std::string(std::string_view)>;

/// /proc/net/route: the kernel's eight digits in the machine's byte order. What is no network stays as it is.
std::string redact_v4_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameInterface& rename);
/// /proc/net/ipv6_route.
std::string redact_v6_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameInterface& rename);
/// Root::routes().
std::string redact_told_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameInterface& rename);
/// Mount tables: servers and what they export, accounts in the options of network file systems.
std::string redact_servers(const std::string& text, Pseudonyms& pseudonyms);
/// What systemd-logind keeps about a session: nothing but whether, from where, and how somebody came in.
std::string redact_session(const std::string& text, Pseudonyms& pseudonyms);

}  // namespace vfio_doctor
