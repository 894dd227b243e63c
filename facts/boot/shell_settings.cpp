// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/shell_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "facts/platform/shell_cursor.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_alternatives = 16;
constexpr std::size_t most_variables = 2000;
constexpr std::size_t most_lost = 16;  // of one name

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool ends_word(char c) { return is_blank(c) || c == '\n' || std::string_view(";&|()<>").find(c) != std::string_view::npos; }

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 7> opening = {"if", "case", "for", "while", "until", "{", "function"};
constexpr std::array<std::string_view, 4> closing = {"fi", "esac", "done", "}"};
constexpr std::array<std::string_view, 4> passing = {"then", "else", "do", "!"};
constexpr std::array<std::string_view, 5> unpredictable = {".", "source", "eval", "unset", "read"};
constexpr std::array<std::string_view, 5> declaring = {"export", "readonly", "declare", "typeset", "local"};

}  // namespace

/// Walks through one file.
class ShellReader : private ShellCursor {
 public:
  ShellReader(ShellSettings& settings, std::string_view text, const std::string& file, bool certain)
      : ShellCursor(text), settings_(settings), file_(file), certain_(certain) {}

  void read() {
    while (!at_end() && !too_much_) read_statement();
  }

 private:
  using Variable = ShellSettings::Variable;
  struct Assignment {
    std::string name;
    Variable value;
    bool conditional;
  };

  void give_up(const std::string& why) {
    if (settings_.unknown_.empty()) settings_.unknown_ = file_ + ":" + std::to_string(line_) + ": " + why;
  }

  /// A shell refuses such a file, so what seems to be set in it may not be.
  void give_up_on_file(const std::string& why) {
    give_up(why);
    settings_.broken_ = true;
  }

  /// No file that people write gets here.
  void give_up_for_good(const std::string& why) {
    give_up(why);
    too_much_ = true;
  }

  /// One simple command: assignments, then perhaps a command that they are only for.
  void read_statement() {
    std::vector<Assignment> assignments;
    bool command = false, first = true;
    std::size_t behind_first = at_;  // of the assignments
    unsigned line = line_;
    while (!at_end()) {
      const char c = peek();
      if (is_blank(c)) {
        take();
      } else if (c == '\\' && peek(1) == '\n') {
        take(), take();
      } else if (c == '#') {
        while (!at_end() && peek() != '\n') take();
      } else if (ends_word(c)) {
        if (end_of_statement(c)) break;
      } else if (auto assignment = command ? std::nullopt : read_assignment()) {
        assignments.push_back(std::move(*assignment));
        if (assignments.size() == 1) behind_first = at_, line = line_;
      } else {
        command |= read_command_word(first && assignments.empty());
        first = false;
      }
    }
    const auto name = assignments.empty() ? std::string() : assignments[0].name;
    const bool more = command || assignments.size() > 1;
    if (!command)
      for (auto& assignment : assignments) assign(std::move(assignment));
    // "GRUB_CMDLINE_LINUX=quiet splash iommu=pt" runs a program "splash"; without "splash" it sets a variable "iommu".
    if (more && name.starts_with("GRUB_")) {
      PlacedText outside;
      outside.append(text_.substr(behind_first, at_ - behind_first), file_, line);
      lose(name, std::move(outside));
    }
    chained_ = chained_ || chained_next_;
    chained_next_ = false;
  }

  /// An operator or line end; false where the statement goes on behind it.
  bool end_of_statement(char c) {
    take();
    if (c == '<' && peek() == '<') give_up("a here-document");
    if (c == '<' || c == '>') return false;
    if (c == '(') ++depth_;
    if (c == ')' && depth_ > 0 && !case_pattern_) --depth_;
    if (c == ')') case_pattern_ = false;
    if ((c == '&' || c == '|') && peek() == c) {
      take();
      chained_next_ = true;
    }
    if (c == '\n' || c == ';') chained_ = false;
    if (c == ';' && peek() == ';') case_pattern_ = true;
    return true;
  }

  /// A word that is no assignment. False where assignments may follow it: `export`, `then`.
  bool read_command_word(bool is_first) {
    const auto start = at_;
    read_word();
    const auto word = text_.substr(start, at_ - start);
    if (!is_first) return true;
    if (is_one_of(word, opening)) {
      ++depth_;
      if (word == "case") case_pattern_ = true;
      if (word == "for") read_loop_variable();
      return word == "case" || word == "for" || word == "function";
    }
    if (is_one_of(word, closing)) {
      if (depth_ > 0) --depth_;
      case_pattern_ = false;
      return true;
    }
    if (is_one_of(word, unpredictable)) give_up("'" + std::string(word) + "' can change any setting");
    return !is_one_of(word, passing) && !is_one_of(word, declaring);
  }

  /// It has one value after the other.
  void read_loop_variable() {
    while (is_blank(peek())) take();
    const auto start = at_;
    read_word();
    Assignment assignment{std::string(text_.substr(start, at_ - start)), {}, true};
    add_unknown(assignment.value);
    assign(std::move(assignment));
  }

  /// NAME=value, NAME+=value or NAME[index]=value; nothing is taken where there is none.
  std::optional<Assignment> read_assignment() {
    if (!is_shell_name_start(peek())) return std::nullopt;
    std::size_t length = 1;
    while (is_name_part(peek(length))) ++length;
    if (peek(length) == '[') {
      while (peek(length) != ']' && peek(length) != '\n') ++length;
      if (peek(length) == ']') ++length;
    }
    const bool appends = peek(length) == '+' && peek(length + 1) == '=';
    if (!appends && peek(length) != '=') return std::nullopt;
    Assignment assignment{std::string(text_.substr(at_, length)), {}, !certain_ || depth_ > 0 || chained_};
    at_ += length + (appends ? 2 : 1);
    if (appends) add_variable(assignment.value, assignment.name);
    add_word(assignment.value);
    return assignment;
  }

  void assign(Assignment assignment) {
    auto& known = settings_.variables_;
    const auto old = known.find(assignment.name);
    if (old == known.end() && known.size() >= most_variables) return give_up_for_good("too many settings");
    if (assignment.value.value.text().size() >= PlacedText::limit) give_up_for_good("a setting is too long");
    if (!assignment.conditional) {
      auto& variable = known[assignment.name];
      auto before = std::move(variable.value);
      variable = std::move(assignment.value);
      if (!before.empty()) lose(assignment.name, std::move(before));
      return;
    }
    auto& variable = known[assignment.name];
    variable.others.push_back(std::move(assignment.value.value));
    for (auto& other : assignment.value.others) variable.others.push_back(std::move(other));
    if (variable.others.size() > most_alternatives) give_up_for_good("too many conditions");
  }

  void lose(const std::string& name, PlacedText text) {
    auto& all = settings_.lost_;
    if (!all.contains(name) && all.size() >= most_variables) return;
    if (auto& lost = all[name]; lost.size() < most_lost) lost.push_back(std::move(text));
  }

  void read_word() {
    Variable ignored;
    add_word(ignored);
  }

  void add(Variable& value, char c) {
    if (c == PlacedText::unknown) c = ' ';  // rubbish in the file must not look like our own mark
    value.value.append(c, file_, line_);
    for (auto& other : value.others) other.append(c, file_, line_);
  }
  void add_unknown(Variable& value) {
    value.value.append(PlacedText::unknown, file_, line_);
    for (auto& other : value.others) other.append(PlacedText::unknown, file_, line_);
  }

  void add_variable(Variable& value, const std::string& name) {
    const auto found = settings_.variables_.find(name);
    if (found == settings_.variables_.end()) return;
    const auto& addition = found->second;
    std::vector<PlacedText> others;
    for (auto& other : value.others) {
      others.push_back(std::move(other));
      others.back().append(addition.value);
    }
    for (const auto& alternative : addition.others) {
      others.push_back(value.value);
      others.back().append(alternative);
    }
    if (others.size() > most_alternatives) {
      others.resize(most_alternatives);
      give_up_for_good("too many conditions");
    }
    value.value.append(addition.value);
    value.others = std::move(others);
  }

  /// One shell word, its quotes taken off, onto the end of `value`.
  void add_word(Variable& value) {
    while (!at_end() && !ends_word(peek())) {
      const char c = take();
      if (c == '\'') {
        while (!at_end() && peek() != '\'') add(value, take());
        close_quote();
      } else if (c == '"') {
        while (!at_end() && peek() != '"') add_quoted(value);
        close_quote();
      } else if (c == '\\') {
        if (!at_end() && peek() == '\n')
          take();
        else if (!at_end())
          add(value, take());
      } else if (c == '~' && (value.value.empty() || value.value.text().back() == ':')) {
        add_unknown(value);  // somebody's home directory
      } else {
        add_plain_or_expansion(value, c);
      }
    }
  }

  void add_quoted(Variable& value) {
    const char c = take();
    if (c != '\\') return add_plain_or_expansion(value, c);
    if (peek() == '\n' && !at_end()) {
      take();
    } else if (std::string_view("$`\"\\").find(peek()) != std::string_view::npos && !at_end()) {
      add(value, take());
    } else {
      add(value, '\\');
    }
  }

  void close_quote() {
    if (at_end())
      give_up_on_file("a quote is never closed");
    else
      take();
  }

  void add_plain_or_expansion(Variable& value, char c) {
    if (c == '`') {
      while (!at_end() && peek() != '`') take();
      if (!at_end()) take();
      add_unknown(value);
    } else if (c == '$') {
      add_expansion(value);
    } else {
      add(value, c);
    }
  }

  /// What follows a '$'.
  void add_expansion(Variable& value) {
    if (peek() == '(') {
      skip_nested('(', ')');
      return add_unknown(value);
    }
    const bool braces = peek() == '{';
    std::size_t length = braces ? 1 : 0;
    const auto start = at_ + length;
    if (!is_shell_name_start(peek(length))) {
      if (braces)
        skip_nested('{', '}');
      else if (ends_word(peek()) || peek() == '"')
        return add(value, '$');
      else
        take();
      return add_unknown(value);
    }
    while (is_name_part(peek(length))) ++length;
    const auto name = std::string(text_.substr(start, length - (braces ? 1 : 0)));
    if (braces && peek(length) != '}') return add_conditional(value, name, length);
    at_ += length + (braces ? 1 : 0);
    add_variable(value, name);
  }

  /// ${NAME:-word}, ${NAME-word}, ${NAME:+word}, ${NAME+word} (POSIX shell, 2.6.2); every other expansion is unknown. `length`:
  /// from the bracket to the end of the name.
  void add_conditional(Variable& value, const std::string& name, std::size_t length) {
    const bool colon = peek(length) == ':';
    const char operation = peek(length + (colon ? 1 : 0));
    const auto found = settings_.variables_.find(name);
    // What no file sets may come from the environment, except GRUB's own names, which nobody exports.
    const bool known =
        found == settings_.variables_.end()
            ? name.starts_with("GRUB_")
            : (found->second.others.empty() && found->second.value.text().find(PlacedText::unknown) == std::string::npos);
    if ((operation != '-' && operation != '+') || !known || nested_ == most_nested) {
      skip_nested('{', '}');
      return add_unknown(value);
    }
    at_ += length + (colon ? 2 : 1);
    const bool set = found != settings_.variables_.end() && (!colon || !found->second.value.empty());
    Variable word;
    ++nested_;
    add_word_in_braces(word);
    --nested_;
    if (operation == '-' && set) add_variable(value, name);
    if (set == (operation == '+')) append(value, word);
  }

  /// The word of an expansion, up to its closing bracket.
  void add_word_in_braces(Variable& word) {
    while (!at_end() && peek() != '}') {
      const char c = take();
      if (c == '\\' && !at_end())
        add(word, take());
      else if (c != '"')
        add_plain_or_expansion(word, c);
    }
    if (at_end())
      give_up_on_file("a bracket is never closed");
    else
      take();
  }

  void append(Variable& value, const Variable& addition) {
    if (!addition.others.empty()) return add_unknown(value);  // a choice within a choice: nobody writes that
    value.value.append(addition.value);
    for (auto& other : value.others) other.append(addition.value);
  }

  void skip_nested(char open, char close) {
    int depth = 0;
    while (!at_end()) {
      const char c = take();
      if (c == open) ++depth;
      if (c == close && --depth == 0) return;
    }
    give_up_on_file("a bracket is never closed");
  }

  ShellSettings& settings_;
  const std::string& file_;
  bool certain_;
  static constexpr int most_nested = 8;
  int nested_ = 0;        // expansions inside each other
  int depth_ = 0;         // inside if, case, loops, functions, subshells
  bool chained_ = false;  // behind && or ||
  bool chained_next_ = false;
  bool too_much_ = false;
  bool case_pattern_ = false;  // the next ')' ends a pattern of `case`, not a subshell
};

void ShellSettings::read(std::string_view text, const std::string& file, Certainty certainty) {
  ShellReader(*this, text, file, certainty == Certainty::certain).read();
}

}  // namespace vfio_doctor
