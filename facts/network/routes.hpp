// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// An IPv4 or IPv6 address; IPv4 uses the first four bytes.
struct InternetAddress {
  enum class Family { v4, v6 };
  Family family = Family::v4;
  std::array<std::uint8_t, 16> bytes{};

  /// "192.0.2.1", "2001:db8::1", "[2001:db8::1]", a zone ("%eth0") is dropped; nothing on anything else.
  static std::optional<InternetAddress> parse(std::string_view text);
  bool is_loopback() const;
  /// True where the first `length` bits are those of `prefix`.
  bool lies_in(const InternetAddress& prefix, unsigned length) const;
};

/// One usable next hop of a route.
struct Route {
  static constexpr std::uint64_t main_table = 254;

  InternetAddress destination;
  unsigned prefix_length = 0;
  std::string interface;
  bool through_gateway = false;
  bool to_this_host = false;
  std::uint64_t table = main_table, metric = 0;
  std::string source;  ///< "rtnetlink", "/proc/net/route"
  /// A route to everywhere or, as some VPN programs write it, to a half or an eighth of everywhere.
  bool is_default() const {
    return !to_this_host && prefix_length <= (destination.family == InternetAddress::Family::v4 ? 1u : 3u);
  }
};

struct RouteTable {
  std::vector<Route> routes;  ///< those of the main table first
  /// Not empty: a part could not be read or understood, so routes may be missing.
  std::string problem;
  /// IPv4 tables besides main that hold a default route ("Id 51820"): the kernel's text names no interface there.
  std::vector<std::string> other_tables;
};

/// Every route where the kernel told them over rtnetlink; else from its text files, which show the IPv4 routes of
/// the main table, the IPv6 routes of all tables, and of several next hops of one route often only the first.
/// Unreadable where there is no file of IPv4 routes either.
Observed<RouteTable> read_routes(const Root& root);

}  // namespace vfio_doctor
