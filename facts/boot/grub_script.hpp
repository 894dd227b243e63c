// SPDX-License-Identifier: GPL-2.0-or-later
// GRUB's script as its grammar takes it apart (grub-core/script/parser.y, yylex.l); nothing is run here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// A piece of a word: literal text, or a variable's name.
struct GrubPiece {
  std::string text;
  bool variable = false;
  bool quoted = false;  ///< in quotes: a variable there stays one word, whatever it holds
};

struct GrubWord {
  std::vector<GrubPiece> pieces;
  bool quoted = false;  ///< some part of it stood in quotes, so it is no operator
  bool is(std::string_view text) const {
    return !quoted && pieces.size() == 1 && !pieces[0].variable && pieces[0].text == text;
  }
};

struct GrubCommand;
using GrubCommands = std::vector<GrubCommand>;

struct GrubBranch {
  GrubCommands condition;  ///< of `else`: empty
  GrubCommands body;
};

struct GrubCommand {
  enum class Kind {
    simple,    ///< words alone
    choice,    ///< if, elif, else
    loop,      ///< for, while, until: one branch; of `for`, words[0] is its variable
    function,  ///< words[0] is its name
    block,     ///< a command with { } behind it: menuentry, submenu
  };
  Kind kind = Kind::simple;
  std::vector<GrubWord> words;
  std::vector<GrubBranch> branches;
  GrubCommands body;  ///< of a function or a block
  unsigned line = 0;
  std::string section;  ///< the /etc/grub.d script that wrote it
};

struct GrubScript {
  GrubCommands commands;
  bool complete = true;  ///< false: GRUB refuses a part of it, or it lies too deep
};

GrubScript parse_grub_script(std::string_view text);

/// The words of one line, whatever ends a command in it.
std::vector<GrubWord> grub_words(std::string_view text);

}  // namespace vfio_doctor
