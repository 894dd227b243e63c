// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/complaints.hpp"

#include <algorithm>

#include "facts/paste/pasted_machine.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_kept = 200, longest_excerpt = 200;

/// Messages and what people say; listings and settings hold such words as names ("Completion Timeout: Not Supported").
bool may_complain(PasteKind kind) {
  switch (kind) {
    case PasteKind::kernel_log:
    case PasteKind::qemu:
    case PasteKind::libvirt:
    case PasteKind::proxmox:
    case PasteKind::kubernetes:
    case PasteKind::container:
    case PasteKind::windows:
    case PasteKind::shell:
    case PasteKind::prose:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool complains(std::string_view folded, const Told& told) {
  if (folded.starts_with('#') || folded.starts_with("+-")) return false;
  return told.has(Tells::failure) && !told.has(Tells::harmless);
}

void Complaints::take(const PasteLine& line, std::string_view folded, const Told& told, bool is_known_error) {
  if (line.kind == PasteKind::kernel_log && folded.find("linux version ") != folded.npos &&
      (boot_logs_.empty() || boot_logs_.back() != line.document))
    boot_logs_.push_back(line.document);
  if (all_.size() == most_kept || !may_complain(line.kind) || !line.command.empty()) return;
  // Of a long kernel log only what is about passthrough counts; the rest must not take its place.
  const bool is_about_passthrough = told.has(Tells::passthrough);
  if (line.kind == PasteKind::prose) is_known_error = false;
  if (line.kind == PasteKind::kernel_log && !is_about_passthrough && all_.size() * 2 >= most_kept) return;
  if (!is_known_error && !complains(folded, told)) return;
  const auto message = line.stamped.message;
  if (std::ranges::any_of(all_, [message](const Complaint& other) { return other.text.ends_with(message); })) return;
  all_.push_back({line.file, line.number, line.document, quoted(line.text), is_about_passthrough});
}

std::vector<Complaint> Complaints::that_count(const std::vector<PasteDocument>& documents) const {
  std::vector<Complaint> counted;
  for (const auto& one : all_) {
    if (one.document >= documents.size()) continue;
    const auto& document = documents[one.document];
    const bool is_whole_log = document.kind == PasteKind::kernel_log && (document.to - document.from > longest_excerpt ||
                                                                         std::ranges::count(boot_logs_, one.document) > 0);
    if (!is_whole_log || one.is_about_passthrough) counted.push_back(one);
  }
  return counted;
}

}  // namespace vfio_doctor
