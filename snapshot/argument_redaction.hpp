// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "snapshot/text_redactor.hpp"

namespace vfio_doctor {

/// Kernel arguments wherever they are written. What is kept: the arguments of facts/known_arguments.hpp, of every other one
/// the key and a stand-in for its value. The same value gets the same stand-in in every file, so that lines that agreed
/// still do.
class ArgumentRedactor {
 public:
  ArgumentRedactor(const TextRedactor& text, Pseudonyms& pseudonyms) : text_(text), pseudonyms_(pseudonyms) {}

  /// A whole command line, split as the kernel splits it.
  std::string line(std::string_view text) const;
  /// A script or a settings file (shell, GRUB, limine, rEFInd, JSON) that has such arguments in it, quoted or not. Comments
  /// are emptied, passwords masked.
  std::string script(std::string_view text) const;
  /// A loader entry of the Boot Loader Specification: "options ..." are command lines, other values are words.
  std::string loader_entry(std::string_view text) const;
  /// A file of modprobe.d(5): parameters are known by "MODULE.PARAMETER"; what is run is masked.
  std::string modprobe(std::string_view text) const;
  /// One word: "key=value" or "flag".
  std::string argument(std::string_view word, int depth = 0) const;
  /// The stand-in for a value.
  std::string value(std::string_view text) const;

 private:
  std::string script_line(std::string_view line) const;
  std::string words(std::string_view text) const;

  const TextRedactor& text_;
  Pseudonyms& pseudonyms_;
};

}  // namespace vfio_doctor
