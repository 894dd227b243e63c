// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>

#include "base/descriptor.hpp"
#include "base/input_file.hpp"
#include "base/text.hpp"
#include "exercise/perform.hpp"

namespace vfio_doctor {
namespace {

using Result = GuestExercise::Result;
constexpr int tries = 50, pause_milliseconds = 100;

/// One interface of this network namespace, asked as ifconfig and ethtool do: no process, no configuration.
class Interface {
 public:
  explicit Interface(const std::string& name) : name_(name), socket_(open_socket()) {}

  bool is_open() const { return socket_.get() >= 0 && name_.size() < IFNAMSIZ; }

  /// IFF_*; nothing where the kernel does not say, and errno tells why.
  std::optional<short> flags() const {
    auto request = named();
    if (::ioctl(socket_.get(), SIOCGIFFLAGS, &request) != 0) return std::nullopt;
    return request.ifr_flags;
  }
  bool set_flags(short flags) const {
    auto request = named();
    request.ifr_flags = flags;
    return ::ioctl(socket_.get(), SIOCSIFFLAGS, &request) == 0;
  }
  /// The driver's word; where it has none, the kernel's.
  bool has_link() const {
    ethtool_value value{ETHTOOL_GLINK, 0};
    auto request = named();
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (::ioctl(socket_.get(), SIOCETHTOOL, &request) == 0) return value.data != 0;
    const auto now = flags();
    return now && (*now & IFF_RUNNING) != 0;
  }
  std::uint64_t received() const {
    try {
      return parse_unsigned(trim(read_input_file("/sys/class/net/" + name_ + "/statistics/rx_packets", 64))).value_or(0);
    } catch (const std::exception&) {
      return 0;
    }
  }

 private:
  static int open_socket() {
    for (const int family : {AF_INET, AF_UNIX})
      if (const int fd = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0); fd >= 0) return fd;
    return -1;
  }
  ifreq named() const {
    ifreq request{};
    std::memcpy(request.ifr_name, name_.data(), std::min<std::size_t>(name_.size(), IFNAMSIZ - 1));
    return request;
  }

  const std::string& name_;
  Descriptor socket_;
};

Outcome watch(const Interface& interface, const Act& act, std::uint64_t before, bool came_up) {
  for (int at = 0; at < tries; ++at) {
    if (interface.has_link()) return {Result::worked, "it has a link"};
    if (const auto now = interface.received(); now > before)
      return {Result::worked, std::to_string(now - before) + " packets came"};
    // mac80211 starts the hardware and its firmware before an interface is up (net/mac80211/iface.c, ieee80211_do_open()).
    if (act.is_radio && came_up) return {Result::worked, "its radio started"};
    const timespec pause{0, pause_milliseconds * 1'000'000L};
    ::nanosleep(&pause, nullptr);
  }
  return {Result::undecided,
          std::string(came_up ? "it came up" : "it is up") + ", but no link came in 5 s: is anything connected?"};
}

}  // namespace

Outcome take_down(const Act& act) {
  const Interface interface(act.name);
  const auto flags = interface.is_open() ? interface.flags() : std::nullopt;
  if (flags && interface.set_flags(static_cast<short>(*flags & ~IFF_UP))) return {Result::worked, {}};
  return {Result::undecided, std::strerror(errno)};
}

Outcome try_link(const Act& act) {
  const Interface interface(act.name);
  if (!interface.is_open()) return {Result::undecided, "it cannot be asked here"};
  const auto flags = interface.flags();
  if (!flags) return {Result::undecided, act.name + " cannot be asked: " + std::strerror(errno)};
  const auto before = interface.received();
  const bool was_up = (*flags & IFF_UP) != 0;
  if (was_up) return watch(interface, act, before, false);
  if (act.kind != Act::Kind::bring_up) return {Result::undecided, "it went down meanwhile"};
  if (!interface.set_flags(static_cast<short>(*flags | IFF_UP))) return outcome_of_error("it cannot be brought up", errno);
  auto outcome = watch(interface, act, before, true);
  if (take_down(act).result != Result::worked)
    outcome.what += "; it could not be taken down again: ip link set " + act.name + " down";
  return outcome;
}

}  // namespace vfio_doctor
