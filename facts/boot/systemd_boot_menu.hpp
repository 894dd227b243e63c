// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"

namespace vfio_doctor {

/// systemd-boot's menu, without what it finds by itself (other systems' loaders, the firmware's setup): those never start unasked.
/// Rules: src/boot/boot.c of systemd 257, boot_entry_compare(), config_select_default_entry(), boot_entry_parse_tries().
class SystemdBootMenu {
 public:
  /// A file of loader/entries; `entry`: which boot entry it is, nothing where it starts no Linux of its own.
  void add_entry(const std::string& name, std::string_view text, std::optional<std::size_t> entry);
  /// A unified kernel image in EFI/Linux by its first bytes.
  void add_image(const std::string& name, const Observed<std::string>& head, std::size_t entry);
  /// More may lie where nobody could look.
  void is_incomplete() { complete_ = false; }

  /// The boot entry that starts next: what the first of these patterns fits that fits any, else the first of the menu. Nothing where
  /// that is none of this system's, or not known.
  std::optional<std::size_t> next(const std::vector<std::string>& wanted) const;

 private:
  struct Item {
    std::string id;  ///< in small letters, without the counter of boots ("+3-1")
    std::optional<std::string> sort_key;
    std::string machine_id, version;
    std::optional<unsigned> tries_left, tries_done;
    std::optional<std::size_t> entry;
    bool order_known = true;
  };
  static Item item_of(const std::string& name, std::string_view suffix);
  static int compare(const Item& one, const Item& other);
  std::vector<const Item*> in_order() const;

  std::vector<Item> items_;
  bool complete_ = true;
};

/// strverscmp_improved() of src/fundamental/string-util.c: less than 0 where `one` is older.
int compare_versions_as_systemd(std::string_view one, std::string_view other);

/// efi_fnmatch() of src/boot/efi-string.c: '*', '?', '[...]', '\'.
bool fits_pattern(std::string_view pattern, std::string_view text);

}  // namespace vfio_doctor
