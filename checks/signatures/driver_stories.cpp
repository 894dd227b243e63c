// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/driver_stories.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/guest/log_lines.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t longest_line = 2000, longest_excerpt = 200;

struct TopicFact {
  std::string_view topic, fact;
};
constexpr std::array topic_facts = {
    TopicFact{"gone", "driver-gone"},
    TopicFact{"firmware", "driver-firmware"},
    TopicFact{"psp", "driver-firmware"},
    TopicFact{"interrupt", "driver-interrupt"},
    TopicFact{"unsupported", "driver-unsupported"},
    TopicFact{"module", "driver-unsupported"},
};
constexpr std::string_view any_other_topic = "driver-failed", no_last_word = "driver-troubled";

std::string_view fact_of(std::string_view topic) {
  const auto found = std::ranges::find(topic_facts, topic, &TopicFact::topic);
  return found == topic_facts.end() ? any_other_topic : found->fact;
}

/// Who speaks at the start of a line, and of which device.
struct Speaker {
  std::string driver, address;
  bool names_device = false;
};

/// They hold a device for a guest, or are a port above it: no driver of the device.
bool is_no_device_driver(std::string_view name) {
  static constexpr std::array<std::string_view, 8> names = {"vfio-pci", "vfio_pci", "vfio",     "pcieport",
                                                            "pci",      "pciback",  "pci-stub", "xen_pciback"};
  return std::ranges::find(names, name) != names.end();
}

bool is_driver_name(std::string_view word) {
  return word.size() > 1 && word.size() < 24 && word.front() >= 'a' && word.front() <= 'z' &&
         std::ranges::all_of(word,
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

std::string_view without_colon(std::string_view word) { return word.ends_with(':') ? word.substr(0, word.size() - 1) : word; }

bool is_full_address(std::string_view word) { return word.size() == 12 && PciAddress::parse(word).has_value(); }

/// "mpt3sas_cm0" speaks for "mpt3sas", "nvrm" for "nvidia", "xdma:map_bars" for "xdma".
std::string driver_of_mark(std::string_view word) {
  word = word.substr(0, word.find_first_of(":("));
  if (const auto driver = driver_by_own_name(word); !driver.empty()) return std::string(driver);
  if (word.starts_with("nvidia")) return "nvidia";
  word = word.substr(0, word.find_last_not_of("0123456789") + 1);
  while (word.ends_with('_') || word.ends_with('-')) word.remove_suffix(1);
  return std::string(word);
}

/// "amdgpu 0000:03:00.0: ...", "nvme nvme0: ...", "nvrm: ...", "[drm:amdgpu_job_timedout [amdgpu]] ...".
std::optional<Speaker> speaker_of(std::string_view lower) {
  const auto words = split_words(lower.substr(0, 200));
  if (words.size() < 2) return std::nullopt;
  Speaker speaker;
  if (words[0].starts_with("[drm:") && words[1].starts_with('[')) {
    speaker.driver = words[1].substr(1, words[1].find(']') == words[1].npos ? words[1].npos : words[1].find(']') - 1);
    speaker.names_device = true;
  } else if (words[0].ends_with(':')) {
    speaker.driver = driver_of_mark(words[0]);
    speaker.names_device = words[0].size() > 2 && is_digit(words[0][words[0].size() - 2]);  // "mpt3sas_cm0:"
  } else if (is_full_address(without_colon(words[1]))) {
    speaker = {std::string(words[0]), std::string(without_colon(words[1])), true};
  } else if (words[1].starts_with('[') && is_full_address(words[1].substr(1, 12))) {  // "qla2xxx [0000:03:00.0]-00d6:3: ..."
    speaker = {std::string(words[0]), std::string(words[1].substr(1, 12)), true};
  } else if (words[1].size() > 2 && words[1].ends_with(':') && is_digit(words[1][words[1].size() - 2]) &&
             is_driver_name(without_colon(words[1]))) {  // "habanalabs hl0: ..."
    speaker = {std::string(words[0]), {}, true};
  }
  if (!is_driver_name(speaker.driver) || is_no_device_driver(speaker.driver)) return std::nullopt;
  return speaker;
}

}  // namespace

bool DriverStories::take(const PasteLine& line) {
  if (line.kind != PasteKind::kernel_log || line.text.size() >= longest_line || lines_ == most_lines) return false;
  const auto lower = to_lower(line.stamped.message);
  const auto speaker = speaker_of(lower);
  if (!speaker) return false;
  ++lines_;
  const auto* row = match_log_line(lower, speaker->driver);
  if (!row || row->meaning == LogMeaning::benign) return false;
  // What any driver prints tells only where the line names whose it is; that a probe failed, a signature knows.
  if (row->pattern.starts_with("probe ") || (!speaker->names_device && row->driver == "*")) return false;
  const auto is_same = [&](const Failure& other) {
    return other.at.document == line.document && other.driver == speaker->driver && other.topic == row->topic &&
           (other.address == speaker->address || other.address.empty() || speaker->address.empty());
  };
  const auto before = std::ranges::find_if(failures_, is_same);
  if (row->meaning == LogMeaning::success) {
    for (auto& failure : failures_)
      if (is_same(failure)) failure.is_recovered = true;
    return false;
  }
  if (row->topic == "words") return true;  // a word of failure, and no more
  const bool fails = row->meaning == LogMeaning::fail;
  if (before == failures_.end()) {
    if (failures_.size() < most_kept)
      failures_.push_back({{line.file, line.number, line.document, quoted(line.text)},
                           speaker->driver,
                           std::string(row->topic),
                           speaker->address,
                           !fails});
  } else if (fails) {
    // One that fails again and again has not been healed by a success in between.
    before->is_recovered = before->is_trouble = false;
  }
  return true;
}

void DriverStories::add_facts(const std::vector<PasteDocument>& documents, Occurrences& occurrences) const {
  std::vector<bool> has_error(documents.size());
  bool has_any_error = false;
  for (const auto& [id, list] : occurrences.all())
    for (const auto& one : list)
      if (one.signature && one.signature->kind == Signature::Kind::error && one.at.document < documents.size())
        has_any_error = has_error[one.at.document] = true;
  const auto counts = [&](std::uint32_t number) {
    const auto& document = documents[number];
    if (document.machine == PastedFrom::guest) return !has_error[number];
    return document.machine == PastedFrom::unknown && !has_any_error && occurrences.count("boot-start", number) == 0 &&
           document.to - document.from <= longest_excerpt;
  };
  const auto is_told = [&](const Failure& failure) {
    return !failure.is_recovered && failure.at.document < documents.size() && counts(failure.at.document);
  };
  const bool has_last_word =
      std::ranges::any_of(failures_, [&](const Failure& failure) { return is_told(failure) && !failure.is_trouble; });
  for (const auto& failure : failures_) {
    if (!is_told(failure) || (failure.is_trouble && has_last_word)) continue;
    Captures captures = {{"driver", failure.driver}};
    if (!failure.address.empty()) captures.emplace_back("bdf", failure.address);
    occurrences.add({failure.is_trouble ? no_last_word : fact_of(failure.topic), nullptr, failure.at, 0, std::move(captures),
                     PciAddress::parse(failure.address)});
  }
}

bool is_driver_fact(std::string_view id) {
  return id == any_other_topic || id == no_last_word ||
         std::ranges::find(topic_facts, id, &TopicFact::fact) != topic_facts.end();
}

}  // namespace vfio_doctor
