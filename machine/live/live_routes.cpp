// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/live/live_routes.hpp"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>

#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

using Answer = Observed<std::string>;

constexpr int most_attempts = 3;
constexpr std::size_t answer_bytes = 256 << 10;  // the kernel fills at most 32 KiB at a time

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// A structure at the front of `bytes`; nothing where they are too few.
template <typename T>
std::optional<T> front_of(std::string_view bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// Takes one record off the front of a list whose records say their own length and are padded to four bytes.
std::string_view take(std::string_view& list, std::size_t length, std::size_t smallest) {
  if (length < smallest || length > list.size()) length = list.size();
  const auto record = list.substr(0, length);
  list.remove_prefix(std::min((length + 3) & ~std::size_t{3}, list.size()));
  return record;
}

/// One next hop, and what of it the kernel says beside it.
struct Hop {
  std::uint32_t interface = 0, object = 0;
  bool through_gateway = false;
};

struct Attributes {
  std::string_view destination, hops;
  std::optional<std::uint32_t> table, metric;
  Hop hop;
};

Attributes read_attributes(std::string_view list) {
  Attributes found;
  while (const auto head = front_of<rtattr>(list)) {
    auto value = take(list, head->rta_len, sizeof(rtattr));
    value.remove_prefix(sizeof(rtattr));
    switch (head->rta_type & NLA_TYPE_MASK) {
      case RTA_DST:
        found.destination = value;
        break;
      case RTA_MULTIPATH:
        found.hops = value;
        break;
      case RTA_TABLE:
        found.table = front_of<std::uint32_t>(value);
        break;
      case RTA_PRIORITY:
        found.metric = front_of<std::uint32_t>(value);
        break;
      case RTA_OIF:
        found.hop.interface = front_of<std::uint32_t>(value).value_or(0);
        break;
      case RTA_NH_ID:
        found.hop.object = front_of<std::uint32_t>(value).value_or(0);
        break;
      case RTA_GATEWAY:
      case RTA_VIA:
        found.hop.through_gateway = true;
        break;
      default:
        break;
    }
  }
  return found;
}

class RouteWriter {
 public:
  void add(unsigned char family, std::string_view message) {
    const auto head = front_of<rtmsg>(message);
    if (!head || head->rtm_family != family || (head->rtm_flags & RTM_F_CLONED) != 0) return;
    message.remove_prefix(sizeof(rtmsg));
    const auto own = read_attributes(message);
    const auto table = own.table.value_or(head->rtm_table);
    // Routes to this host itself stand in a table of their own; elsewhere they are a trick of packet filters.
    const bool is_local = head->rtm_type == RTN_LOCAL && table == RT_TABLE_LOCAL;
    if (head->rtm_type != RTN_UNICAST && !is_local) return;
    std::array<char, INET6_ADDRSTRLEN> address{};
    std::array<char, 16> bytes{};
    if (own.destination.size() <= bytes.size()) std::copy(own.destination.begin(), own.destination.end(), bytes.begin());
    ::inet_ntop(family, bytes.data(), address.data(), address.size());
    const std::string target =
        std::string(is_local ? "local " : "unicast ") + address.data() + "/" + std::to_string(head->rtm_dst_len);
    const std::string place = " table " + std::to_string(table) + " metric " + std::to_string(own.metric.value_or(0));
    auto hops = own.hops;
    if (hops.empty()) write(target, own.hop, place);
    while (const auto hop = front_of<rtnexthop>(hops)) {
      auto more = take(hops, hop->rtnh_len, sizeof(rtnexthop));
      more.remove_prefix(sizeof(rtnexthop));
      auto one = read_attributes(more).hop;
      one.interface = static_cast<std::uint32_t>(hop->rtnh_ifindex);
      write(target, one, place);
    }
  }

  const std::string& text() const { return text_; }

 private:
  void write(const std::string& target, const Hop& hop, const std::string& place) {
    text_ += target + " dev " + name(hop) + place + (hop.through_gateway ? " gateway" : "") + "\n";
  }

  /// What has no name gets one that no interface can have.
  std::string name(const Hop& hop) {
    if (hop.interface == 0) return "nexthop:" + std::to_string(hop.object);
    auto& known = names_[hop.interface];
    std::array<char, IF_NAMESIZE> found{};
    if (known.empty())
      known = ::if_indextoname(hop.interface, found.data()) ? found.data() : "interface:" + std::to_string(hop.interface);
    return known;
  }

  std::string text_;
  std::map<std::uint32_t, std::string> names_;
};

bool ask(int socket, unsigned char family) {
  struct {
    nlmsghdr head;
    rtmsg body;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = RTM_GETROUTE;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.rtm_family = family;
  return ::send(socket, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request);
}

enum class End { complete, changed, failed };

/// All answers to one question. "Changed": the list changed while it was told, so something may be missing.
End collect(int socket, unsigned char family, RouteWriter& writer, std::string& why) {
  std::string buffer(answer_bytes, '\0');
  bool changed = false;
  while (writer.text().size() <= Root::most_route_bytes) {
    const auto got = ::recv(socket, buffer.data(), buffer.size(), MSG_TRUNC);
    if (got <= 0 || static_cast<std::size_t>(got) > buffer.size()) {
      why = got < 0 ? std::strerror(errno) : "the kernel's answer is too long";
      return End::failed;
    }
    auto messages = std::string_view(buffer).substr(0, static_cast<std::size_t>(got));
    while (const auto head = front_of<nlmsghdr>(messages)) {
      auto message = take(messages, head->nlmsg_len, sizeof(nlmsghdr));
      message.remove_prefix(sizeof(nlmsghdr));
      changed |= (head->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) {
        const auto error = front_of<std::int32_t>(message).value_or(0);
        if (error == 0 && head->nlmsg_type == NLMSG_DONE) return changed ? End::changed : End::complete;
        why = std::strerror(-error);
        return End::failed;
      }
      if (head->nlmsg_type == RTM_NEWROUTE) writer.add(family, message);
    }
  }
  why = "there are more routes than this program keeps";
  return End::failed;
}

Answer ask_once(bool& changed) {
  const Socket socket;
  const timeval patience{2, 0};
  if (socket.descriptor() < 0) return Answer::unreadable(std::strerror(errno));
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  RouteWriter writer;
  for (const auto family : std::array<unsigned char, 2>{AF_INET, AF_INET6}) {
    std::string why;
    if (!ask(socket.descriptor(), family)) return Answer::unreadable(std::strerror(errno));
    const auto end = collect(socket.descriptor(), family, writer, why);
    if (end == End::failed) return Answer::unreadable(why);
    changed |= end == End::changed;
  }
  return writer.text();
}

/// Files below /proc/PID/net have one number for each network namespace. Where that cannot be asked, the text files
/// of routes are this program's own, too.
bool shares_first_network() {
  struct stat first {};
  struct stat own {};
  if (::stat("/proc/1/net/dev", &first) != 0 || ::stat("/proc/self/net/dev", &own) != 0) return true;
  return first.st_ino == own.st_ino;
}

}  // namespace

Observed<std::string> read_live_routes() {
  if (!shares_first_network()) return Answer::unreadable("this program runs in a network namespace of its own");
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    bool changed = false;
    auto answer = ask_once(changed);
    if (!changed || answer.is_unreadable()) return answer;
  }
  return Answer::unreadable("the routes change too often to be listed");
}

}  // namespace vfio_doctor
