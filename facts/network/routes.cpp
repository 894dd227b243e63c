// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/network/routes.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

// include/uapi/linux/route.h
constexpr std::uint64_t flag_up = 0x1, flag_gateway = 0x2, flag_reject = 0x200;

using Family = InternetAddress::Family;

struct RouteFile {
  Observed<std::string> text;
  std::string path;
};

/// The first process's view: this program may run in a network namespace of its own.
RouteFile read_route_file(const Root& root, const std::string& name) {
  for (const std::string directory : {"/proc/1/net/", "/proc/net/"}) {
    auto text = root.read(directory + name, Root::most_route_bytes);
    if (text.has_value() || directory == "/proc/net/") return {std::move(text), directory + name};
  }
  return {};
}

/// The kernel prints the four bytes of an IPv4 address as one number in the byte order of the machine.
InternetAddress from_machine_word(std::uint64_t word) {
  InternetAddress address;
  const auto value = static_cast<std::uint32_t>(word);
  std::memcpy(address.bytes.data(), &value, sizeof value);
  return address;
}

unsigned leading_ones(const InternetAddress& mask) {
  unsigned length = 0;
  for (const auto byte : mask.bytes) {
    length += static_cast<unsigned>(std::countl_one(byte));
    if (byte != 0xff) break;
  }
  return length;
}

/// Nothing on a line that is no route; a route that leads nowhere has no interface.
std::optional<Route> parse_v4(std::string_view line, const std::string& path) {
  const auto words = split_words(line);
  if (words.size() < 8) return std::nullopt;
  const auto destination = parse_unsigned(words[1], 16), flags = parse_unsigned(words[3], 16),
             mask = parse_unsigned(words[7], 16);
  if (!destination || !flags || !mask || *destination > 0xffffffff || *mask > 0xffffffff) return std::nullopt;
  Route route;
  route.source = path;
  route.destination = from_machine_word(*destination);
  route.prefix_length = leading_ones(from_machine_word(*mask));
  route.through_gateway = (*flags & flag_gateway) != 0;
  route.metric = parse_unsigned(words[6]).value_or(0);
  if ((*flags & flag_up) != 0 && (*flags & flag_reject) == 0) route.interface = words[0];
  return route;
}

std::optional<Route> parse_v6(std::string_view line, const std::string& path) {
  const auto words = split_words(line);
  if (words.size() != 10 || words[0].size() != 32) return std::nullopt;
  const auto length = parse_unsigned(words[1], 16), flags = parse_unsigned(words[8], 16);
  if (!length || *length > 128 || !flags) return std::nullopt;
  Route route;
  route.source = path;
  route.destination.family = Family::v6;
  for (std::size_t i = 0; i < 16; ++i) {
    const auto byte = parse_unsigned(words[0].substr(2 * i, 2), 16);
    if (!byte) return std::nullopt;
    route.destination.bytes[i] = static_cast<std::uint8_t>(*byte);
  }
  route.prefix_length = static_cast<unsigned>(*length);
  route.through_gateway = (*flags & flag_gateway) != 0;
  route.metric = parse_unsigned(words[5], 16).value_or(0);
  // Multicast is on every interface and says nothing about a way out.
  const bool multicast = route.destination.bytes[0] == 0xff && *length >= 8;
  if ((*flags & flag_up) != 0 && (*flags & flag_reject) == 0 && words[9] != "lo" && !multicast) route.interface = words[9];
  return route;
}

/// A line of Root::routes().
std::optional<Route> parse_told(std::string_view line) {
  const auto words = split_words(line);
  if (words.size() < 8 || words[2] != "dev" || words[4] != "table" || words[6] != "metric") return std::nullopt;
  const auto slash = words[1].find('/');
  const auto address = InternetAddress::parse(words[1].substr(0, slash));
  const auto length = slash == words[1].npos ? std::nullopt : parse_unsigned(words[1].substr(slash + 1));
  const auto table = parse_unsigned(words[5]), metric = parse_unsigned(words[7]);
  if (!address || !length || *length > (address->family == Family::v4 ? 32u : 128u) || !table || !metric) return std::nullopt;
  Route route;
  route.source = "rtnetlink";
  route.destination = *address;
  route.prefix_length = static_cast<unsigned>(*length);
  route.interface = words[3];
  route.through_gateway = words.size() > 8 && words[8] == "gateway";
  route.to_this_host = words[0] == "local";
  route.table = *table;
  route.metric = *metric;
  return route;
}

/// Older kernels list multicast, which is on every interface, as if it were a way out.
bool is_multicast(const Route& route) {
  const auto first = route.destination.bytes[0];
  if (route.destination.family == Family::v6) return first == 0xff && route.prefix_length >= 8;
  return (first & 0xf0) == 0xe0 && route.prefix_length >= 4;
}

/// Every network namespace whose loopback interface is up has routes to itself; one without is not the host's.
constexpr const char* no_routes_at_all = "the kernel told no route at all, not even of the loopback interface";

RouteTable parse_told_routes(std::string_view text) {
  RouteTable table;
  if (trim(text).empty()) table.problem = no_routes_at_all;
  for (const auto line : split_lines(text)) {
    if (trim(line).empty()) continue;
    auto route = parse_told(line);
    if (!route)
      table.problem = "a line of the recorded routes could not be understood";
    else if (!is_multicast(*route))
      table.routes.push_back(std::move(*route));
  }
  std::ranges::stable_partition(table.routes, [](const Route& route) { return route.table == Route::main_table; });
  return table;
}

/// Where this program sees another network than the host's, and cannot see the host's through the first process: why.
/// The kernel shows net/core/dev_weight to its first network namespace alone, net/core/somaxconn to each (net_core_table
/// and netns_core_table in net/core/sysctl_net_core.c, since Linux 2.6.25). The first process is the host's own in the
/// first process namespace, whose number is fixed (PROC_PID_INIT_INO in include/linux/proc_ns.h). A copied tree has
/// neither and says nothing.
std::string other_network(const Root& root) {
  const std::string core = "/proc/sys/net/core/";
  const auto process_namespace = root.read_link("/proc/self/ns/pid");
  if (process_namespace.is("pid:[4026531836]") || root.exists(core + "dev_weight")) return {};
  if (process_namespace.is_absent() && root.kind(core + "somaxconn").is_absent()) return {};
  // A recording may hold none of the three: then nothing tells a container either.
  if (!process_namespace.has_value() && !root.exists(core + "somaxconn"))
    return "/proc/self/ns/pid: " + process_namespace.why() + "; whose network was seen is not known";
  return "this program runs in a container, where the network of the host cannot be seen";
}

void add_routes(RouteTable& table, const RouteFile& file, std::optional<Route> (*parse)(std::string_view, const std::string&)) {
  for (const auto line : split_lines(file.text.value())) {
    if (trim(line).empty() || line.starts_with("Iface")) continue;
    auto route = parse(line, file.path);
    if (!route)
      table.problem = "a line of " + file.path + " could not be understood";
    else if (!route->interface.empty())
      table.routes.push_back(std::move(*route));
  }
}

/// Sections of fib_trie that hold a unicast route to 0.0.0.0/0, other than "Main" and "Local".
std::vector<std::string> other_default_tables(std::string_view text) {
  std::vector<std::string> tables;
  std::string section;
  bool at_zero = false;
  for (const auto line : split_lines(text)) {
    const auto words = split_words(line);
    if (words.empty()) continue;
    if (line.front() != ' ') {
      section = std::string(line.substr(0, line.find(':')));
    } else if (words[0] == "|--") {
      at_zero = words.size() > 1 && words[1] == "0.0.0.0";
    } else if (at_zero && words[0] == "/0" && words.back() == "UNICAST" && section != "Main" && section != "Local" &&
               (tables.empty() || tables.back() != section)) {
      tables.push_back(section);
    }
  }
  return tables;
}

}  // namespace

std::optional<InternetAddress> InternetAddress::parse(std::string_view text) {
  if (text.starts_with('[') && text.find(']') != text.npos) text = text.substr(1, text.find(']') - 1);
  const std::string plain(text.substr(0, text.find('%')));
  InternetAddress address;
  if (::inet_pton(AF_INET, plain.c_str(), address.bytes.data()) == 1) return address;
  address.family = Family::v6;
  if (::inet_pton(AF_INET6, plain.c_str(), address.bytes.data()) != 1) return std::nullopt;
  static constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(address.bytes.data(), mapped.data(), mapped.size()) != 0) return address;
  InternetAddress inner;  // ::ffff:192.0.2.1 travels as IPv4
  std::memcpy(inner.bytes.data(), address.bytes.data() + mapped.size(), 4);
  return inner;
}

bool InternetAddress::is_loopback() const {
  if (family == Family::v4) return bytes[0] == 127;
  InternetAddress one;
  one.bytes[15] = 1;
  return bytes == one.bytes;
}

bool InternetAddress::lies_in(const InternetAddress& prefix, unsigned length) const {
  if (family != prefix.family) return false;
  for (unsigned bit = 0; bit < length && bit < 128; ++bit) {
    const unsigned mask = 0x80u >> (bit % 8);
    if ((bytes[bit / 8] & mask) != (prefix.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

Observed<RouteTable> read_routes(const Root& root) {
  if (const auto why = other_network(root); !why.empty()) return Observed<RouteTable>::unreadable(why);
  if (const auto told = root.routes(); told.has_value()) return parse_told_routes(told.value());
  const auto v4 = read_route_file(root, "route");
  if (!v4.text.has_value()) return Observed<RouteTable>::unreadable(v4.path + ": " + v4.text.why());
  if (!v4.text->starts_with("Iface"))
    return Observed<RouteTable>::unreadable(v4.path + " has no heading: it is masked or cut off");
  RouteTable table;
  add_routes(table, v4, parse_v4);
  const auto v6 = read_route_file(root, "ipv6_route");
  if (v6.text.has_value())
    add_routes(table, v6, parse_v6);
  else if (v6.text.is_unreadable())
    table.problem = v6.path + ": " + v6.text.why();
  const auto trie = read_route_file(root, "fib_trie");
  if (trie.text.has_value())
    table.other_tables = other_default_tables(trie.text.value());
  else if (trie.text.is_unreadable())
    table.problem = trie.path + ": " + trie.text.why();
  return table;
}

}  // namespace vfio_doctor
