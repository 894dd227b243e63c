// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>

#include "plan/draft.hpp"

namespace vfio_doctor {
namespace {

/// Of the pages that the definition asks for, in KiB; nothing where the host's default counts and is not known.
std::optional<std::uint64_t> page_size(const PlanDraft& draft) {
  if (draft.request.domain->huge_page_bytes) return *draft.request.domain->huge_page_bytes / 1024;
  const auto* usual = draft.host.guest_memory.default_page_kib.get();
  return usual ? std::optional(*usual) : std::nullopt;
}

void note(PlanDraft& draft, const std::string& why) {
  const std::string text = "Huge pages, which the guest's definition asks for, are not planned: " + why + ".";
  if (std::ranges::find(draft.plan.notes, text) == draft.plan.notes.end()) draft.plan.notes.push_back(text);
}

}  // namespace

std::optional<HugePageNeed> huge_pages_needed(PlanDraft& draft) {
  const auto* domain = draft.request.domain;
  if (!domain || !domain->huge_pages) return std::nullopt;
  const auto page_kib = page_size(draft);
  if (!domain->memory_bytes || !page_kib || *page_kib == 0) {
    note(draft, "how many of which size it needs is not known");
    return std::nullopt;
  }
  const auto* pools = draft.host.guest_memory.pools.get();
  const auto pool = pools ? std::ranges::find(*pools, *page_kib, &HugePagePool::page_kib) : decltype(pools->begin()){};
  if (!pools || pool == pools->end()) {
    note(draft, "which pages of " + std::to_string(*page_kib) + " KiB the host has could not be seen");
    return std::nullopt;
  }
  const auto page_bytes = *page_kib * 1024;
  const auto needed = *domain->memory_bytes / page_bytes + (*domain->memory_bytes % page_bytes == 0 ? 0 : 1);
  if (pool->free >= needed) return std::nullopt;
  return HugePageNeed{*page_kib, pool->total, pool->total + needed - pool->free};
}

}  // namespace vfio_doctor
