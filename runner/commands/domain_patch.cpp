// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/domain_patch.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t context = 3;  // lines around a change, as diff -u has them

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// From one place in the text up to another.
struct Piece {
  std::size_t begin = 0, end = 0;
};

/// A start tag: its name begins at `at`.
class Tag {
 public:
  Tag(const std::string& text, std::size_t at) : text_(text), at_(at), end_(at) {
    char quote = 0;
    for (; end_ < text.size() && (quote != 0 || text[end_] != '>'); ++end_)
      if (quote != 0 && text[end_] == quote)
        quote = 0;
      else if (quote == 0 && (text[end_] == '\'' || text[end_] == '"'))
        quote = text[end_];
  }

  std::size_t end() const { return end_; }  ///< where its '>' is
  bool is_empty() const { return end_ > 0 && text_[end_ - 1] == '/'; }
  std::string name() const { return text_.substr(at_, text_.find_first_of(" \t\r\n/>", at_) - at_); }

  /// name='value', quotes and all.
  std::optional<Piece> attribute(const std::string& name) const {
    char quote = 0;
    for (auto i = at_; i < end_; ++i) {
      if (quote != 0)
        quote = text_[i] == quote ? char{0} : quote;
      else if (text_[i] == '\'' || text_[i] == '"')
        quote = text_[i];
      else if (is_blank(text_[i]) && text_.compare(i + 1, name.size(), name) == 0)
        if (const auto end = value_end(i + 1 + name.size())) return Piece{i + 1, *end};
    }
    return std::nullopt;
  }

 private:
  std::optional<std::size_t> value_end(std::size_t from) const {
    while (from < end_ && (is_blank(text_[from]) || text_[from] == '=')) ++from;
    if (from >= end_ || (text_[from] != '\'' && text_[from] != '"')) return std::nullopt;
    const auto close = text_.find(text_[from], from + 1);
    return close == text_.npos || close > end_ ? std::nullopt : std::optional(close + 1);
  }

  const std::string& text_;
  std::size_t at_, end_;
};

void apply(std::string& text, const DomainFix& fix) {
  const Tag tag(text, fix.at);
  if (tag.end() >= text.size()) return;
  const auto attribute = tag.attribute(fix.name);
  const auto inner_end = tag.is_empty() ? tag.end() - 1 : tag.end();
  switch (fix.kind) {
    case DomainFix::Kind::set: {
      const auto written = fix.name + "='" + fix.value + "'";
      if (attribute)
        text.replace(attribute->begin, attribute->end - attribute->begin, written);
      else
        text.insert(inner_end, " " + written);
      break;
    }
    case DomainFix::Kind::remove:
      if (!attribute) break;
      // The blank before it goes too, unless it is a line end.
      if (const auto before = attribute->begin - 1; text[before] == ' ')
        text.erase(before, attribute->end - before);
      else
        text.erase(attribute->begin, attribute->end - attribute->begin);
      break;
    case DomainFix::Kind::add:
      if (tag.is_empty())
        text.replace(inner_end, 2, ">" + fix.value + "</" + tag.name() + ">");
      else
        text.insert(tag.end() + 1, fix.value);
      break;
  }
}

/// Each line without its end.
std::vector<std::string_view> lines_of(std::string_view text) {
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return {lines.begin(), lines.end()};
}

class Diff {
 public:
  Diff(const std::string& old_text, const std::string& new_text)
      : old_(lines_of(old_text)), new_(lines_of(new_text)), ends_open_(!old_text.ends_with('\n')) {}

  std::string hunks() {
    for (std::size_t i = 0; i < old_.size();) {
      if (old_[i] == new_[i]) {
        ++i;
        continue;
      }
      auto end = i + 1;  // behind the last change that is near enough to share a hunk
      for (auto next = end; next < old_.size() && next < end + 2 * context + 1; ++next)
        if (old_[next] != new_[next]) end = next + 1;
      add_hunk(i < context ? 0 : i - context, std::min(end + context, old_.size()));
      i = end;
    }
    return out_;
  }

 private:
  void add_hunk(std::size_t begin, std::size_t end) {
    const auto range = std::to_string(begin + 1) + "," + std::to_string(end - begin);
    out_ += "@@ -" + range + " +" + range + " @@\n";
    for (auto i = begin; i < end;) {
      auto last = i;
      while (last < end && old_[last] != new_[last]) ++last;
      for (auto j = i; j < last; ++j) add_line('-', old_[j], j);
      for (auto j = i; j < last; ++j) add_line('+', new_[j], j);
      if (last == i) add_line(' ', old_[i], last++);
      i = last;
    }
  }

  void add_line(char mark, std::string_view line, std::size_t number) {
    out_ += mark;
    out_.append(line) += '\n';
    if (ends_open_ && number + 1 == old_.size()) out_ += "\\ No newline at end of file\n";
  }

  std::vector<std::string_view> old_, new_;
  bool ends_open_;
  std::string out_;
};

}  // namespace

std::string with_fixes(const std::string& text, std::vector<DomainFix> fixes) {
  auto result = text;
  // From the end, so that what stands before stays where it is; several of one tag in their order.
  std::ranges::stable_sort(fixes, [](const DomainFix& one, const DomainFix& other) { return one.at > other.at; });
  for (const auto& fix : fixes) apply(result, fix);
  return result;
}

std::string domain_patch(const std::string& text, const std::string& file, const std::vector<DomainFix>& fixes) {
  const auto fixed = with_fixes(text, fixes);
  const auto hunks = Diff(text, fixed).hunks();
  if (hunks.empty()) return {};
  std::string reasons;
  std::set<std::pair<std::size_t, std::string>> told;
  for (const auto& fix : fixes)
    if (told.emplace(fix.line, fix.why).second)
      reasons += "# line " + std::to_string(fix.line) + ": " + printable(fix.why) + "\n";
  const auto name = printable(file);
  return reasons + "--- " + name + "\n+++ " + name + "\n" + hunks;
}

}  // namespace vfio_doctor
