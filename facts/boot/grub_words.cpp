// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_words.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr char parting = '\1';  // a blank of a variable that stands in no quotes: it parts words
constexpr std::size_t most_possible = 500;

GrubText value_of(const GrubPiece& piece, const GrubVariables& variables, std::span<const GrubText> parameters) {
  if (!piece.variable) return {{piece.text}};
  if (const auto number = parse_unsigned(piece.text); number && *number > 0 && *number <= parameters.size())
    return parameters[*number - 1];
  if (piece.text == "@" || piece.text == "*" || piece.text == "#") return GrubText::unknown();
  return variables.find(piece.text);
}

/// Blanks inside part words; those around drop out (grub-core/script/argv.c, grub_script_argv_split_append).
void part_words(GrubText& value) {
  for (auto& text : value.texts) {
    text = std::string(trim(text));
    std::ranges::replace_if(
        text, [](char c) { return c == ' ' || c == '\t'; }, parting);
  }
}

/// Where a word has one text, each of its parts is an argument.
void add_parts(std::vector<GrubArgument>& arguments, GrubArgument whole, bool quoted) {
  if (whole.text.texts.size() > 1) {
    for (auto& text : whole.text.texts) {
      whole.loose |= text.find(parting) != std::string::npos;
      std::ranges::replace(text, parting, ' ');
    }
    arguments.push_back(std::move(whole));
    return;
  }
  const auto text = whole.text.texts[0];
  for (const auto part : split(text, parting))
    if (!part.empty() || (quoted && text.empty())) arguments.push_back({{{std::string(part)}}, whole.unknown_variable});
}

/// An argument as it stands on the line of the kernel.
std::string for_kernel(const std::string& argument) {
  std::string text;
  for (const char c : argument) text += (c == '\\' || c == '\'' || c == '"' ? "\\" : "") + std::string(1, c);
  return argument.find(' ') == std::string::npos ? text : '"' + text + '"';
}

}  // namespace

std::vector<GrubArgument> expand_words(std::span<const GrubWord> words, const GrubVariables& variables,
                                       std::span<const GrubText> parameters) {
  std::vector<GrubArgument> arguments;
  std::size_t size = 0;
  for (const auto& word : words) {
    if (size > PlacedText::limit) {  // nobody has such a line: what is beyond counts as unknown
      arguments.push_back({GrubText::unknown(), "longer than any line"});
      return arguments;
    }
    GrubArgument whole;
    for (const auto& piece : word.pieces) {
      auto value = value_of(piece, variables, parameters);
      if (piece.variable && !value.is_known() && whole.unknown_variable.empty()) whole.unknown_variable = piece.text;
      if (piece.variable && !piece.quoted) part_words(value);
      whole.text.append(value);
    }
    if (!whole.text.is_known() && whole.unknown_variable.empty() && !word.pieces.empty())
      whole.unknown_variable = word.pieces.back().text;
    for (const auto& text : whole.text.texts) size += text.size();
    add_parts(arguments, std::move(whole), word.quoted);
  }
  return arguments;
}

BootLine line_of_arguments(std::span<const GrubArgument> arguments, const std::string& file, unsigned line,
                           const GrubVariables& variables) {
  std::string text, unknown_variable;
  BootLine possible;
  for (const auto& argument : arguments) {
    if (text.size() > PlacedText::limit) break;  // what is beyond counts as unknown
    if (!argument.unknown_variable.empty()) unknown_variable = argument.unknown_variable;
    const auto& texts = argument.text.texts;
    if (texts.size() == 1) {
      text += (text.empty() ? "" : " ") + for_kernel(texts[0]);
      continue;
    }
    for (const auto& one : texts) {
      auto words = split_boot_line(argument.loose ? one : for_kernel(one), file, line);
      if (!words.unknown_part.empty()) possible.unknown_part = words.unknown_part;
      if (possible.possible.size() < most_possible) std::ranges::move(words.tokens, std::back_inserter(possible.possible));
    }
  }
  auto result = split_boot_line(text, file, line);
  std::ranges::move(possible.possible, std::back_inserter(result.possible));
  if (result.unknown_part.empty()) result.unknown_part = possible.unknown_part;
  if (!unknown_variable.empty() && !variables.environment_unknown().empty()) {
    result.unknown_part =
        "GRUB's variable '" + unknown_variable + "' could not be read (" + variables.environment_unknown() + ")";
    result.unknown_cause = variables.environment_cause();
  }
  return result;
}

}  // namespace vfio_doctor
