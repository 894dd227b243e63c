// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/input_error.hpp"

namespace vfio_doctor {

/// A file that the user named cannot be opened or read.
class UnreadableFile : public InputError {
 public:
  UnreadableFile(const std::string& name, std::string reason) : InputError(name + ": " + reason), why_(std::move(reason)) {}
  const std::string& why() const { return why_; }  ///< without the name

 private:
  std::string why_;
};

/// The bytes of a file that the user named; "-" is standard input. Pipes are read to their end. This is for what a
/// command line names; facts about a machine come through Root.
/// Throws UnreadableFile where it cannot be opened or read, is a directory, or holds more than `limit` bytes.
std::string read_input_file(const std::string& path, std::size_t limit);

/// The same for a file that changes what is judged: refused (InputError) is a regular file that belongs to neither root nor
/// the caller, that anybody can write, or that a group other than root's and the caller's own can write. The file that was
/// opened is asked, not its name. What a pipe or standard input holds is the caller's own word.
std::string read_trusted_file(const std::string& path, std::size_t limit);

/// Hands what such a file holds to `take` piece by piece, to its end: for what may be larger than the memory this may take.
/// Throws UnreadableFile.
void read_input_pieces(const std::string& path, const std::function<void(std::string_view)>& take);

}  // namespace vfio_doctor
