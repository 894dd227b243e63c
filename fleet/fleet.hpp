// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fleet/fleet_summary.hpp"
#include "fleet/host_reader.hpp"
#include "fleet/previous.hpp"

namespace vfio_doctor {

/// Words that many hosts share, each kept once and named by a number.
class SharedWords {
 public:
  std::uint32_t number_of(std::string_view word);
  const std::string& at(std::uint32_t number) const { return *words_[number]; }
  std::size_t size() const { return words_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<const std::string*> words_;  // into numbers_, whose nodes stay where they are
};

/// One host in as few bytes as it takes: about 200, so that a hundred thousand fit. Numbers are those of SharedWords.
struct HostRecord {
  std::string name, id;
  std::uint32_t time = 0;  ///< as SharedWords of "2026-01-31T12:00:00Z"
  std::uint32_t board = 0, cause = 0, lost = 0, reason = 0;
  std::array<std::uint32_t, host_fact_count> facts{};
  Verdict verdict = Verdict::undetermined, next_boot = Verdict::undetermined;
  struct Given {
    std::uint32_t id;
    std::uint16_t alone, with_companions;
  };
  std::vector<Given> devices;
};

/// Takes reports one after the other, and keeps a HostRecord of each.
class Fleet {
 public:
  /// `place` names the report in messages, and the host where the report does not: "reports/a.json", "fleet.ndjson:17".
  void add(std::string_view report, const std::string& place);
  void skip(const std::string& place, const std::string& why);

  /// `previous`: what an earlier run said, to compare with.
  FleetSummary summary(const PreviousFleet* previous) const;

 private:
  HostRecord record_of(const ReadHost& host, const std::string& place);
  void keep(HostRecord record);

  SharedWords words_;
  std::unordered_map<std::uint32_t, std::uint32_t> device_names_;  // id -> word
  std::unordered_map<std::string, std::size_t> known_;             // id or name of a host -> its record
  std::vector<HostRecord> hosts_;
  std::size_t unnamed_ = 0, superseded_ = 0, skipped_total_ = 0;
  std::vector<SkippedReport> skipped_;
  ReadHost read_;  // used again and again
};

}  // namespace vfio_doctor
