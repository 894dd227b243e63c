// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "facts/network/network.hpp"
#include "facts/pci/sysfs_path.hpp"
#include "facts/storage/tracer.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_layers = 40;
constexpr std::size_t most_chain_bytes = 400;

std::string bounded(std::string text) {
  if (text.size() > most_chain_bytes) text = text.substr(0, most_chain_bytes) + "...";
  return text;
}

}  // namespace

std::string Footing::chain() const { return below.empty() ? label : label + " on " + below; }

void Footing::stand_on(const Footing& part) {
  // LVM builds volumes out of hidden volumes; one mention is enough for a reader.
  const std::string words = is_lvm && part.is_lvm ? part.below : part.chain();
  if (below.empty())
    below = bounded(words);
  else if (below != words && below.size() < most_chain_bytes && !below.ends_with(" and " + words) &&
           !below.starts_with(words + " and "))
    below = bounded(below + " and " + words);
  add_functions(functions, part.functions);
  for (const auto& interface : part.interfaces)
    if (std::ranges::find(interfaces, interface) == interfaces.end()) interfaces.push_back(interface);
  if (unresolved.empty()) {
    unresolved = part.unresolved;
    missing = part.missing;
  } else if (!part.unresolved.empty() && part.missing != missing) {
    missing = Carrier::either;
  }
}

Footing& Footing::fail(std::string why, Carrier carrier) {
  unresolved = bounded(std::move(why));
  missing = carrier;
  return *this;
}

Footing StorageTracer::once(const std::string& key, const std::function<Footing()>& follow) {
  if (const auto known = done_.find(key); known != done_.end()) return known->second;
  if (open_.contains(key) || open_.size() >= most_layers) {
    Footing circle;
    circle.label = base_name(key);
    return circle.fail("the layers of storage refer to each other in a circle at " + base_name(key));
  }
  open_.insert(key);
  auto footing = follow();
  open_.erase(key);
  // Kept even where a circle was met inside: it stays unresolved, and the work stays bounded.
  return done_[key] = std::move(footing);
}

Footing StorageTracer::file(const std::string& path) {
  static constexpr std::string_view deleted = " (deleted)";
  const bool is_deleted = path.ends_with(deleted);
  const std::string name = is_deleted ? path.substr(0, path.size() - deleted.size()) : path;
  Footing footing;
  footing.label = "a file";
  if (!name.starts_with('/')) return footing.fail("'" + name.substr(0, 80) + "' is no path of a file that can be seen here");
  auto real = root_.canonical(name);
  if (real.is_absent() && !is_deleted)
    return footing.fail(name.substr(0, 120) + " cannot be seen here; it may lie in a file system of another container");
  const auto* holder = mounts_.holding(real.has_value() ? real.value() : name);
  if (!holder) return footing.fail("no mounted file system holds " + name.substr(0, 120));
  return mount(*holder);
}

Footing StorageTracer::server(const std::string& label, const std::string& address) {
  Footing footing;
  footing.label = label;
  if (!routes_) routes_ = read_routes(root_);
  const auto names = interfaces_towards(*routes_, address);
  if (names.is_absent()) return footing.fail("no route leads to " + address.substr(0, 80), Carrier::network);
  if (!names.has_value()) return footing.fail(names.why(), Carrier::network);
  if (names->front() == "lo") return footing;  // served by this host from its own file systems
  come_through(footing, names.value());
  return footing;
}

void StorageTracer::come_through(Footing& footing, const std::vector<std::string>& interfaces) {
  std::vector<std::string> chains;
  std::string problem;
  for (const auto& name : interfaces) {
    const auto path = follow_interface(root_, name);
    chains.push_back(path.chain);
    add_functions(footing.functions, path.functions);
    if (problem.empty()) problem = path.unresolved;
  }
  footing.label += " through " + join(chains, " and ");
  footing.interfaces = interfaces;
  if (!problem.empty()) footing.fail(problem, Carrier::network);
}

const std::vector<std::string>& StorageTracer::block_names() {
  if (!block_names_) {
    const auto names = root_.list("/sys/class/block");
    block_names_ = names.has_value() ? names.value() : std::vector<std::string>();
  }
  return *block_names_;
}

}  // namespace vfio_doctor
