// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

namespace vfio_doctor {

/// One thing that was looked at below a Root, as it was found.
struct RecordedNode {
  enum class Kind {
    file,        ///< `content` holds its bytes
    directory,   ///< known to be one; which entries it has was not asked
    listed,      ///< a directory that was listed: an entry without a node of its own is not there
    complete,    ///< a directory of which everything is recorded: what has no node anywhere below it is not there
    absent,      ///< was asked for, and nothing is there
    link,        ///< `content` holds the target text
    seen,        ///< a regular file that was there but not read
    special,     ///< there, but neither file, directory nor link
    unreadable,  ///< there; `content` says why it could not be read
    closed,      ///< a directory; `content` says why it could not be listed
    hidden,      ///< it could not even be looked at, for the reason in `content`
  };
  Kind kind = Kind::file;
  std::string content;
};

/// Everything that was looked at, by path without symbolic links in the directory part ("/sys/..."). What has no node
/// was not asked, which is not the same as absent: see MemoryRoot.
using RecordedNodes = std::map<std::string, RecordedNode>;

}  // namespace vfio_doctor
