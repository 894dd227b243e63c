// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/network/network.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "facts/network/remote_sessions.hpp"
#include "facts/pci/sysfs_path.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_depth = 16;         // a VLAN on a team on bonds is five
constexpr std::size_t most_chain_bytes = 600;  // names are hostile: a circle of bridges must not make a book
const std::string net_class = "/sys/class/net/";

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 32 && name.find('/') == name.npos && name != "." && name != "..";
}

bool is_virtual(const std::string& path) { return path.starts_with("/sys/devices/virtual/"); }

/// The interfaces right below one: every stacked interface has a link "lower_NAME" to each since Linux 3.13; ports of
/// a bridge and of a bond are also listed in places of their own. Unreadable where one of these could not be seen.
Observed<std::vector<std::string>> lower_interfaces(const Root& root, const std::string& path) {
  using Names = Observed<std::vector<std::string>>;
  std::set<std::string> lower;
  const auto entries = root.list(path);
  if (!entries.has_value()) return Names::unreadable(path + ": " + entries.why());
  for (const auto& entry : entries.value())
    if (entry.starts_with("lower_")) lower.insert(entry.substr(6));
  const auto ports = root.list(path + "/brif");
  if (ports.is_unreadable()) return Names::unreadable(path + "/brif: " + ports.why());
  if (ports.has_value()) lower.insert(ports->begin(), ports->end());
  const auto slaves = root.read(path + "/bonding/slaves");
  if (slaves.is_unreadable()) return Names::unreadable(path + "/bonding/slaves: " + slaves.why());
  if (slaves.has_value())
    for (const auto name : split_words(slaves.value())) lower.emplace(name);
  return std::vector<std::string>(lower.begin(), lower.end());
}

class InterfaceFollower {
 public:
  explicit InterfaceFollower(const Root& root) : root_(root) {}

  InterfaceFooting follow(const std::string& name) {
    if (!is_plain_name(name)) return unresolved(name.substr(0, 32), "this is no name of a network interface");
    if (open_.size() >= most_depth || open_.contains(name))
      return unresolved(name, "the network interfaces refer to each other in a circle at " + name);
    open_.insert(name);
    auto footing = follow_new(name);
    open_.erase(name);
    if (footing.chain.size() > most_chain_bytes) footing.chain = footing.chain.substr(0, most_chain_bytes) + "...";
    return footing;
  }

 private:
  static InterfaceFooting unresolved(const std::string& name, const std::string& why) { return {name, {}, why, false}; }

  InterfaceFooting follow_new(const std::string& name) {
    const auto path = root_.canonical(net_class + name);
    if (!path.has_value()) return unresolved(name, "/sys/class/net has no interface " + name + " (" + path.why() + ")");
    if (!is_sysfs_device(path.value())) return unresolved(name, no_sysfs_device(net_class + name));
    InterfaceFooting footing{name, functions_behind(root_, path.value()), {}, false};
    const auto seen = lower_interfaces(root_, path.value());
    if (!seen.has_value()) {
      footing.unresolved = seen.why();
      return footing;
    }
    auto lower = seen.value();
    if (lower.empty() && is_virtual(path.value())) {
      if (is_quiet_end(path.value())) return footing;
      lower = is_point_to_point(path.value()) ? carriers_of_point_to_point() : ports_of_open_vswitch(path.value(), name);
      footing.seen_virtual = lower.empty();
      if (lower.empty()) footing.unresolved = name + " is a virtual interface and does not say what carries it";
    }
    std::vector<std::string> words;
    for (const auto& below : lower) {
      const auto part = follow(below);
      words.push_back(part.chain);
      add_functions(footing.functions, part.functions);
      if (part.unresolved.empty()) continue;
      // A VLAN on a tunnel is a tunnel; with one part that was not seen, nothing is known.
      footing.seen_virtual = part.seen_virtual && (footing.unresolved.empty() || footing.seen_virtual);
      if (footing.unresolved.empty()) footing.unresolved = part.unresolved;
    }
    if (!words.empty()) footing.chain += " on " + join(words, ", ");
    return footing;
  }

  /// No plain Ethernet interface, as those of Open vSwitch are.
  bool is_tunnel(const std::string& path) const {
    const auto uevent = root_.read(path + "/uevent");
    const auto type = root_.read_line(path + "/type");
    return root_.exists(path + "/tun_flags") || (type.has_value() && !type.is("1")) ||
           (uevent.has_value() && uevent->find("DEVTYPE=") != std::string::npos);
  }

  bool is_point_to_point(const std::string& path) const { return root_.read_line(path + "/type").is("512"); }

  /// The interfaces that PPP over Ethernet uses. Which one carries which is not told, so all; none where there are
  /// more connections than that (a modem, a VPN): then it may be another.
  std::vector<std::string> carriers_of_point_to_point() const {
    auto text = root_.read("/proc/1/net/pppoe");
    if (!text.has_value()) text = root_.read("/proc/net/pppoe");
    const auto names = root_.list("/sys/class/net");
    if (!text.has_value() || !names.has_value()) return {};
    std::vector<std::string> carriers;
    for (const auto line : split_lines(text.value()))
      if (const auto words = split_words(line); words.size() == 3 && words[0] != "Id") carriers.emplace_back(words[2]);
    const auto connections =
        std::ranges::count_if(names.value(), [this](const std::string& name) { return is_point_to_point(net_class + name); });
    if (static_cast<std::size_t>(connections) > carriers.size()) return {};
    std::ranges::sort(carriers);
    const auto repeated = std::ranges::unique(carriers);
    carriers.erase(repeated.begin(), repeated.end());
    return carriers;
  }

  /// Below a bridge, the cable to a virtual machine or a container; a bridge without ports. They lead to no card.
  bool is_quiet_end(const std::string& path) const {
    if (root_.exists(path + "/bridge")) return true;
    if (open_.size() < 2) return false;
    if (root_.exists(path + "/tun_flags")) return true;
    const auto own = root_.read_line(path + "/ifindex"), peer = root_.read_line(path + "/iflink");
    // 0: a tunnel that is bound to no interface; its packets leave through one all the same.
    return own.has_value() && peer.has_value() && !peer.is("0") && own.value() != peer.value();
  }

  /// Interfaces that Open vSwitch makes have no links to its ports; all ports belong to "ovs-system".
  std::vector<std::string> ports_of_open_vswitch(const std::string& path, const std::string& name) const {
    if (is_tunnel(path) || name == "ovs-system") return {};
    const auto datapath = root_.canonical(net_class + "ovs-system");
    if (!datapath.has_value()) return {};
    const auto ports = lower_interfaces(root_, datapath.value());
    return ports.has_value() ? ports.value() : std::vector<std::string>();
  }

  const Root& root_;
  std::set<std::string> open_;
};

/// A tunnel's packets leave through an interface that has a gateway. Only what was seen to be virtual and to say nothing
/// of its carrier is taken for a tunnel, and only carriers that were seen count: one that was not may be the one.
InterfaceFooting follow_route(const Root& root, const RouteTable& table, const std::string& interface) {
  auto footing = follow_interface(root, interface);
  if (!footing.seen_virtual || !footing.functions.empty()) return footing;
  std::set<std::string> carriers;
  for (const auto& route : table.routes)
    if (route.through_gateway && route.interface != interface) carriers.insert(route.interface);
  std::vector<std::string> words;
  std::vector<PciAddress> functions;
  for (const auto& carrier : carriers) {
    const auto below = follow_interface(root, carrier);
    if (below.seen_virtual) continue;  // a tunnel as well
    if (!below.unresolved.empty()) return {footing.chain, {}, below.unresolved, false};
    words.push_back(below.chain);
    add_functions(functions, below.functions);
  }
  if (words.empty()) return footing;
  return {footing.chain + ", a tunnel through " + join(words, ", "), functions, {}, false};
}

/// "default route (IPv4)", "default route (IPv4, table 51820)".
std::string name_of(const Route& route) {
  const bool v4 = route.destination.family == InternetAddress::Family::v4;
  const auto table = route.table == Route::main_table ? "" : ", table " + std::to_string(route.table);
  return std::string("default route (") + (v4 ? "IPv4" : "IPv6") + table + ")";
}

std::vector<NetworkPath> default_paths(const Root& root, const RouteTable& table) {
  std::vector<NetworkPath> paths;
  std::set<std::pair<InternetAddress::Family, std::string>> told;
  for (const auto& route : table.routes) {
    if (!route.is_default() || !told.emplace(route.destination.family, route.interface).second) continue;
    NetworkPath path;
    path.interface = route.interface;
    path.use = name_of(route);
    path.source = route.source;
    auto footing = follow_route(root, table, route.interface);
    path.chain = std::move(footing.chain);
    path.functions = std::move(footing.functions);
    path.unresolved = std::move(footing.unresolved);
    paths.push_back(std::move(path));
  }
  for (const auto& name : table.other_tables) {
    NetworkPath path;
    path.use = "default route (IPv4, table " + (name.starts_with("Id ") ? name.substr(3) : name) + ")";
    path.source = "/proc/net/fib_trie";
    path.unresolved = "the kernel's text files name no interface for routes of this table";
    paths.push_back(std::move(path));
  }
  if (!table.problem.empty()) paths.push_back({{}, {}, "routes", "/proc/net", {}, table.problem});
  return paths;
}

/// Somebody who works on this host from afar comes in through it; this need not be where a default route points.
void add_remote_sessions(const Root& root, const RouteTable& table, std::vector<NetworkPath>& paths) {
  std::set<std::string> told;
  const auto seen = read_remote_sessions(root);
  if (!seen.problem.empty()) paths.push_back({{}, {}, "remote session", seen.source, {}, seen.problem});
  for (const auto& session : seen.sessions) {
    NetworkPath path;
    path.use = "remote session";
    path.source = session.source;
    const auto zone = session.host.find('%');
    auto names = zone == session.host.npos ? interfaces_towards(table, session.host)
                                           : std::vector<std::string>{session.host.substr(zone + 1)};
    if (!names.has_value()) {
      if (!told.insert("").second) continue;
      path.unresolved = names.is_absent() ? "no route leads to " + session.host : names.why();
      paths.push_back(path);
      continue;
    }
    for (const auto& name : names.value()) {
      if (name == "lo" || !told.insert(name).second) continue;
      auto footing = follow_route(root, table, name);
      paths.push_back(
          {name, std::move(footing.chain), path.use, path.source, std::move(footing.functions), std::move(footing.unresolved)});
    }
  }
}

/// Unreadable where one interface could not be traced: that one may be on any card.
Observed<std::vector<NetworkCard>> cards_in_use(const Root& root) {
  using Cards = Observed<std::vector<NetworkCard>>;
  const auto names = root.list("/sys/class/net");
  if (!names.has_value()) return Cards::like(names);
  std::vector<NetworkCard> cards;
  for (const auto& name : names.value()) {
    const auto path = root.canonical(net_class + name);
    if (path.is_absent()) continue;  // gone meanwhile
    if (!path.has_value()) return Cards::unreadable(net_class + name + ": " + path.why());
    if (!is_sysfs_device(path.value())) {
      if (root.kind(path.value()).is(NodeKind::directory)) return Cards::unreadable(no_sysfs_device(net_class + name));
      continue;  // "bonding_masters" is a file
    }
    const auto flags = root.read_line(path.value() + "/flags");
    const auto bits = flags.has_value() ? parse_unsigned(flags.value(), 16) : std::nullopt;
    const auto state = root.read_line(path.value() + "/operstate");
    if ((bits && (*bits & 1) == 0) || state.is("down")) continue;  // IFF_UP; no cable
    auto functions = functions_behind(root, path.value());
    if (!functions.empty()) cards.push_back({name, std::move(functions)});
  }
  return cards;
}

}  // namespace

InterfaceFooting follow_interface(const Root& root, const std::string& interface) {
  return InterfaceFollower(root).follow(interface);
}

std::vector<PciAddress> functions_below_interface(const Root& root, const std::string& interface) {
  return follow_interface(root, interface).functions;
}

Observed<std::vector<std::string>> interfaces_towards(const Observed<RouteTable>& table, const std::string& address) {
  using Names = Observed<std::vector<std::string>>;
  const auto wanted = InternetAddress::parse(address);
  if (!wanted) return Names::unreadable("not an address: " + address.substr(0, 80));
  if (wanted->is_loopback()) return std::vector<std::string>{"lo"};
  if (!table.has_value()) return Names::like(table);
  std::map<std::uint64_t, std::vector<const Route*>> best;  // of each table: the longest, of these the cheapest
  unsigned longest = 0;
  for (const auto& route : table->routes) {
    if (!wanted->lies_in(route.destination, route.prefix_length)) continue;
    if (route.to_this_host) return std::vector<std::string>{"lo"};
    longest = std::max(longest, route.prefix_length);
    auto& own = best[route.table];
    const auto rank = [](const Route& one) { return std::pair(~one.prefix_length, one.metric); };
    if (!own.empty() && rank(route) < rank(*own.front())) own.clear();
    if (own.empty() || rank(route) == rank(*own.front())) own.push_back(&route);
  }
  std::set<std::string> names;
  for (const auto& [number, routes] : best)
    for (const auto* route : routes)
      if (route->prefix_length == longest) names.insert(route->interface);
  if (names.empty()) return Names::absent();
  return std::vector<std::string>(names.begin(), names.end());
}

NetworkFacts gather_network(const Root& root) {
  NetworkFacts facts;
  const auto table = read_routes(root);
  if (table.has_value()) {
    facts.paths = default_paths(root, table.value());
    add_remote_sessions(root, table.value(), facts.paths.value());
  } else {
    facts.paths = Observed<std::vector<NetworkPath>>::like(table);
  }
  const auto* paths = facts.paths.get();
  const auto is_open = [](const NetworkPath& path) { return !path.unresolved.empty(); };
  if (!paths || std::ranges::any_of(*paths, is_open)) facts.cards = cards_in_use(root);
  return facts;
}

}  // namespace vfio_doctor
