// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"
#include "facts/boot/boot_line.hpp"

namespace vfio_doctor {

/// What a variable may hold. A byte PlacedText::unknown in a text stands for what is not known.
struct GrubText {
  std::vector<std::string> texts = {""};  ///< one of these; never none

  static GrubText unknown() { return {{std::string(1, PlacedText::unknown)}}; }
  bool is_known() const;                ///< each text to the last byte
  const std::string* certain() const {  ///< the text, where there is but one and all of it is known
    return texts.size() == 1 && is_known() ? &texts[0] : nullptr;
  }
  void add(const GrubText& other);     ///< or one of these
  void append(const GrubText& other);  ///< each of these behind each
  bool operator==(const GrubText&) const = default;
};

/// GRUB's variables as far as files tell them: what grubenv holds, and what a run of grub.cfg makes of it.
class GrubVariables {
 public:
  using Changes = std::map<std::string, GrubText>;

  /// The 1024 bytes of a grubenv file: NAME=VALUE lines, '#' to the end.
  void read_environment(std::string_view grubenv);
  /// The environment exists but could not be read: what it may set is unknown, not empty.
  void environment_is_unknown(const std::string& why, UnreadCause cause = UnreadCause::other) {
    environment_unknown_ = why;
    environment_cause_ = cause;
  }
  bool has_environment() const { return environment_read_; }
  /// Why grubenv could not be read; empty where it could or is not there.
  const std::string& environment_unknown() const { return environment_unknown_; }
  UnreadCause environment_cause() const { return environment_cause_; }

  /// Without a script, what grubenv holds.
  GrubText find(const std::string& name) const;

  /// A script begins: from here on grubenv counts only where it is loaded.
  void start_script() { in_script_ = true; }
  void assign(const std::string& name, GrubText value);
  void export_name(const std::string& name) { exported_.insert(name); }
  /// load_env: those named, or all.
  void load_environment(const std::vector<std::string>& names);
  /// Any variable may have any value now.
  void forget();

  /// What is assigned from here on is only possible: end_branch() takes it back and hands it out.
  void begin_branch() { journals_.emplace_back(); }
  Changes end_branch();
  /// One of these branches was taken, or none of them.
  void merge(const std::vector<Changes>& branches, bool maybe_none);

  /// A submenu has variables of its own, of which it inherits those that are exported (grub-core/kern/env.c,
  /// grub_env_new_context).
  Changes enter_context();
  void leave_context(Changes outer) { values_ = std::move(outer); }

 private:
  std::map<std::string, std::string> environment_;
  bool environment_read_ = false;
  std::string environment_unknown_;
  UnreadCause environment_cause_ = UnreadCause::other;
  Changes values_;
  std::set<std::string> exported_;
  std::vector<std::map<std::string, std::optional<GrubText>>> journals_;  // what was there before
  bool in_script_ = false;
  bool others_unknown_ = false;  // what no assignment names may hold anything
};

}  // namespace vfio_doctor
