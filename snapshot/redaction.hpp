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
  std::string kind;  ///< "host", "user", "network", "serial", "volume", "pool", "net" (an interface)
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

/// An allow-list. Of contents, paths and link targets alike only known words stay (known_words.hpp, what the kernel calls its
/// own things here), of command lines only known arguments (facts/known_arguments.hpp), of the kernel's log only known
/// messages (known_log_lines.hpp). Addresses, unique ids, serial numbers, values and all other words get stand-ins, the same
/// one everywhere, so that what belonged together still does; comments are emptied. Names that are known words too are found
/// through `names` and through the places where such names stand.
Redaction redact(const RecordedNodes& nodes, std::vector<PrivateName> names, Pseudonyms pseudonyms = Pseudonyms());

}  // namespace vfio_doctor
