// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/protection/host_needs.hpp"

#include <algorithm>

#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_told = 4;
constexpr std::size_t most_uses_in_bracket = 5;
constexpr std::size_t most_evidence = 12;

struct Bracket {
  std::string chain;
  std::vector<std::string> uses;
};

/// "a", "a and b", "a, b and c".
std::string enumerate(const std::vector<std::string>& words, std::string_view last_separator) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last_separator : ", ";
    text += words[i];
  }
  return text;
}

std::string describe(const Bracket& bracket) {
  auto uses = bracket.uses;
  if (uses.size() > most_uses_in_bracket) {
    const auto more = uses.size() - most_uses_in_bracket;
    uses.resize(most_uses_in_bracket);
    uses.push_back(std::to_string(more) + " more");
  }
  const auto text = enumerate(uses, " and ");
  if (bracket.chain.empty()) return text;
  return text.ends_with(')') ? text + ": " + bracket.chain : text + " (" + bracket.chain + ")";
}

}  // namespace

std::string describe(const std::vector<HostNeed>& needs) {
  std::vector<Bracket> brackets;
  for (const auto& need : needs) {
    const auto same = std::ranges::find(brackets, need.chain, &Bracket::chain);
    if (same == brackets.end())
      brackets.push_back({need.chain, {need.use}});
    else if (std::ranges::find(same->uses, need.use) == same->uses.end())
      same->uses.push_back(need.use);
  }
  std::vector<std::string> told;
  for (const auto& bracket : brackets) {
    if (told.size() == most_told) {
      told.push_back(std::to_string(brackets.size() - most_told) + " more");
      break;
    }
    told.push_back(describe(bracket));
  }
  return enumerate(told, " and ");
}

std::vector<Evidence> evidence_of(const std::vector<HostNeed>& needs) {
  std::vector<Evidence> evidence;
  for (const auto& need : needs) {
    if (evidence.size() == most_evidence) {
      evidence.push_back({need.source, std::to_string(needs.size() - most_evidence) + " more"});
      break;
    }
    evidence.push_back({need.source, need.use + (need.chain.empty() ? "" : ": " + need.chain)});
  }
  return evidence;
}

InUse::InUse(const Host& host)
    : drivers_seen_(
          std::ranges::any_of(host.all_functions(), [](const PciFunction& function) { return function.driver.has_value(); })) {}

bool InUse::operator()(const PciFunction& function) const {
  if (function.driver.is_absent()) return !drivers_seen_;
  return !leaves_dma_to_user(function);
}

}  // namespace vfio_doctor
