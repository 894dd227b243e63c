// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/sentence.hpp"
#include "machine/pci_address.hpp"

namespace vfio_doctor {

enum class Status { pass, warn, fail, unknown, not_applicable, error };

/// What a finding means for the devices it speaks of (its subject; subject "host": all of them). It counts where
/// the status is fail or warn; with status unknown the device's verdict is undetermined on that account. A device is
/// unsuitable even where that is no problem (not_applicable): nobody misses a host bridge.
enum class Effect {
  none,
  blocked,     ///< VFIO or the kernel would refuse
  protects,    ///< it would work, but the host needs the device
  unsuitable,  ///< not a thing one assigns
};

struct Evidence {
  std::string source;  ///< a file, a command, a table: "/proc/cmdline"
  std::string value;   ///< what it said
};

/// Something a person can do about a finding.
struct Remedy {
  std::string text;
  std::vector<std::string> commands;
  std::vector<std::string> undo;
  std::string risk;
  /// What programs need that carry it out: whether a person has to act (an editor opens), the files that the commands make or
  /// change, and, where it is about the kernel's command line, the arguments that come and go.
  bool by_hand = false;
  std::vector<std::string> files = {};
  std::vector<std::string> adds_arguments = {}, removes_arguments = {};
  /// Where the commands are for one device: which, and what the same remedy for another device has in common with it.
  std::string device = {}, form = {};
};

/// `words` with `device` in place of each {device} of its commands and undo.
Remedy remedy_for(const PciAddress& device, Remedy words);

/// One of the devices that a guest should have, as its manifest calls it.
struct ExpectedName {
  std::string label;
  std::optional<PciAddress> host_address;
  bool operator==(const ExpectedName&) const = default;
};

/// The result of one check for one subject.
struct Finding {
  std::string id;  ///< the check's id
  Status status = Status::unknown;
  std::string subject;  ///< see the *_subject functions
  std::string title;
  std::string summary;  ///< one sentence a person understands
  std::vector<Evidence> evidence;
  std::vector<Remedy> remedy;
  Effect effect = Effect::none;
  /// With status unknown: nobody asked about it and nothing rests on it. Reports count it and do not tell it as a problem.
  bool quiet = false;
  /// Of a guest's findings: the expected device that it is about, and the summary without that device's name and without what
  /// the other findings about it say.
  std::shared_ptr<const ExpectedName> expected = {};
  std::string detail = {};
  std::vector<Name> names = {};  ///< what the summary names, and where

  Sentence sentence() const { return {summary, names}; }
  void say(Sentence sentence);
};

/// Subjects are "host", an address, "group:N", "domain:NAME" or "guest:NAME".
inline const std::string host_subject = "host";
inline std::string device_subject(const PciAddress& address) { return address.text(); }
inline std::string group_subject(unsigned number) { return "group:" + std::to_string(number); }

/// The device in a sentence, by its address.
inline Sentence named(const PciAddress& address) { return named(device_subject(address), address.text()); }

std::string_view to_text(Status status);
std::string_view to_text(Effect effect);

}  // namespace vfio_doctor
