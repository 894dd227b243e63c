// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/fleet.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "fleet/aggregate.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_hosts = 2'000'000;  // what is beyond is counted as skipped
constexpr std::size_t most_skipped = 1000;     // named; all are counted
constexpr std::size_t longest_place = 400;     // bytes

std::uint16_t bounded(unsigned number) {
  return static_cast<std::uint16_t>(std::min<unsigned>(number, std::numeric_limits<std::uint16_t>::max()));
}

/// What keeps a host from being ready: the checks that fail, else those that could not see what they need.
std::string cause_of(const ReadHost& host) {
  if (host.verdict == Verdict::ready) return "";
  const auto& checks = host.verdict == Verdict::not_ready ? host.failing : host.unseen;
  return checks.empty() ? "(the report does not say which check)" : join(checks, ", ");
}

}  // namespace

std::uint32_t SharedWords::number_of(std::string_view word) {
  const auto [place, is_new] = numbers_.try_emplace(std::string(word), static_cast<std::uint32_t>(words_.size()));
  if (is_new) words_.push_back(&place->first);
  return place->second;
}

void Fleet::skip(const std::string& place, const std::string& why) {
  ++skipped_total_;
  if (skipped_.size() < most_skipped) skipped_.push_back({place.substr(0, longest_place), why});
}

HostRecord Fleet::record_of(const ReadHost& host, const std::string& place) {
  HostRecord record;
  record.name = !host.name.empty() ? host.name : !host.id.empty() ? host.id : place.substr(0, longest_place);
  record.id = host.id;
  record.time = words_.number_of(host.generated_at);
  record.board = words_.number_of(host.board);
  record.cause = words_.number_of(cause_of(host));
  record.lost = words_.number_of(join(host.next_boot.lost, "\n"));
  record.reason = words_.number_of(host.next_boot.reason);
  std::ranges::transform(host.facts, record.facts.begin(), [this](const std::string& fact) { return words_.number_of(fact); });
  record.verdict = host.verdict;
  record.next_boot = host.next_boot.verdict;
  record.devices.reserve(host.devices.size());
  for (const auto& given : host.devices) {
    record.devices.push_back({given.id, bounded(given.alone), bounded(given.with_companions)});
    if (!given.name.empty() && !device_names_.contains(given.id)) device_names_[given.id] = words_.number_of(given.name);
  }
  return record;
}

void Fleet::add(std::string_view report, const std::string& place) {
  if (const auto why = read_host(report, read_); !why.empty()) return skip(place, why);
  if (hosts_.size() == most_hosts) return skip(place, "more than " + std::to_string(most_hosts) + " hosts");
  if (read_.name.empty() && read_.id.empty()) ++unnamed_;
  keep(record_of(read_, place));
}

/// Of two reports about one host the newer one counts; of equally old ones the later.
void Fleet::keep(HostRecord record) {
  if (!read_.id.empty() || !read_.name.empty()) {
    const auto [known, is_new] = known_.try_emplace(read_.id.empty() ? "name " + read_.name : "id " + read_.id, hosts_.size());
    if (!is_new) {
      ++superseded_;
      auto& before = hosts_[known->second];
      if (words_.at(record.time) >= words_.at(before.time)) before = std::move(record);
      return;
    }
  }
  hosts_.push_back(std::move(record));
}

FleetSummary Fleet::summary(const PreviousFleet* previous) const {
  FleetSummary fleet;
  fleet.hosts = hosts_.size();
  fleet.unnamed = unnamed_;
  fleet.superseded = superseded_;
  fleet.skipped_total = skipped_total_;
  fleet.skipped = skipped_;
  Aggregate aggregate(hosts_, words_, device_names_);
  aggregate.fill(fleet);
  if (previous) {
    // The type is written out: a lambda would return a copy, and the reference to it would dangle.
    const auto cause_of = [&aggregate](std::size_t i) -> const std::string& { return aggregate.cause_of_state(i); };
    fleet.changes = changes_since(*previous, fleet.states, cause_of);
  }
  return fleet;
}

}  // namespace vfio_doctor
