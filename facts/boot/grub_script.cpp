// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_script.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <utility>

#include "base/text.hpp"
#include "facts/boot/boot_line.hpp"
#include "facts/platform/shell_cursor.hpp"

namespace vfio_doctor {
namespace {

constexpr int most_nested = 48;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Cuts the text into words and the ends of commands.
class GrubScanner : private ShellCursor {
 public:
  enum class Token { word, separator, open, close, end };

  explicit GrubScanner(std::string_view text) : ShellCursor(text) { next(); }

  Token token() const { return token_; }
  bool is_word(std::string_view text) const { return token_ == Token::word && word_.is(text); }
  GrubWord take_word() {
    auto word = std::move(word_);
    next();
    return word;
  }
  unsigned line() const { return word_line_; }
  const std::string& section() const { return section_; }

  void next() {
    word_ = {};
    token_ = Token::end;
    while (!at_end()) {
      const char c = peek();
      if (is_blank(c)) {
        take();
      } else if (c == '\\' && peek(1) == '\n') {
        take(), take();
      } else if (c == '#') {
        read_comment();
      } else if (c == '\n' || c == ';') {
        take();
        token_ = Token::separator;
        return;
      } else {
        word_line_ = line_;
        word_ = read_word();
        token_ = word_.is("{") ? Token::open : word_.is("}") ? Token::close : Token::word;
        return;
      }
    }
  }

 private:
  /// The mark of what is not known means nothing in a script.
  char take() {
    const char c = ShellCursor::take();
    return c == PlacedText::unknown ? ' ' : c;
  }

  /// "### BEGIN /etc/grub.d/10_linux ###" tells who wrote the lines that follow.
  void read_comment() {
    const auto start = at_;
    while (!at_end() && peek() != '\n') take();
    const auto words = split_words(text_.substr(start, at_ - start));
    if (words.size() < 3 || words[0] != "###") return;
    if (words[1] == "BEGIN") section_ = words[2].substr(words[2].rfind('/') + 1);
    if (words[1] == "END") section_.clear();
  }

  GrubWord read_word() {
    GrubWord word;
    while (!at_end() && !is_blank(peek()) && peek() != '\n' && peek() != ';') {
      const char c = take();
      if (c == '\'') {
        word.quoted = true;
        add_text(word, {}, true);
        while (!at_end() && peek() != '\'') add(word, take(), true);
        if (!at_end()) take();
      } else if (c == '"') {
        read_double_quoted(word);
      } else if (c == '\\' && peek() == '\n') {
        take();  // the line goes on
      } else if (c == '\\') {
        if (!at_end()) add(word, take(), false);
      } else if (c == '$') {
        read_variable(word, false);
      } else {
        add(word, c, false);
      }
    }
    return word;
  }

  void read_double_quoted(GrubWord& word) {
    word.quoted = true;
    add_text(word, {}, true);
    while (!at_end() && peek() != '"') {
      const char c = take();
      if (c == '\\' && std::string_view("$\"\\").find(peek()) != std::string_view::npos)
        add(word, take(), true);
      else if (c == '$')
        read_variable(word, true);
      else
        add(word, c, true);
    }
    if (!at_end()) take();
  }

  void read_variable(GrubWord& word, bool quoted) {
    const bool braces = peek() == '{';
    if (braces) take();
    std::string name;
    if (std::string_view("?@*#").find(peek()) != std::string_view::npos)
      name = take();
    else
      while (is_name_part(peek())) name += take();
    if (braces && peek() == '}') take();
    if (name.empty())
      add(word, '$', quoted);
    else
      word.pieces.push_back({name, true, quoted});
  }

  static void add(GrubWord& word, char c, bool quoted) { add_text(word, std::string_view(&c, 1), quoted); }
  static void add_text(GrubWord& word, std::string_view text, bool quoted) {
    if (word.pieces.empty() || word.pieces.back().variable || word.pieces.back().quoted != quoted)
      word.pieces.push_back({{}, false, quoted});
    word.pieces.back().text += text;
  }

  unsigned word_line_ = 1;
  std::string section_;
  Token token_ = Token::end;
  GrubWord word_;
};

class GrubParser {
 public:
  explicit GrubParser(std::string_view text) : scanner_(text) {}

  GrubScript read() {
    script_.commands = read_commands({}, false);
    return std::move(script_);
  }

 private:
  using Token = GrubScanner::Token;

  /// Up to one of these words where a command would begin, which is left there, or to a closing brace, which is taken.
  GrubCommands read_commands(std::initializer_list<std::string_view> ends, bool in_braces) {
    GrubCommands commands;
    if (++depth_ > most_nested) script_.complete = false;
    while (script_.complete) {
      const auto token = scanner_.token();
      if (token == Token::end) {
        script_.complete = !in_braces && ends.size() == 0;
        break;
      }
      if (std::ranges::any_of(ends, [this](std::string_view word) { return scanner_.is_word(word); })) break;
      if (token == Token::close) {
        scanner_.next();
        if (in_braces) break;
      } else if (token == Token::word) {
        commands.push_back(read_command());
      } else {
        scanner_.next();
      }
    }
    --depth_;
    return commands;
  }

  GrubCommand read_command() {
    GrubCommand command;
    command.line = scanner_.line();
    command.section = scanner_.section();
    if (scanner_.is_word("if")) {
      read_choice(command);
    } else if (scanner_.is_word("while") || scanner_.is_word("until") || scanner_.is_word("for")) {
      read_loop(command);
    } else if (scanner_.is_word("function")) {
      scanner_.next();
      command.kind = GrubCommand::Kind::function;
      if (scanner_.token() == Token::word) command.words.push_back(scanner_.take_word());
      while (scanner_.token() == Token::separator) scanner_.next();
      read_block(command);
    } else {
      while (scanner_.token() == Token::word) command.words.push_back(scanner_.take_word());
      if (scanner_.token() == Token::open) {
        command.kind = GrubCommand::Kind::block;
        read_block(command);
      }
    }
    return command;
  }

  void read_block(GrubCommand& command) {
    if (scanner_.token() != Token::open) return;
    scanner_.next();
    command.body = read_body({}, true);
  }

  /// GRUB's grammar has no empty body: it refuses the whole command.
  GrubCommands read_body(std::initializer_list<std::string_view> ends, bool in_braces) {
    auto commands = read_commands(ends, in_braces);
    if (commands.empty()) script_.complete = false;
    return commands;
  }

  void read_choice(GrubCommand& command) {
    command.kind = GrubCommand::Kind::choice;
    for (bool more = true; more && script_.complete;) {
      more = scanner_.is_word("if") || scanner_.is_word("elif");
      scanner_.next();  // if, elif, else
      GrubBranch branch;
      if (more) {
        branch.condition = read_commands({"then"}, false);
        if (script_.complete) scanner_.next();
      }
      branch.body = read_body({"elif", "else", "fi"}, false);
      command.branches.push_back(std::move(branch));
      more = more && !scanner_.is_word("fi");
    }
    if (scanner_.is_word("fi"))
      scanner_.next();
    else
      script_.complete = false;
  }

  void read_loop(GrubCommand& command) {
    command.kind = GrubCommand::Kind::loop;
    const bool over_words = scanner_.is_word("for");
    scanner_.next();
    GrubBranch branch;
    if (over_words)
      while (scanner_.token() == Token::word) command.words.push_back(scanner_.take_word());
    branch.condition = read_commands({"do"}, false);
    if (script_.complete) scanner_.next();
    branch.body = read_body({"done"}, false);
    if (script_.complete) scanner_.next();
    command.branches.push_back(std::move(branch));
  }

  GrubScanner scanner_;
  GrubScript script_;
  int depth_ = 0;
};

}  // namespace

GrubScript parse_grub_script(std::string_view text) { return GrubParser(text).read(); }

std::vector<GrubWord> grub_words(std::string_view text) {
  using Token = GrubScanner::Token;
  std::vector<GrubWord> words;
  for (GrubScanner scanner(text); scanner.token() != Token::end;)
    if (scanner.token() == Token::separator)
      scanner.next();
    else
      words.push_back(scanner.take_word());
  return words;
}

}  // namespace vfio_doctor
