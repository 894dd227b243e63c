// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/boot_line.hpp"

#include <algorithm>
#include <cstdint>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

bool holds(const std::vector<BootToken>& tokens, const KernelArgument& argument) {
  return std::ranges::any_of(tokens, [&](const BootToken& token) {
    return token.argument.value == argument.value &&
           normalize_module_name(token.argument.name) == normalize_module_name(argument.name);
  });
}

}  // namespace

bool BootLine::contains(const KernelArgument& argument) const { return holds(tokens, argument); }

bool BootLine::may_contain(const KernelArgument& argument) const { return contains(argument) || holds(possible, argument); }

std::uint32_t PlacedText::place_of(const std::string& file, unsigned line) {
  // Text comes in order, so the place is nearly always the last one.
  for (std::size_t i = origins_.size(); i-- > 0;)
    if (origins_[i].line == line && origins_[i].file == file) return static_cast<std::uint32_t>(i);
  origins_.push_back({file, line});
  return static_cast<std::uint32_t>(origins_.size() - 1);
}

void PlacedText::append(char c, const std::string& file, unsigned line) { append(std::string_view(&c, 1), file, line); }

void PlacedText::append(std::string_view text, const std::string& file, unsigned line) {
  if (text_.size() >= limit || text.empty()) return;
  const bool fits = text.size() < limit - text_.size();
  if (!fits) text = text.substr(0, limit - text_.size() - 1);
  text_.append(text);
  if (!fits) text_ += unknown;
  places_.resize(text_.size(), place_of(file, line));
}

void PlacedText::append(const PlacedText& other) {
  constexpr auto not_yet = static_cast<std::uint32_t>(-1);
  std::vector<std::uint32_t> own(other.origins_.size(), not_yet);  // our number of each of the other's places
  for (std::size_t at = 0; at < other.text_.size() && text_.size() < limit; ++at) {
    auto& place = own[other.places_[at]];
    if (place == not_yet) {
      const auto& origin = other.origins_[other.places_[at]];
      place = place_of(origin.file, origin.line);
    }
    text_ += text_.size() + 1 < limit ? other.text_[at] : unknown;
    places_.push_back(place);
  }
}

BootLine PlacedText::split() const {
  BootLine line;
  for (std::size_t at = 0;;) {
    while (at < text_.size() && is_white_space(text_[at])) ++at;
    if (at == text_.size()) return line;
    const auto start = at;
    bool in_quote = false;
    for (; at < text_.size() && (in_quote || !is_white_space(text_[at])); ++at)
      if (text_[at] == '"') in_quote = !in_quote;
    const auto word = std::string_view(text_).substr(start, at - start);
    if (word == "--") return line;  // the rest is for init
    const auto& origin = origins_[places_[start]];
    if (word.find(unknown) != std::string_view::npos) {
      line.unknown_part = origin.file + (origin.line ? ":" + std::to_string(origin.line) : "") +
                          " holds a part that only the machine itself could work out";
      continue;
    }
    for (auto& argument : KernelArguments::parse(word).all())
      line.tokens.push_back({std::move(argument), origin.file, origin.line});
  }
}

BootLine split_boot_line(std::string_view text, const std::string& file, unsigned line) {
  PlacedText placed;
  placed.append(text, file, line);
  return placed.split();
}

}  // namespace vfio_doctor
