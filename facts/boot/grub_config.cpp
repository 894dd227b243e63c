// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_config.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_entries = 2000;
constexpr std::size_t most_initrds = 16;
constexpr std::size_t most_alternatives = 64;  // of one line, and of the default

bool is_name_part(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// A piece of a word: literal text, or a variable's name.
struct Piece {
  std::string text;
  bool variable = false;
};

struct Word {
  std::vector<Piece> pieces;
  bool quoted = false;  ///< some part of it stood in quotes, so it is no operator
  bool is_variable(std::string_view name) const { return pieces.size() == 1 && pieces[0].variable && pieces[0].text == name; }
  /// The word where it is only literal text; variables are left out.
  std::string literal() const {
    std::string text;
    for (const auto& piece : pieces)
      if (!piece.variable) text += piece.text;
    return text;
  }
};

struct Statement {
  std::vector<Word> words;
  unsigned line = 0;
  std::string section;  ///< the /etc/grub.d script that wrote it
  char end = '\n';      ///< what ended it: newline, ';', '{' or '}'
};

/// Cuts GRUB's script into statements.
class GrubScanner {
 public:
  explicit GrubScanner(std::string_view text) : text_(text) {}
  bool at_end() const { return at_ >= text_.size(); }

  Statement next() {
    Statement statement;
    while (!at_end()) {
      const char c = peek();
      if (is_blank(c)) {
        take();
      } else if (c == '\\' && peek(1) == '\n') {
        take(), take();
      } else if (c == '#') {
        read_comment();
      } else if (c == '\n' || c == ';') {
        statement.end = take();
        break;
      } else if (statement.words.empty() ? (statement.line = line_, add_word(statement)) : add_word(statement)) {
        break;
      }
    }
    statement.section = section_;
    return statement;
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }
  /// Past the end there are only line ends, as for peek(): a last backslash continues into nothing.
  char take() {
    if (at_end()) return '\n';
    const char c = text_[at_++];
    if (c == '\n') ++line_;
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

  /// True where the word was a brace and ends the statement.
  bool add_word(Statement& statement) {
    auto word = read_word();
    const bool brace = !word.quoted && word.pieces.size() == 1 && !word.pieces[0].variable &&
                       (word.pieces[0].text == "{" || word.pieces[0].text == "}");
    if (!brace) {
      statement.words.push_back(std::move(word));
      return false;
    }
    statement.end = word.pieces[0].text[0];
    return true;
  }

  Word read_word() {
    Word word;
    while (!at_end() && !is_blank(peek()) && peek() != '\n' && peek() != ';') {
      const char c = take();
      if (c == '\'') {
        word.quoted = true;
        while (!at_end() && peek() != '\'') add(word, take());
        if (!at_end()) take();
      } else if (c == '"') {
        read_double_quoted(word);
      } else if (c == '\\') {
        if (!at_end()) add(word, take());
      } else if (c == '$') {
        read_variable(word);
      } else {
        add(word, c);
      }
    }
    return word;
  }

  void read_double_quoted(Word& word) {
    word.quoted = true;
    while (!at_end() && peek() != '"') {
      const char c = take();
      if (c == '\\' && std::string_view("$\"\\").find(peek()) != std::string_view::npos)
        add(word, take());
      else if (c == '$')
        read_variable(word);
      else
        add(word, c);
    }
    if (!at_end()) take();
  }

  void read_variable(Word& word) {
    const bool braces = peek() == '{';
    if (braces) take();
    std::string name;
    while (is_name_part(peek())) name += take();
    if (braces && peek() == '}') take();
    if (name.empty())
      add(word, '$');
    else
      word.pieces.push_back({name, true});
  }

  static void add(Word& word, char c) {
    if (word.pieces.empty() || word.pieces.back().variable) word.pieces.push_back({});
    word.pieces.back().text += c;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
  std::string section_;
};

/// Words as one kernel command line with GRUB's variables filled in.
BootLine expand(std::span<const Word> words, const std::string& file, unsigned line, const GrubVariables& variables) {
  std::string text;
  std::vector<std::string> possible;
  std::string unknown_name;
  for (const auto& word : words) {
    if (text.size() > PlacedText::limit) break;  // what is beyond counts as unknown
    if (!text.empty()) text += ' ';
    const auto literal = word.literal();
    // A quoted word with blanks is one argument; GRUB puts quotes around it for the kernel.
    const bool wrap =
        word.quoted && literal.find('"') == std::string::npos && literal.find_first_of(" \t") != std::string::npos;
    if (wrap) text += '"';
    for (const auto& piece : word.pieces) {
      if (text.size() > PlacedText::limit || possible.size() > most_alternatives) break;
      if (!piece.variable) {
        text += piece.text;
        continue;
      }
      const auto value = variables.find(piece.text);
      text += value.known ? value.text : std::string(1, PlacedText::unknown);
      if (!value.known) unknown_name = piece.text;
      possible.insert(possible.end(), value.possible.begin(), value.possible.end());
    }
    if (wrap) text += '"';
  }
  auto result = split_boot_line(text, file, line);
  if (!unknown_name.empty()) {
    result.unknown_part = "GRUB's variable '" + unknown_name + "' could not be read (" + variables.environment_unknown() + ")";
    result.unknown_cause = variables.environment_cause();
  }
  for (const auto& other : possible)
    for (auto& token : split_boot_line(other, file, line).tokens) result.possible.push_back(std::move(token));
  return result;
}

BootEntryRole role_of(const std::string& title, const std::string& section, const BootLine& line) {
  const auto lower = to_lower(title);
  for (const std::string_view word : {"recovery", "rescue", "fallback", "single user", "failsafe"})
    if (lower.find(word) != std::string::npos) return BootEntryRole::recovery;
  for (const auto* word : {"single", "recovery", "rescue"})
    if (line.contains({word, std::nullopt})) return BootEntryRole::recovery;
  if (section.empty() || section.starts_with("10_linux") || section.starts_with("10_proxmox")) return BootEntryRole::normal;
  return BootEntryRole::custom;
}

/// Entries of other systems, and of Xen, whose kernel lines are not comparable.
bool is_foreign(const std::string& section) {
  return section.find("os-prober") != std::string::npos || section.find("xen") != std::string::npos ||
         section.find("memtest") != std::string::npos;
}

/// Follows the blocks and conditions of a script.
class GrubReader {
 public:
  GrubReader(std::string_view text, const std::string& file, GrubVariables& variables)
      : scanner_(text), file_(file), variables_(variables) {}

  GrubConfig read() {
    while (!scanner_.at_end()) take(scanner_.next());
    for (auto& raw : raw_) finish(raw);
    return std::move(config_);
  }

 private:
  struct RawEntry {
    BootEntry entry;
    std::string section;
    std::vector<Word> arguments;
    unsigned line;
  };
  struct Block {
    bool menuentry;
    std::optional<std::size_t> item;  // of a menuentry or a submenu
    std::string title;
    unsigned line;
  };

  void take(const Statement& statement) {
    auto words = std::span(statement.words);
    // "if [ ... ]; then set a=b": the words behind `then` and `else` are a statement of their own.
    while (!words.empty() && !words[0].quoted) {
      const auto first = words[0].literal();
      if (first == "if" || first == "while" || first == "until" || first == "for")
        ++conditions_;
      else if (first == "fi" || first == "done")
        conditions_ = std::max(conditions_ - 1, 0);
      else if (first != "then" && first != "else" && first != "do" && first != "elif")
        break;
      words = words.subspan(1);
    }
    std::string command = words.empty() ? std::string() : words[0].literal();
    if (command == "menuentry") config_.has_menu = true;
    if (statement.end == '{') {
      const bool menuentry = command == "menuentry";
      auto title = words.size() > 1 ? words[1].literal() : "";
      const auto item = menuentry || command == "submenu" ? add_item(title, words, !menuentry) : std::nullopt;
      blocks_.push_back({menuentry, item, std::move(title), statement.line});
      return;
    }
    if (!words.empty()) run(command, words, statement);
    if (statement.end == '}' && !blocks_.empty()) blocks_.pop_back();
  }

  std::optional<std::size_t> add_item(const std::string& title, std::span<const Word> words, bool submenu) {
    auto& items = config_.menu.items;
    if (items.size() >= most_entries) config_.menu.complete = false;
    if (items.size() >= most_entries) return std::nullopt;
    GrubMenu::Item item{title, {}, {}, submenu, conditions_ > 0, {}};
    for (const auto& block : blocks_) {
      if (block.item) item.parent = block.item;
      if (!block.item) item.conditional = true;  // in a function
    }
    for (std::size_t i = 2; i + 1 < words.size(); ++i)
      if (words[i].literal() == "--id" || words[i].is_variable("menuentry_id_option")) item.id = words[i + 1].literal();
    items.push_back(std::move(item));
    return items.size() - 1;
  }

  void run(const std::string& command, std::span<const Word> words, const Statement& statement) {
    if (command == "blscfg") config_.reads_loader_entries = config_.has_menu = true;
    if (command == "configfile") config_.goes_on_elsewhere = true;
    if (command == "set" && words.size() > 1) return assign(words[1], statement.section);
    if (words.size() == 1 && command.find('=') != std::string::npos) return assign(words[0], statement.section);
    if (command == "initrd" || command == "initrd16" || command == "initrdefi") return add_initrds(words);
    const bool loads_linux = command == "linux" || command == "linux16" || command == "linuxefi";
    if (!loads_linux || words.size() < 2 || is_foreign(statement.section)) return;
    if (raw_.size() >= most_entries) config_.cut_short = true;
    if (raw_.size() >= most_entries) return;
    const auto block = std::ranges::find_if(blocks_.rbegin(), blocks_.rend(), &Block::menuentry);
    if (block == blocks_.rend()) return;
    RawEntry raw;
    raw.entry.kind = BootEntryKind::grub_menu;
    raw.entry.file = file_;
    raw.entry.line = block->line;
    raw.entry.id = raw.entry.title = block->title;
    raw.entry.kernel = words[1].literal();
    raw.section = statement.section;
    raw.arguments.assign(words.begin() + 2, words.end());
    raw.line = statement.line;
    if (block->item) config_.menu.items[*block->item].entry = raw_.size();
    raw_.push_back(std::move(raw));
  }

  /// They belong to the kernel that the same entry named before.
  void add_initrds(std::span<const Word> words) {
    const auto block = std::ranges::find_if(blocks_.rbegin(), blocks_.rend(), &Block::menuentry);
    if (block == blocks_.rend() || raw_.empty() || raw_.back().entry.line != block->line) return;
    auto& initrds = raw_.back().entry.initrds;
    for (const auto& word : words.subspan(1))
      if (const auto path = word.literal(); !path.empty() && initrds.size() < most_initrds) initrds.push_back(path);
  }

  void assign(const Word& word, const std::string& section) {
    if (word.pieces.empty() || word.pieces[0].variable) return;
    const auto equals = word.pieces[0].text.find('=');
    if (equals == std::string::npos) return;
    const auto name = word.pieces[0].text.substr(0, equals);
    if (name == "default") add_default(word, equals, section);
    std::string value = word.pieces[0].text.substr(equals + 1);
    for (std::size_t i = 1; i < word.pieces.size() && value.size() <= PlacedText::limit; ++i)
      value += word.pieces[i].variable ? variables_.find(word.pieces[i].text).text : word.pieces[i].text;
    if (value.size() > PlacedText::limit) value = PlacedText::unknown;
    variables_.assign(name, std::move(value), conditions_ > 0 || !blocks_.empty());
  }

  void add_default(const Word& word, std::size_t equals, const std::string& section) {
    auto& menu = config_.menu;
    const auto text = word.pieces[0].text.substr(equals + 1);
    const bool plain = word.pieces.size() == 1;
    const bool variable = word.pieces.size() == 2 && text.empty() && word.pieces[1].variable;
    // Inside an entry or a function it is for the menu that comes after.
    if (!blocks_.empty() || menu.defaults.size() >= most_alternatives || !(plain || variable))
      menu.complete = false;
    else
      menu.defaults.push_back({variable ? word.pieces[1].text : text, variable, section});
  }

  /// Only at the end are all variables known.
  void finish(RawEntry& raw) {
    auto line = expand(raw.arguments, file_, raw.line, variables_);
    raw.entry.role = role_of(raw.entry.title, raw.section, line);
    raw.entry.command_line = std::move(line);
    config_.entries.push_back(std::move(raw.entry));
  }

  GrubScanner scanner_;
  const std::string& file_;
  GrubVariables& variables_;
  GrubConfig config_;
  std::vector<RawEntry> raw_;
  std::vector<Block> blocks_;
  int conditions_ = 0;
};

}  // namespace

GrubConfig parse_grub_config(std::string_view text, const std::string& file, GrubVariables& variables) {
  return GrubReader(text, file, variables).read();
}

BootLine expand_grub_line(std::string_view text, const std::string& file, unsigned line, const GrubVariables& variables) {
  GrubScanner scanner(text);
  std::vector<Word> words;
  while (!scanner.at_end()) {
    auto statement = scanner.next();
    for (auto& word : statement.words) words.push_back(std::move(word));
  }
  return expand(words, file, line, variables);
}

}  // namespace vfio_doctor
