// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/complaints.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "facts/paste/pasted_machine.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_kept = 200, longest_excerpt = 200;

/// Folded, so without quotes: "can't" is "cant".
constexpr std::array<std::string_view, 46> failure_words = {"failed",        "failure",
                                                            "fails",         "failing",
                                                            "error",         "errors",
                                                            "cannot",        "cant",
                                                            "could not",     "couldnt",
                                                            "unable to",     "denied",
                                                            "refused",       "refusing",
                                                            "rejected",      "fatal",
                                                            "timed out",     "got timeout",
                                                            "timeout",       "not supported",
                                                            "unsupported",   "not permitted",
                                                            "inaccessible",  "does not exist",
                                                            "doesnt exist",  "doesnt support",
                                                            "no such",       "not found",
                                                            "not active",    "not online",
                                                            "not available", "unavailable",
                                                            "insufficient",  "invalid",
                                                            "panic",         "oops",
                                                            "died",          "assume dead",
                                                            "bug:",          "segfault",
                                                            "(code",         "unresolvable",
                                                            "fehler",        "erreur",
                                                            "xid",           "no hardware support"};
/// Of languages whose letters fold_text() leaves alone.
constexpr std::array<std::string_view, 6> failure_words_abroad = {"gescheitert", "错误", "失败", "Ошибка", "ошибка", "échec"};

/// What holds such a word and tells of no failure, or of one that nearly every machine has.
constexpr std::array<std::string_view, 22> harmless_words = {"no error",
                                                             "without error",
                                                             "without any error",
                                                             "0 errors",
                                                             "errors: 0",
                                                             "correctable",
                                                             "corrected",
                                                             "errors collector",
                                                             "error reporting",
                                                             "error handl",
                                                             "error detection",
                                                             "error source",
                                                             "error status/mask",
                                                             "acpi error",
                                                             "acpi bios error",
                                                             "acpi exception",
                                                             "module verification failed",
                                                             "regulatory.db",
                                                             "hub doesnt have any ports",
                                                             "device descriptor read",
                                                             "no longer",
                                                             "boot failed: not a bootable disk"};
constexpr std::array<std::string_view, 9> passthrough_words = {"vfio", "iommu",   "dmar",   "amd-vi", "smmu",
                                                               "kvm",  "pciback", "sr-iov", "sriov"};

bool is_part_of_word(char c) { return is_alphanumeric(c) || c == '_'; }

/// "timeout=5" and "dump_invalid_vmcb" are names of settings.
bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    const bool starts = at == 0 || !is_part_of_word(text[at - 1]) || !is_alphanumeric(word.front());
    const bool ends =
        end == text.size() || ((!is_part_of_word(text[end]) || !is_alphanumeric(word.back())) && text[end] != '=');
    if (starts && ends) return true;
  }
  return false;
}

template <class Words>
bool has_any(std::string_view text, const Words& words) {
  return std::ranges::any_of(words, [text](std::string_view word) { return text.find(word) != text.npos; });
}

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

bool complains(std::string_view folded) {
  if (folded.starts_with('#') || folded.starts_with("+-") || has_any(folded, harmless_words)) return false;
  return std::ranges::any_of(failure_words, [folded](std::string_view word) { return has_word(folded, word); }) ||
         has_any(folded, failure_words_abroad);
}

void Complaints::take(const PasteLine& line, std::string_view folded, bool is_known_error) {
  if (line.kind == PasteKind::kernel_log && folded.find("linux version ") != folded.npos &&
      (boot_logs_.empty() || boot_logs_.back() != line.document))
    boot_logs_.push_back(line.document);
  if (all_.size() == most_kept || !may_complain(line.kind) || !line.command.empty()) return;
  // Of a long kernel log only what is about passthrough counts; the rest must not take its place.
  const bool is_about_passthrough = has_any(folded, passthrough_words);
  if (line.kind == PasteKind::prose) is_known_error = false;
  if (line.kind == PasteKind::kernel_log && !is_about_passthrough && all_.size() * 2 >= most_kept) return;
  if (!is_known_error && !complains(folded)) return;
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
