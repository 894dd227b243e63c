// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "runner/plugins/plugins.hpp"

namespace vfio_doctor {

/// One check, wherever it comes from.
struct ListedCheck {
  std::string id, title, group, page;
  const Plugin* plugin = nullptr;  ///< nothing: it is built in
};

/// Every check, by group: the built-in ones, then those of accepted plugins. `plugins` must outlive the list.
std::vector<ListedCheck> list_checks(const std::vector<Plugin>& plugins);

/// The same with what `verify` finds out in a guest, which is no check of a host: not for --only and --skip.
std::vector<ListedCheck> list_checks_and_guest_checks(const std::vector<Plugin>& plugins);

/// Throws InputError where one of `ids` is no check; `option` is where the user named them.
void require_known_checks(const std::vector<std::string>& ids, const std::string& option, const std::vector<Plugin>& plugins);

/// The page of a check or guest check, Markdown. Throws InputError where there is no such check.
std::string page_of_check(const std::string& id, const std::vector<Plugin>& plugins);

}  // namespace vfio_doctor
