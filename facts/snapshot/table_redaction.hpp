// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/snapshot/pseudonyms.hpp"

namespace vfio_doctor {

/// /proc/net/route: the kernel's eight digits in the machine's byte order. What is no network stays as it is.
std::string redact_v4_routes(const std::string& text, Pseudonyms& pseudonyms);
/// /proc/net/ipv6_route.
std::string redact_v6_routes(const std::string& text, Pseudonyms& pseudonyms);
/// Mount tables: servers and what they export, accounts in the options of network file systems.
std::string redact_servers(const std::string& text, Pseudonyms& pseudonyms);

}  // namespace vfio_doctor
