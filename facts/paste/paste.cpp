// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/paste/paste.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "facts/paste/unwrap.hpp"

namespace vfio_doctor {
namespace {

struct Mark {
  std::string_view text;
  PastedFrom machine;
  std::string_view why;
};

/// Words that only one of the two says. A guest's emulated devices prove a guest; VFIO's own drivers prove a host, but not
/// that it is no guest of another one.
constexpr std::array<Mark, 22> marks = {{
    {"Hypervisor detected", PastedFrom::guest, "its kernel found a hypervisor"},
    {"DMI: QEMU", PastedFrom::guest, "its board is QEMU's"},
    {"Standard PC (", PastedFrom::guest, "its board is QEMU's"},
    {"Red Hat, Inc. Virtio", PastedFrom::guest, "it has virtio devices"},
    {"Red Hat, Inc. QEMU", PastedFrom::guest, "it has QEMU's devices"},
    {"Red Hat, Inc. Device 00", PastedFrom::guest, "it has QEMU's devices"},
    {"QEMU Virtual", PastedFrom::guest, "it has QEMU's devices"},
    {"Virtio network device", PastedFrom::guest, "it has virtio devices"},
    {"[1af4:", PastedFrom::guest, "it has virtio devices"},
    {"[1b36:", PastedFrom::guest, "it has QEMU's devices"},
    {"virtio_blk virtio", PastedFrom::guest, "it has virtio devices"},
    {"virtio_net virtio", PastedFrom::guest, "it has virtio devices"},
    {"virtio-pci 0", PastedFrom::guest, "it has virtio devices"},
    {"paravirtualized kernel on KVM", PastedFrom::guest, "its kernel found a hypervisor"},
    {"vfio-pci 0", PastedFrom::host, "vfio-pci drives a device there"},
    {"vfio_pci: ", PastedFrom::host, "vfio-pci is loaded there"},
    {"VFIO - User Level", PastedFrom::host, "VFIO is loaded there"},
    {"in use: vfio-pci", PastedFrom::host, "vfio-pci drives a device there"},
    {"vfio_iommu_type1", PastedFrom::host, "VFIO is loaded there"},
    {"vfio_pin_pages", PastedFrom::host, "VFIO is in use there"},
    {"SVM: kvm: Nested", PastedFrom::host, "KVM runs there"},
    {"xen_pciback", PastedFrom::host, "it hands devices to Xen guests"},
}};

/// Kinds of output that only a host has.
std::string_view host_only(PasteKind kind) {
  switch (kind) {
    case PasteKind::qemu:
      return "QEMU runs on the host";
    case PasteKind::libvirt:
      return "libvirt runs on the host";
    case PasteKind::proxmox:
    case PasteKind::machine_conf:
      return "Proxmox is the host";
    case PasteKind::kubernetes:
    case PasteKind::container:
      return "the virtual machine's manager runs on the host";
    case PasteKind::group_listing:
      return "IOMMU groups are the host's";
    case PasteKind::domain_xml:
      return "the host holds the guest's definition";
    case PasteKind::node_device:
      return "libvirt runs on the host";
    default:
      return {};
  }
}

}  // namespace

std::string_view to_text(PastedFrom machine) {
  return machine == PastedFrom::host ? "host" : machine == PastedFrom::guest ? "guest" : "unknown";
}

void PasteReader::begin_file(std::uint32_t file) {
  file_ = file;
  number_ = boot_ = 0;
  last_uptime_ = -1;
  pending_.clear();
  is_open_ = parted_ = last_was_text_ = false;
}

void PasteReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto part = bytes.substr(0, end);
    if (pending_.empty() && end != bytes.npos && part.size() <= longest_line) {
      ++number_;
      take_line(part);
    } else {
      auto rest = part;
      while (pending_.size() + rest.size() > longest_line) {  // an endless line: its pieces keep its number
        const auto room = longest_line - pending_.size();
        pending_ += rest.substr(0, room);
        rest.remove_prefix(room);
        ++number_;
        take_line(pending_);
        --number_;
        pending_.clear();
      }
      pending_ += rest;
      if (end != bytes.npos) {
        ++number_;
        take_line(pending_);
        pending_.clear();
      }
    }
    if (end == bytes.npos) return;
    bytes.remove_prefix(end + 1);
  }
}

void PasteReader::end_file() {
  if (!pending_.empty()) {
    ++number_;
    take_line(pending_);
    pending_.clear();
  }
}

void PasteReader::take_line(std::string_view raw) {
  pieces_.clear();
  unwrap_line(raw, pieces_);
  bool first = true;
  for (const auto& piece : pieces_) {
    take_piece(raw, piece, first);
    first = false;
  }
}

void PasteReader::take_piece(std::string_view raw, std::string_view text, bool first) {
  PasteLine line;
  line.file = file_;
  line.number = number_;
  line.raw = raw;
  line.text = text;
  line.stamped = read_stamp(text);
  line.is_first_piece = first;
  const auto kind = classify_line(text, line.stamped);
  if (kind.role == LineRole::parts) line.command = typed_command(text);
  const bool is_blank = trim(text).empty();
  line.joins = last_was_text_ && !is_blank && !line.stamped.is_record && kind.role != LineRole::parts &&
               kind.kind != PasteKind::source_code;
  place(kind, line.stamped);
  auto& document = documents_.back();
  if (!is_blank && document.file == file_) document.to = number_;  // of another file where there are too many
  vote(text, line.stamped);
  line.document = static_cast<std::uint32_t>(documents_.size() - 1);
  line.kind = kind.kind == PasteKind::source_code ? kind.kind : document.kind;
  last_was_text_ = !is_blank && kind.role != LineRole::parts;
  sink_(line);
}

/// A new boot: its first line, or a clock that starts again.
bool PasteReader::notices_boot(const StampedLine& stamped) {
  if (!stamped.uptime) return false;
  const bool again = *stamped.uptime < 1 && last_uptime_ > 5;
  last_uptime_ = *stamped.uptime;
  return again;
}

void PasteReader::place(const LineKind& kind, const StampedLine& stamped) {
  if (kind.role == LineRole::parts) {
    parted_ = true;
    if (!is_open_) open_document(PasteKind::prose);
    return;
  }
  if (notices_boot(stamped)) {
    ++boot_;
    parted_ = true;
  }
  if (kind.role == LineRole::starts) {
    const auto current = is_open_ ? documents_.back().kind : PasteKind::prose;
    // A group listing holds lines of lspci; source code is marked line by line.
    const bool fits = current == kind.kind || kind.kind == PasteKind::source_code ||
                      (current == PasteKind::group_listing && kind.kind == PasteKind::lspci);
    if (!is_open_ || parted_ || !fits) open_document(kind.kind);
  } else if (!is_open_ || (parted_ && kind.role == LineRole::unknown)) {
    open_document(PasteKind::prose);
  } else if (kind.role == LineRole::unknown && documents_.back().kind != PasteKind::prose &&
             (documents_.back().kind == PasteKind::lspci || documents_.back().kind == PasteKind::group_listing)) {
    open_document(PasteKind::prose);
  }
}

void PasteReader::open_document(PasteKind kind) {
  parted_ = false;
  is_open_ = true;
  if (documents_.size() == most_documents) return;
  PasteDocument document;
  document.file = file_;
  document.from = document.to = number_;
  document.kind = kind;
  document.boot = boot_;
  documents_.push_back(std::move(document));
  votes_.emplace_back();
}

void PasteReader::vote(std::string_view text, const StampedLine& stamped) {
  if (text.size() < 8 || text.size() > 2000) return;
  const auto kind = documents_.back().kind;
  if (kind != PasteKind::kernel_log && kind != PasteKind::lspci && kind != PasteKind::prose) return;
  auto& votes = votes_.back();
  (void)stamped;
  for (const auto& mark : marks) {
    auto& count = mark.machine == PastedFrom::guest ? votes.guest : votes.host;
    if (count > 0 || text.find(mark.text) == text.npos) continue;
    ++count;
    (mark.machine == PastedFrom::guest ? votes.guest_why : votes.host_why) =
        "line " + std::to_string(number_) + ": " + std::string(mark.why);
  }
}

std::vector<PasteDocument> PasteReader::take_documents() {
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    auto& document = documents_[i];
    const auto& votes = votes_[i];
    const auto only = host_only(document.kind);
    if (!only.empty()) {
      document.machine = PastedFrom::host;
      document.why = only;
    } else if (document.kind == PasteKind::windows) {
      document.machine = PastedFrom::guest;
      document.why = "hosts with VFIO run Linux";
    } else if (votes.guest > 0 && votes.host == 0) {
      document.machine = PastedFrom::guest;
      document.why = votes.guest_why;
    } else if (votes.host > 0 && votes.guest == 0) {
      document.machine = PastedFrom::host;
      document.why = votes.host_why;
    } else if (votes.host > 0) {
      document.why = "it speaks like a host (" + votes.host_why + ") and like a guest (" + votes.guest_why + ")";
    } else {
      document.why = "nothing in it tells";
    }
  }
  return std::move(documents_);
}

}  // namespace vfio_doctor
