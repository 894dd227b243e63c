// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "machine/recorded_nodes.hpp"
#include "machine/root.hpp"
#include "snapshot/pseudonyms.hpp"

namespace vfio_doctor {

/// A word that says who or where this host is.
struct PrivateName {
  std::string kind;  ///< "host", "user", "network", "serial", "volume"
  std::string name;
};

/// What the machine says about itself that a snapshot must not: its name, its users, its wireless networks, serial
/// numbers. Only used to know what to look for; nothing of it is kept.
std::vector<PrivateName> find_private_names(const Root& root);

struct Redaction {
  RecordedNodes nodes;
  std::map<std::string, std::size_t> counts;  ///< kind -> how many different secrets were replaced
  std::vector<std::string> kept;              ///< names that are also technical words, so replacing them would lie
};

/// Replaces addresses, serial numbers, unique ids, names of hosts, users, networks, volumes and file system labels, in
/// contents, paths and link targets alike, so that what belonged together still does. Names that a stranger could not
/// tell from ordinary words are found through `names` and through the places where such names stand.
Redaction redact(const RecordedNodes& nodes, std::vector<PrivateName> names, Pseudonyms pseudonyms = Pseudonyms());

}  // namespace vfio_doctor
