// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/signatures/scanner.hpp"
#include "facts/paste/pasted_machine.hpp"

namespace vfio_doctor {

/// A signature or a computed fact, seen at one place of a paste.
struct Occurrence {
  std::string_view id;                   ///< of the table, or of a computed fact
  const Signature* signature = nullptr;  ///< nothing for computed facts
  PastedAt at;
  std::uint64_t order = 0;  ///< counts through the whole paste
  Captures captures;
  std::optional<PciAddress> address;  ///< whose function it speaks of
  std::string_view capture(std::string_view name) const;
};

/// All that was seen, bounded: of one message about one function the first and the last few, and how many.
class Occurrences {
 public:
  void add(Occurrence occurrence);
  const std::vector<Occurrence>& of(std::string_view id) const;
  std::size_t count(std::string_view id, std::uint32_t document) const;
  const std::map<std::string, std::vector<Occurrence>, std::less<>>& all() const { return by_id_; }

 private:
  static constexpr std::size_t most_alike = 4, most_of_one = 128, most_counted = 50'000;
  std::map<std::string, std::vector<Occurrence>, std::less<>> by_id_;
  std::map<std::pair<std::string, std::uint32_t>, std::size_t> counts_;
  std::uint64_t next_order_ = 0;
};

/// Adds what no single line says: which member of a group a host driver holds, which kernel is known to be bad, whether a
/// whole boot's log shows no IOMMU. `occurrences` are those of the signatures.
void add_computed_facts(const PastedMachine& machine, const std::vector<PasteDocument>& documents, Occurrences& occurrences);

/// The ids that add_computed_facts() may add: rules may name them.
bool is_computed_fact(std::string_view id);

}  // namespace vfio_doctor
