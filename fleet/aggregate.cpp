// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/aggregate.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_examples = 5;
constexpr std::size_t most_named = 1000;  // hosts of one next boot, changes
constexpr std::size_t most_boards = 3;    // of one cause
constexpr std::size_t most_causes = 1000, most_outliers = 1000, most_devices = 5000;
constexpr std::size_t least_hosts = 5;     // of one board, before anything is usual there
constexpr std::size_t usual_percent = 80;  // so many of a board's hosts make a value the usual one

void add(SomeHosts& some, const std::string& host, std::size_t most) {
  ++some.count;
  if (some.examples.size() < most) some.examples.push_back(host);
}

void count(VerdictCounts& counts, Verdict verdict) {
  ++(verdict == Verdict::ready ? counts.ready : verdict == Verdict::not_ready ? counts.not_ready : counts.undetermined);
}

/// Keeps the first `most`; how many there were.
template <class Item>
std::size_t cut(std::vector<Item>& items, std::size_t most) {
  const auto total = items.size();
  if (total > most) items.resize(most);
  return total;
}

int rank(Verdict verdict) { return verdict == Verdict::ready ? 2 : verdict == Verdict::undetermined ? 1 : 0; }

}  // namespace

Aggregate::Aggregate(const std::vector<HostRecord>& hosts, const SharedWords& words,
                     const std::unordered_map<std::uint32_t, std::uint32_t>& device_names)
    : hosts_(hosts), words_(words), device_names_(device_names) {
  sorted_.reserve(hosts.size());
  for (const auto& host : hosts) sorted_.push_back(&host);
  std::ranges::sort(sorted_, [](const HostRecord* one, const HostRecord* other) {
    return std::tie(one->name, one->id) < std::tie(other->name, other->id);
  });
}

const std::string& Aggregate::cause_of_state(std::size_t index) const { return words_.at(sorted_[index]->cause); }

void Aggregate::fill(FleetSummary& fleet) const {
  count_verdicts(fleet);
  find_causes(fleet);
  find_outliers(fleet);
  sum_devices(fleet);
  find_next_boots(fleet);
  fleet.states.reserve(sorted_.size());
  for (const auto* host : sorted_) fleet.states.push_back({host->name, host->id, host->verdict, host->next_boot});
}

void Aggregate::count_verdicts(FleetSummary& fleet) const {
  for (const auto& host : hosts_) {
    count(fleet.verdicts, host.verdict);
    count(fleet.next_boots, host.next_boot);
  }
}

void Aggregate::find_causes(FleetSummary& fleet) const {
  struct Group {
    SomeHosts hosts;
    std::map<std::uint32_t, std::size_t> boards;
  };
  std::map<std::pair<Verdict, std::uint32_t>, Group> groups;
  for (const auto* host : sorted_) {
    if (host->verdict == Verdict::ready) continue;
    auto& group = groups[{host->verdict, host->cause}];
    add(group.hosts, host->name, most_examples);
    ++group.boards[host->board];
  }
  for (auto& [key, group] : groups) {
    FleetCause cause{words_.at(key.second), key.first, std::move(group.hosts), {}, group.boards.size()};
    std::vector<std::pair<std::size_t, std::string>> boards;
    for (const auto& [board, hosts] : group.boards) boards.emplace_back(hosts, words_.at(board));
    std::ranges::sort(boards, [](const auto& one, const auto& other) {
      return one.first != other.first ? one.first > other.first : one.second < other.second;
    });
    cut(boards, most_boards);
    for (const auto& [hosts, board] : boards) cause.boards.push_back(board.empty() ? "unknown board" : board);
    fleet.causes.push_back(std::move(cause));
  }
  std::ranges::sort(fleet.causes, [](const FleetCause& one, const FleetCause& other) {
    return one.hosts.count != other.hosts.count
               ? one.hosts.count > other.hosts.count
               : std::tie(one.verdict, one.signature) < std::tie(other.verdict, other.signature);
  });
  fleet.causes_total = cut(fleet.causes, most_causes);
}

void Aggregate::find_outliers(FleetSummary& fleet) const {
  std::map<std::string, std::vector<const HostRecord*>> boards;
  for (const auto* host : sorted_)
    if (const auto& board = words_.at(host->board); !board.empty()) boards[board].push_back(host);
  const auto shown = [this](std::uint32_t word) { return words_.at(word).empty() ? "unknown" : words_.at(word); };
  for (const auto& [board, hosts] : boards) {
    if (hosts.size() < least_hosts) continue;
    for (std::size_t fact = 0; fact < host_fact_count; ++fact) {
      std::map<std::uint32_t, SomeHosts> values;
      for (const auto* host : hosts) add(values[host->facts[fact]], host->name, most_examples);
      const auto usual = std::ranges::max_element(values, {}, [](const auto& value) { return value.second.count; });
      // Where a fact is not known of most, that of the few who tell is no oddity.
      if (usual->second.count * 100 < hosts.size() * usual_percent || words_.at(usual->first).empty()) continue;
      for (const auto& [value, some] : values)
        if (value != usual->first)
          fleet.outliers.push_back({board, std::string(to_text(static_cast<HostFact>(fact))), shown(usual->first), shown(value),
                                    hosts.size(), usual->second.count, some});
    }
  }
  std::ranges::stable_sort(fleet.outliers, [](const FleetOutlier& one, const FleetOutlier& other) {
    return std::tie(one.board, one.what, one.value) < std::tie(other.board, other.what, other.value);
  });
  fleet.outliers_total = cut(fleet.outliers, most_outliers);
}

void Aggregate::sum_devices(FleetSummary& fleet) const {
  std::map<std::uint32_t, FleetDevice> sums;
  for (const auto& host : hosts_)
    for (const auto& given : host.devices) {
      auto& sum = sums[given.id];
      sum.alone += given.alone;
      sum.with_companions += given.with_companions;
      ++sum.hosts;
    }
  for (auto& [id, sum] : sums) {
    sum.id = hex_text(id >> 16, 4) + ":" + hex_text(id & 0xffff, 4);
    if (const auto name = device_names_.find(id); name != device_names_.end()) sum.name = words_.at(name->second);
    fleet.devices.push_back(std::move(sum));
  }
  std::ranges::stable_sort(fleet.devices, std::ranges::greater(),
                           [](const FleetDevice& device) { return device.alone + device.with_companions; });
  fleet.devices_total = cut(fleet.devices, most_devices);
}

void Aggregate::find_next_boots(FleetSummary& fleet) const {
  std::map<std::pair<Verdict, std::uint32_t>, FleetNextBoot> groups;
  for (const auto* host : sorted_) {
    if (host->verdict != Verdict::ready) continue;
    const bool breaks = host->next_boot == Verdict::not_ready;
    const bool may_break = host->next_boot == Verdict::undetermined && !words_.at(host->lost).empty();
    if (!breaks && !may_break) continue;
    auto& group = groups[{host->next_boot, host->lost}];
    if (group.hosts.count == 0) {
      group.verdict = host->next_boot;
      if (const auto& lost = words_.at(host->lost); !lost.empty())
        for (const auto argument : split(lost, '\n')) group.lost.emplace_back(argument);
      group.reason = words_.at(host->reason);
    }
    add(group.hosts, host->name, most_named);
  }
  for (auto& [key, group] : groups) fleet.next_boot.push_back(std::move(group));
  std::ranges::stable_sort(fleet.next_boot, [](const FleetNextBoot& one, const FleetNextBoot& other) {
    if (one.verdict != other.verdict) return one.verdict == Verdict::not_ready;
    return one.hosts.count != other.hosts.count ? one.hosts.count > other.hosts.count : one.lost < other.lost;
  });
}

FleetChanges changes_since(const PreviousFleet& previous, const std::vector<HostState>& states,
                           const std::function<const std::string&(std::size_t)>& cause_of) {
  const auto key_of = [](const HostState& state) { return state.id.empty() ? "name " + state.host : "id " + state.id; };
  FleetChanges changes;
  changes.since = previous.generated_at;
  std::unordered_map<std::string, const HostState*> before;
  for (const auto& state : previous.states) before.emplace(key_of(state), &state);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto& now = states[i];
    const auto known = before.find(key_of(now));
    if (known == before.end()) {
      add(changes.fresh, now.host, most_named);
      continue;
    }
    const auto& then = *known->second;
    if (then.next_boot == Verdict::ready && now.next_boot != Verdict::ready && now.verdict == Verdict::ready)
      add(changes.next_boot_worse, now.host, most_named);
    if (then.verdict != now.verdict) {
      const bool worse = rank(now.verdict) < rank(then.verdict);
      ++(worse ? changes.worse_total : changes.better_total);
      auto& list = worse ? changes.worse : changes.better;
      if (list.size() < most_named) list.push_back({now.host, then.verdict, now.verdict, cause_of(i)});
    }
    before.erase(known);
  }
  std::vector<std::string> gone;
  for (const auto& [key, state] : before) gone.push_back(state->host);
  std::ranges::sort(gone);
  for (const auto& host : gone) add(changes.gone, host, most_named);
  return changes;
}

}  // namespace vfio_doctor
