// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/paste/unwrap.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// Where the terminal's escape sequence at `at` ends (ECMA-48: CSI, OSC, two-character escapes).
std::size_t end_of_escape(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return text.size();
  auto end = at + 2;
  if (text[at + 1] == '[') {
    while (end < text.size() && (text[end] < 0x40 || text[end] > 0x7e)) ++end;
    return std::min(end + 1, text.size());
  }
  if (text[at + 1] != ']') return end;
  while (end < text.size() && text[end] != '\a' && text[end] != '\x1b') ++end;
  if (end < text.size() && text[end] == '\x1b') ++end;
  return std::min(end + 1, text.size());
}

/// What editors, chats and terminals put in the place of ASCII.
constexpr std::array<std::pair<std::string_view, std::string_view>, 32> look_alikes = {{
    {"\u2018", "'"},  {"\u2019", "'"},  {"\u201a", "'"},   {"\u201b", "'"},  {"\u2032", "'"},  {"\u201c", "\""},
    {"\u201d", "\""}, {"\u201e", "\""}, {"\u00ab", "\""},  {"\u00bb", "\""}, {"\u00a0", " "},  {"\u202f", " "},
    {"\u2009", " "},  {"\u3000", " "},  {"\u2026", "..."}, {"\u2013", "-"},  {"\u2014", "-"},  {"\u2212", "-"},
    {"\u2010", "-"},  {"\u2011", "-"},  {"\u200b", ""},    {"\u200c", ""},   {"\u200d", ""},   {"\ufeff", ""},
    {"\u2060", ""},   {"\u276f", "$"},  {"\u279c", "$"},   {"\u25b6", ">"},  {"\uff1a", ": "}, {"\uff08", " ("},
    {"\uff09", ")"},  {"\uff0c", ", "},
}};

bool is_box_drawing(std::string_view text, std::size_t at) {  // U+2500..U+257F
  return at + 2 < text.size() && text[at] == '\xe2' && (text[at + 1] == '\x94' || text[at + 1] == '\x95');
}

constexpr auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
/// What neither a tag, nor a board's mark, nor an entity begins with.
constexpr auto is_text = [](char c) { return c != '<' && c != '[' && c != '&'; };

/// Most lines are nothing but such characters: they are taken at once.
template <class Condition>
std::size_t end_of_run(std::string_view text, std::size_t at, Condition fits) {
  while (at < text.size() && fits(text[at])) ++at;
  return at;
}

/// Without escapes and control characters, in ASCII where people meant ASCII.
std::string plain_characters(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    const char c = raw[at];
    if (c == '\x1b') {
      at = end_of_escape(raw, at);
    } else if (c == '\t' || c == '\r') {
      text += c == '\t' ? '\t' : ' ';
      ++at;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      ++at;
    } else if (is_plain(c)) {
      const auto end = end_of_run(raw, at, is_plain);
      text += raw.substr(at, end - at);
      at = end;
    } else if (is_box_drawing(raw, at)) {
      text += ' ';
      at += 3;
    } else {
      const auto rest = raw.substr(at, 4);
      const auto found = std::ranges::find_if(look_alikes, [rest](const auto& one) { return rest.starts_with(one.first); });
      text += found == look_alikes.end() ? std::string_view(&raw[at], 1) : found->second;
      at += found == look_alikes.end() ? 1 : found->first.size();
    }
  }
  return text;
}

/// Elements of web pages that hold text; those of a domain's XML are none of them.
constexpr std::array<std::string_view, 22> page_elements = {"a",   "b",    "blockquote", "br",     "code",    "details",
                                                            "div", "em",   "i",          "kbd",    "li",      "p",
                                                            "pre", "samp", "span",       "strong", "summary", "td",
                                                            "tr",  "tt",   "ul",         "table"};
constexpr std::array<std::pair<std::string_view, char>, 22> entities = {
    {{"&lt;", '<'},     {"&gt;", '>'},     {"&amp;", '&'},   {"&quot;", '"'}, {"&#39;", '\''}, {"&apos;", '\''},
     {"&nbsp;", ' '},   {"&#34;", '"'},    {"&#60;", '<'},   {"&#62;", '>'},  {"&#47;", '/'},  {"&#91;", '['},
     {"&#93;", ']'},    {"&#160;", ' '},   {"&#x27;", '\''}, {"&#x22;", '"'}, {"&#x2F;", '/'}, {"&#x2f;", '/'},
     {"&lsquo;", '\''}, {"&rsquo;", '\''}, {"&ldquo;", '"'}, {"&rdquo;", '"'}}};

/// Boards' own marks around text. Only those that no log prints: "[b]" and "[i]" could be a message's.
constexpr std::array<std::string_view, 6> board_marks = {"code", "icode", "quote", "spoiler", "pre", "noparse"};

/// The length of the board's mark at `at`, "[CODE]" or "[/spoiler]"; 0 where there is none.
std::size_t board_mark_length(std::string_view text, std::size_t at) {
  auto name = at + 1;
  if (name < text.size() && text[name] == '/') ++name;
  auto end = name;
  while (end < text.size() && end - name < 8 && is_letter(text[end])) ++end;
  if (std::ranges::find(board_marks, to_lower(text.substr(name, end - name))) == board_marks.end()) return 0;
  if (end < text.size() && text[end] != ']' && text[end] != '=') return 0;
  const auto close = text.substr(end, 100).find(']');
  return close == text.npos ? 0 : end + close + 1 - at;
}

/// The length of the page element's tag at `at`; 0 where there is none.
std::size_t tag_length(std::string_view text, std::size_t at) {
  auto name = at + 1;
  if (name < text.size() && text[name] == '/') ++name;
  auto end = name;
  while (end < text.size() && is_letter(text[end])) ++end;
  if (end == name || end - name > 10 ||
      std::ranges::find(page_elements, to_lower(text.substr(name, end - name))) == page_elements.end())
    return 0;
  if (end < text.size() && text[end] != '>' && text[end] != ' ' && text[end] != '/') return 0;
  const auto close = text.substr(end, 300).find('>');
  return close == text.npos ? 0 : end + close + 1 - at;
}

std::string without_markup(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (const auto end = end_of_run(text, at, is_text); end > at) {
      plain += text.substr(at, end - at);
      at = end;
      continue;
    }
    if (const auto length = text[at] == '<'   ? tag_length(text, at)
                            : text[at] == '[' ? board_mark_length(text, at)
                                              : 0;
        length > 0) {
      at += length;
      continue;
    }
    const auto entity =
        text[at] == '&'
            ? std::ranges::find_if(entities, [&](const auto& one) { return text.substr(at).starts_with(one.first); })
            : entities.end();
    if (entity != entities.end()) {
      plain += entity->second;
      at += entity->first.size();
    } else {
      plain += text[at++];
    }
  }
  return plain;
}

/// "C:\Users": a letter on both sides.
bool has_windows_path(std::string_view text) {
  for (auto at = text.find(":\\"); at != text.npos; at = text.find(":\\", at + 1))
    if (at > 0 && at + 2 < text.size() && is_letter(text[at - 1]) && is_letter(text[at + 2]) &&
        (at < 2 || !is_letter(text[at - 2])))
      return true;
  return text.find("\\VEN_") != text.npos || text.find("\\ven_") != text.npos;
}

/// Text inside JSON or logfmt: it has escaped quotes or line ends. A Windows path ("C:\new", "PCI\VEN_") is none.
bool is_escaped(std::string_view text) {
  return (text.find("\\\"") != text.npos || text.find("\\n") != text.npos || text.find("\\u00") != text.npos) &&
         !has_windows_path(text);
}

std::optional<char> hexadecimal_escape(std::string_view digits) {
  const auto code = digits.size() == 4 ? parse_unsigned(digits, 16) : std::nullopt;
  return code && *code >= 0x20 && *code < 0x7f ? std::optional(static_cast<char>(*code)) : std::nullopt;
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      plain += text[at];
      continue;
    }
    const char next = text[++at];
    if (next == 'n')
      plain += '\n';
    else if (next == 't' || next == 'r')
      plain += ' ';
    else if (next == '"' || next == '\'' || next == '/' || next == '\\')
      plain += next;
    else if (const auto code = next == 'u' ? hexadecimal_escape(text.substr(at + 1, 4)) : std::nullopt)
      plain += *code, at += 4;
    else
      plain += '\\', plain += next;
  }
  return plain;
}

/// What a terminal's colour leaves behind where its escape character was written out or lost: "^[[31m", "#033[31m", "[0;31m".
/// Letters that stay before a word would make another word of it.
std::string without_written_colours(std::string_view text) {
  constexpr std::array<std::string_view, 6> written = {"^[", "#033", "\\033", "\\x1b", "\\u001b", "\\e"};
  std::string plain;
  std::size_t from = 0;
  for (auto at = text.find('['); at != text.npos; at = text.find('[', at + 1)) {
    auto end = at + 1;
    while (end < text.size() && end - at < 16 && ((text[end] >= '0' && text[end] <= '9') || text[end] == ';')) ++end;
    if (end == text.size() || text[end] != 'm' || (end + 1 < text.size() && text[end + 1] == ']')) continue;
    auto before = text.substr(from, at - from);
    const auto start = to_lower(before.substr(before.size() - std::min<std::size_t>(before.size(), 6)));
    const auto mark = std::ranges::find_if(written, [&](std::string_view one) { return start.ends_with(one); });
    if (mark == written.end() && end == at + 1) continue;  // "[m" without an escape is text
    if (mark != written.end()) before.remove_suffix(mark->size());
    plain += before;
    from = end + 1;
    at = end;
  }
  return plain += text.substr(from);
}

/// "> > text", "| text" of mails, chats and tables, and a code fence's or inline code's backticks at both ends.
std::string_view without_quoting(std::string_view text) {
  for (;;) {
    const auto start = text.find_first_not_of(" \t");
    if (start == text.npos) return {};
    const char c = text[start];
    if (c != '>' && c != '|') break;
    text.remove_prefix(start + 1);
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  if (text.starts_with("```") || text.starts_with("~~~")) return text;
  const auto first = text.find_first_not_of(" \t`"), last = text.find_last_not_of(" \t`");
  const bool has_ticks = first != text.npos && text.substr(0, first).find('`') != text.npos;
  return has_ticks || text.ends_with('`')
             ? text.substr(first == text.npos ? text.size() : first, last == text.npos ? 0 : last + 1 - first)
             : text;
}

}  // namespace

void unwrap_line(std::string_view raw, std::vector<std::string>& pieces) {
  auto text = plain_characters(raw);
  if (text.find_first_of("<&[") != text.npos) text = without_markup(text);
  for (int depth = 0; depth < 2 && is_escaped(text); ++depth) text = unescaped(text);
  if (text.find('[') != text.npos) text = without_written_colours(text);
  for (const auto piece : split(text, '\n')) pieces.emplace_back(without_quoting(piece));
}

void fold_text(std::string_view text, std::string& folded) {
  folded.clear();
  for (const char c : text) {
    if (c == '"' || c == '\'' || c == '`' || c == '\\') continue;
    if (c == ' ' || c == '\t') {
      if (!folded.empty() && folded.back() != ' ') folded += ' ';
    } else {
      folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
  }
  if (!folded.empty() && folded.back() == ' ') folded.pop_back();
}

}  // namespace vfio_doctor
