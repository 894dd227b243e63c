// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/class_rules.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Kind = GuestChild::Kind;
using Children = std::vector<const GuestChild*>;

// PCI Code and ID Assignment 1.15 names the classes; the paths are of Linux 6.18.
constexpr std::array rules = {
    ClassRule{0x01, 0x08, Proof::drive, "block", "block device", true, "drivers/nvme/host/core.c nvme_alloc_ns()"},
    ClassRule{0x01, 0xff, Proof::disk, "block scsi_host fc_host scsi_device", "block device or disk controller", true,
              "drivers/scsi/sd.c sd_probe(), drivers/scsi/hosts.c, drivers/scsi/scsi_scan.c scsi_probe_lun()"},
    ClassRule{0x0c, 0x04, Proof::disk, "block scsi_host fc_host scsi_device", "block device or Fibre Channel host", true,
              "drivers/scsi/scsi_transport_fc.c"},
    ClassRule{0x0c, 0x06, Proof::link, "net infiniband", "InfiniBand device", true,
              "drivers/infiniband/core/sysfs.c state_show()"},
    ClassRule{0x02, 0xff, Proof::link, "net ieee80211 infiniband bluetooth wwan", "network interface", true,
              "net/core/net-sysfs.c carrier_show(), drivers/infiniband/core/sysfs.c state_show()"},
    ClassRule{0x0d, 0xff, Proof::link, "net ieee80211 bluetooth wwan", "wireless interface", false,
              "net/wireless/core.c, net/bluetooth/hci_sysfs.c, drivers/net/wwan/wwan_core.c"},
    ClassRule{0x03, 0xff, Proof::engine, "drm accel", "display device", false, "drivers/gpu/drm/drm_drv.c drm_dev_register()"},
    ClassRule{0x04, 0x01, Proof::codec, "sound", "sound card", true, "sound/core/init.c snd_card_register()"},
    ClassRule{0x04, 0x03, Proof::codec, "sound", "sound card", true, "sound/hda/common/hwdep.c snd_hda_create_hwdep()"},
    ClassRule{0x04, 0xff, Proof::node, "video4linux dvb sound", "video or DVB device", false,
              "drivers/media/v4l2-core/v4l2-dev.c, drivers/media/dvb-core/dvbdev.c"},
    ClassRule{0x07, 0xff, Proof::node, "tty wwan net mei", "serial port or modem", false,
              "drivers/tty/serial/8250/8250_pci.c, drivers/net/wwan/wwan_core.c, drivers/misc/mei/main.c"},
    ClassRule{0x08, 0x05, Proof::reader, "mmc_host block", "card reader", true, "drivers/mmc/core/host.c mmc_add_host()"},
    ClassRule{0x0c, 0x00, Proof::node, "firewire", "FireWire card", false, "drivers/firewire/core-card.c fw_card_add()"},
    ClassRule{0x0c, 0x09, Proof::node, "net", "CAN interface", false, "drivers/net/can/dev/dev.c register_candev()"},
    ClassRule{0x10, 0xff, Proof::node, "qat tpm dma", "crypto device", false,
              "drivers/crypto/intel/qat/qat_common/adf_sysfs.c state_show(), drivers/char/tpm/tpm-chip.c"},
    ClassRule{0x12, 0xff, Proof::node, "*", "accelerator", false, "drivers/accel/drm_accel.c, drivers/fpga/dfl.c"},
    ClassRule{0xff, 0xff, Proof::node, "*", "device node", false,
              "drivers/accel, drivers/fpga/fpga-mgr.c, drivers/dma/idxd/init.c, drivers/char/tpm"},
};

Children children_of(const ClassRule& rule, const GuestFunction& seen) {
  Children found;
  const auto types = split_words(rule.nodes);
  for (const auto& child : seen.children.value())
    if (rule.nodes == "*" || std::ranges::find(types, child.type) != types.end()) found.push_back(&child);
  return found;
}

std::string shown(const Children& children) {
  constexpr std::size_t most = 8;
  std::vector<std::string> names;
  for (const auto* child : children)
    if (names.size() < most)
      names.push_back(child->state.has_value() ? child->name + " (" + child->state.value() + ")" : child->name);
  return join(names, ", ");
}

template <class Predicate>
Children chosen(const Children& children, Predicate predicate) {
  Children found;
  std::ranges::copy_if(children, std::back_inserter(found), predicate);
  return found;
}

RungResult works(const Children& by) { return rung_result(Status::pass, "it works: " + shown(by) + "."); }

/// What claims to work, although no interrupt ever came, works by time-outs at best.
RungResult works_unless_silent(const Children& by, const GuestFunction& seen) {
  if (!is_silent(seen)) return works(by);
  return rung_result(Status::fail,
                     shown(by) + " came of it, but no interrupt from it has ever arrived, so it only works by time-outs.");
}

bool is_offline(const GuestChild* child) { return child->kind == Kind::block && child->state.is("offline"); }

bool has_capacity(const GuestChild* child) {
  return child->kind == Kind::block && child->sectors.has_value() && child->sectors.value() > 0 && !is_offline(child) &&
         !child->state.is("blocked");
}

bool is_read_only(const GuestChild* child) { return child->kind == Kind::block && child->state.is("read-only"); }

bool is_switched_off(const GuestChild* child) { return child->state.has_value() && child->state->starts_with("switched off"); }

/// Drives wear out into a state in which they can only be read, and others are protected: whether it works, its owner must say.
RungResult works_unless_read_only(const Children& disks, const GuestFunction& seen) {
  const auto writable = chosen(disks, [](const GuestChild* child) { return !is_read_only(child); });
  if (!writable.empty()) return works_unless_silent(writable, seen);
  return rung_result(Status::unknown, shown(disks) +
                                          ": it can be read, but nobody may write to it. A drive does that to itself when it "
                                          "is worn out or in error.");
}

bool is_linked(const GuestChild* child) {
  if (child->kind == Kind::infiniband) return child->state.has_value() && child->state->find("ACTIVE") != std::string::npos;
  if (child->kind != Kind::net) return false;
  if (child->received.has_value() && child->received.value() > 0) return true;
  return child->carrier.has_value() ? child->carrier.is(true) : child->state.is("up");
}

/// A codec of HDA has a node "hwC0D0"; other cards have a stream "pcmC0D0p" once their codec has answered.
bool is_codec(const GuestChild* child) { return child->kind == Kind::sound && !child->name.starts_with("card"); }

/// Its driver says itself that it does not work.
bool is_given_up(const GuestChild* child) {
  struct BadState {
    std::string_view type, words;  ///< in lower case; what is not named may be well
  };
  static constexpr std::array bad = {BadState{"mei", "disabled"}, BadState{"tty", "no uart"}, BadState{"fpga_manager", "error"},
                                     BadState{"fc_host", "error"}, BadState{"block", "offline"}};
  if (!child->state.has_value()) return false;
  const auto state = to_lower(child->state.value());
  if (child->type == "qat") return state != "up";
  if (child->type == "habanalabs") return state != "operational";
  return std::ranges::any_of(bad,
                             [&](const BadState& of) { return of.type == child->type && state.find(of.words) != state.npos; });
}

/// An NVMe controller that is not live, or a drive of no size, is there but does not work.
RungResult prove_drive(const Children& found, const GuestFunction& seen) {
  for (const auto& child : seen.children.value())
    if (child.kind == Kind::nvme && child.state.has_value() && child.state.value() != "live")
      return rung_result(Status::fail, "its controller " + child.name + " is \"" + child.state.value() + "\", not live.");
  for (const auto* child : found)
    if (child->sectors.is(0)) return rung_result(Status::fail, "its drive " + child->name + " has no capacity.");
  const auto disks = chosen(found, has_capacity);
  if (disks.empty()) return rung_result(Status::unknown, "the capacity of " + shown(found) + " was not seen.");
  return works_unless_read_only(disks, seen);
}

RungResult prove_disk(const Children& found, const GuestFunction& seen) {
  const auto disks = chosen(found, has_capacity);
  if (!disks.empty()) return works_unless_read_only(disks, seen);
  if (const auto lost = chosen(found, is_offline); !lost.empty())
    return rung_result(Status::fail, shown(lost) + ": it stopped answering, and the kernel gave it up.");
  // Optical drives without a medium, tapes and enclosures have no capacity, but told their name (INQUIRY).
  const auto is_disk = [](const GuestChild* child) { return child->kind == Kind::block && !child->name.starts_with("sr"); };
  const auto named = chosen(found, [](const GuestChild* child) { return child->type == "scsi_device"; });
  if (!named.empty() && chosen(found, is_disk).empty()) return works_unless_silent(named, seen);
  return rung_result(Status::unknown,
                     shown(found) + " is there, but no disk has answered on it: nothing is plugged in, or nothing works.");
}

RungResult prove_link(const Children& found, const GuestFunction& seen) {
  const auto linked = chosen(found, is_linked);
  if (!linked.empty()) return works_unless_silent(linked, seen);
  const auto off = chosen(found, is_switched_off);
  const auto nodes =
      chosen(found, [](const GuestChild* child) { return child->kind == Kind::node && !is_switched_off(child); });
  if (!nodes.empty()) return works(nodes);
  const auto radios =
      chosen(found, [](const GuestChild* child) { return child->kind == Kind::wireless && !is_switched_off(child); });
  if (radios.empty() && !off.empty())
    return rung_result(Status::unknown, shown(off) + ": its radio is off (rfkill list shows by what), so it can do nothing.");
  if (!radios.empty() && has_signalled(seen))
    return rung_result(Status::pass, "it works: " + shown(found) + "; its firmware answers by interrupts.");
  return rung_result(Status::unknown, shown(found) +
                                          " is there, but has no link and has received nothing. Connect it and bring it up, "
                                          "then look again.");
}

RungResult prove_engine(const Children& found, const GuestFunction& seen) {
  const auto accelerators = chosen(found, [](const GuestChild* child) { return child->kind == Kind::node; });
  if (!accelerators.empty()) return works(accelerators);
  if (has_signalled(seen))
    return rung_result(Status::pass, "it works: " + (found.empty() ? "" : shown(found) + "; ") + "its interrupts arrive.");
  if (found.empty()) return rung_result(Status::unknown, "no display device was seen.");
  return rung_result(Status::unknown, shown(found) + " is there, but nothing shows that one of its engines has ever run.");
}

RungResult prove_codec(const Children& found, const GuestFunction& seen) {
  const auto codecs = chosen(found, is_codec);
  if (!codecs.empty() || has_signalled(seen)) return works_unless_silent(found, seen);
  return rung_result(Status::unknown, shown(found) + " is there, but no codec was seen to answer.");
}

RungResult prove_reader(const Children& found, const GuestFunction& seen) {
  const auto cards = chosen(found, has_capacity);
  if (!cards.empty()) return works_unless_silent(cards, seen);
  if (has_signalled(seen)) return works(found);
  return rung_result(Status::unknown, shown(found) + " is there, but no card was seen in it. Put one in, then look again.");
}

/// Of a class that says little, what came of it tells what proof is due. A CAN interface is a node: it is down until
/// somebody sets its bit rate.
RungResult prove_node(const ClassRule& rule, const Children& found, const GuestFunction& seen) {
  // Of several serial ports some may be fitted.
  const auto is_whole = [](const GuestChild* child) { return child->type != "tty"; };
  if (const auto bad = chosen(found, is_given_up);
      !bad.empty() && (bad.size() == found.size() || !chosen(bad, is_whole).empty()))
    return rung_result(Status::fail, "its driver says that it does not work: " + shown(bad) + ".");
  const bool is_can = rule.base == 0x0c && rule.subclass == 0x09;
  const auto nodes = chosen(found, [is_can](const GuestChild* child) {
    return (child->kind == Kind::node || (is_can && child->kind == Kind::net)) && !is_given_up(child);
  });
  if (!nodes.empty()) return works(nodes);
  const auto proofs =
      chosen(found, [](const GuestChild* child) { return has_capacity(child) || is_linked(child) || is_codec(child); });
  if (!proofs.empty()) return works_unless_silent(proofs, seen);
  const auto is_idle = [](const GuestChild* child) {
    return child->kind == Kind::net || child->kind == Kind::scsi || child->kind == Kind::infiniband ||
           child->kind == Kind::block;
  };
  if (const auto idle = chosen(found, is_idle); !idle.empty())
    return rung_result(Status::unknown, shown(idle) + " is there, but nothing shows that it works.");
  if (has_signalled(seen))
    return rung_result(Status::pass, "it works: " + (found.empty() ? "" : shown(found) + "; ") + "its interrupts arrive.");
  return rung_result(Status::unknown, "nothing that was seen proves that it works.");
}

bool is_live(const GuestChild& child) { return child.kind == Kind::nvme && child.state.is("live"); }

}  // namespace

std::span<const ClassRule> class_rules() { return rules; }

const ClassRule& rule_for(std::uint16_t class_and_subclass) {
  return *std::ranges::find_if(rules, [class_and_subclass](const ClassRule& rule) {
    return rule.base == 0xff ||
           (rule.base == class_and_subclass >> 8 && (rule.subclass == 0xff || rule.subclass == (class_and_subclass & 0xff)));
  });
}

bool is_silent(const GuestFunction& seen) { return seen.interrupts.vectors.has_value() && seen.interrupts.arrived.is(0); }

bool has_signalled(const GuestFunction& seen) {
  return seen.interrupts.vectors.has_value() && seen.interrupts.vectors.value() > 0 && seen.interrupts.arrived.has_value() &&
         seen.interrupts.arrived.value() > 0;
}

RungResult judge_by_rule(const ClassRule& rule, const GuestFunction& seen) {
  if (!seen.children.has_value())
    return rung_result(Status::unknown, "what its driver made of it was not seen: " + seen.children.why() + ".");
  const auto found = children_of(rule, seen);
  if (found.empty() && rule.proof == Proof::drive && std::ranges::any_of(seen.children.value(), is_live))
    return rung_result(Status::unknown, "its controller is live, but has no namespace that the guest could use.");
  if (found.empty() && rule.absence_refutes)
    return rung_result(Status::fail, "its driver is there, but no " + std::string(rule.noun) + " came of it.");
  switch (rule.proof) {
    case Proof::drive:
      return prove_drive(found, seen);
    case Proof::disk:
      return prove_disk(found, seen);
    case Proof::link:
      return found.empty() ? prove_node(rule, found, seen) : prove_link(found, seen);
    case Proof::engine:
      return prove_engine(found, seen);
    case Proof::codec:
      return prove_codec(found, seen);
    case Proof::reader:
      return prove_reader(found, seen);
    case Proof::node:
      return prove_node(rule, found, seen);
  }
  return {};
}

}  // namespace vfio_doctor
