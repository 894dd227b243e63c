// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/pattern.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/paste/unwrap.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t longest_gap = 200, longest_word = 120;

/// strerror() of glibc and Go's errors, folded.
// clang-format off
constexpr std::array<std::string_view, 16> error_texts = {
    "operation not permitted", "no such file or directory", "no such device", "input/output error", "permission denied",
    "device or resource busy", "file exists", "invalid argument", "cannot allocate memory", "no space left on device",
    "inappropriate ioctl for device", "operation not supported", "not a directory", "bad address", "connection timed out",
    "no such process"};
// clang-format on

bool is_hexadecimal(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == 'x'; }
bool is_word(char c) {
  return c != ' ' && c != ',' && c != ';' && c != '(' && c != ')' && c != '[' && c != ']' && c != '<' && c != '>' && c != '=';
}
/// "0000:xx:00.y", "<vf>": what people write in the place of an address.
bool is_address_like(char c) { return is_alphanumeric(c) || c == ':' || c == '.' || c == '<' || c == '>' || c == '_'; }

template <class Condition>
std::size_t run(std::string_view text, std::size_t most, Condition fits) {
  std::size_t length = 0;
  while (length < text.size() && length < most && fits(text[length])) ++length;
  return length;
}

template <class Condition>
std::size_t run_back(std::string_view text, std::size_t most, Condition fits) {
  std::size_t length = 0;
  while (length < text.size() && length < most && fits(text[text.size() - length - 1])) ++length;
  return length;
}

/// How much of the start of `text` is an address: "0000:01:00.0: ..." -> 12.
std::size_t address_length(std::string_view text) {
  auto length = run(text, 16, is_address_like);
  while (length > 0 && (text[length - 1] == ':' || text[length - 1] == '.')) --length;
  const auto word = text.substr(0, length);
  const bool has_shape = word.find(':') != word.npos || word.starts_with('<') || word == "x" || word == "xx" || word == "n";
  return has_shape && length >= 1 ? length : 0;
}

constexpr std::size_t uuid_length = 36;

bool is_uuid(std::string_view text) {
  if (text.size() != uuid_length) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : text[i] == 'x' || !is_hexadecimal(text[i])) return false;
  }
  return true;
}

}  // namespace

std::optional<PciAddress> captured_address(std::string_view text) { return PciAddress::parse(text); }

Pattern::Token Pattern::hole_token(std::string_view inside) {
  static constexpr std::array<std::pair<std::string_view, Hole>, 8> kinds = {{{"bdf", Hole::address},
                                                                              {"gbdf", Hole::guest_address},
                                                                              {"n", Hole::number},
                                                                              {"hex", Hole::hexadecimal},
                                                                              {"word", Hole::word},
                                                                              {"uuid", Hole::uuid},
                                                                              {"errno", Hole::errno_text},
                                                                              {"*", Hole::anything}}};
  const auto colon = inside.find(':');
  const auto kind = inside.substr(0, colon);
  const auto found = std::ranges::find(kinds, kind, [](const auto& one) { return one.first; });
  if (found == kinds.end()) throw std::invalid_argument("unknown hole {" + std::string(inside) + "}");
  return {found->second, std::string(colon == inside.npos ? kind : inside.substr(colon + 1))};
}

Pattern::Pattern(std::string_view text) {
  std::string folded;
  while (!text.empty()) {
    const auto open = text.find('{');
    if (open != 0) {
      const auto literal = text.substr(0, open);
      // Blanks beside a hole belong to the text; fold_text() drops them at both ends only.
      fold_text("|" + std::string(literal) + "|", folded);
      auto piece = folded.substr(1, folded.size() - 2);
      if (tokens_.empty()) piece.erase(0, piece.find_first_not_of(' '));
      if (!piece.empty()) tokens_.push_back({Hole::none, std::move(piece)});
      text = open == text.npos ? std::string_view() : text.substr(open);
      continue;
    }
    const auto close = text.find('}');
    if (close == text.npos) throw std::invalid_argument("a hole without its end");
    if (!tokens_.empty() && tokens_.back().hole != Hole::none)
      throw std::invalid_argument("two holes without text between them");
    auto hole = hole_token(text.substr(1, close - 1));
    if (hole.hole == Hole::hexadecimal && !tokens_.empty() && tokens_.back().text.ends_with("0x"))
      throw std::invalid_argument("{hex} takes the 0x with it");
    tokens_.push_back(std::move(hole));
    text.remove_prefix(close + 1);
  }
  if (tokens_.empty() || (tokens_.front().hole == Hole::anything) || tokens_.back().hole == Hole::anything)
    throw std::invalid_argument("{*} at the start or end means nothing");
  const auto longest = std::ranges::max_element(tokens_, {}, [](const Token& token) {
    return token.hole == Hole::none ? token.text.size() : 0;
  });
  anchor_ = static_cast<std::size_t>(longest - tokens_.begin());
  if (tokens_[anchor_].hole != Hole::none || tokens_[anchor_].text.size() < 5)
    throw std::invalid_argument("no literal piece of 5 characters");
}

std::size_t Pattern::take(Hole hole, std::string_view text) {
  switch (hole) {
    case Hole::address:
    case Hole::guest_address:
      return address_length(text);
    case Hole::number: {
      const auto digits = run(text, 20, is_digit);
      return digits > 0 ? digits : text.starts_with('n') || text.starts_with('x') ? 1 : 0;
    }
    case Hole::hexadecimal:
      return run(text, 20, is_hexadecimal);
    case Hole::word: {
      auto length = run(text, longest_word, is_word);
      while (length > 1 && (text[length - 1] == ':' || text[length - 1] == '.')) --length;
      return length;
    }
    case Hole::uuid:
      return is_uuid(text.substr(0, uuid_length)) ? uuid_length : 0;
    case Hole::errno_text:
      for (const auto known : error_texts)
        if (text.starts_with(known)) return known.size();
      return 0;
    default:
      return 0;
  }
}

std::size_t Pattern::take_back(Hole hole, std::string_view text) {
  switch (hole) {
    case Hole::address:
    case Hole::guest_address: {
      const auto length = run_back(text, 16, is_address_like);
      for (auto at = text.size() - length; at < text.size(); ++at)  // the longest end that is one
        if (address_length(text.substr(at)) == text.size() - at) return text.size() - at;
      return 0;
    }
    case Hole::number: {
      const auto digits = run_back(text, 20, is_digit);
      return digits > 0 ? digits : text.ends_with('n') || text.ends_with('x') ? 1 : 0;
    }
    case Hole::hexadecimal:
      return run_back(text, 20, is_hexadecimal);
    case Hole::word:
      return run_back(text, longest_word, is_word);
    case Hole::uuid:
      return text.size() >= uuid_length && is_uuid(text.substr(text.size() - uuid_length)) ? uuid_length : 0;
    default:
      return 0;
  }
}

bool Pattern::forward(std::string_view folded, std::size_t at, std::size_t token, Captures& captures, std::size_t& end) const {
  for (; token < tokens_.size(); ++token) {
    const auto& [hole, text] = tokens_[token];
    if (hole == Hole::none) {
      if (!folded.substr(at).starts_with(text)) return false;
      at += text.size();
    } else if (hole == Hole::anything) {  // a literal follows, by the rules of the constructor
      const auto& next = tokens_[token + 1].text;
      const auto found = folded.substr(at, longest_gap + next.size()).find(next);
      if (found == folded.npos) return false;
      captures.emplace_back(text, folded.substr(at, found));
      at += found;
    } else {
      const auto length = take(hole, folded.substr(at));
      if (length == 0) return false;
      captures.emplace_back(text, folded.substr(at, length));
      at += length;
    }
  }
  end = at;
  return true;
}

bool Pattern::backward(std::string_view folded, std::size_t at, Captures& captures, std::size_t& start) const {
  for (auto token = anchor_; token-- > 0;) {
    const auto& [hole, text] = tokens_[token];
    const auto before = folded.substr(0, at);
    if (hole == Hole::none) {
      if (!before.ends_with(text)) return false;
      at -= text.size();
    } else if (hole == Hole::anything) {
      const auto& next = tokens_[token - 1].text;
      const auto from = before.size() > longest_gap + next.size() ? before.size() - longest_gap - next.size() : 0;
      const auto found = before.substr(from).rfind(next);
      if (found == before.npos) return false;
      captures.emplace_back(text, before.substr(from + found + next.size()));
      at = from + found + next.size();
    } else {
      const auto length = take_back(hole, before);
      if (length == 0) return false;
      captures.emplace_back(text, before.substr(before.size() - length));
      at -= length;
    }
  }
  start = at;
  return true;
}

std::optional<Captures> Pattern::match(std::string_view folded, std::size_t at) const {
  Captures captures;
  std::size_t start = 0, end = 0;
  if (!backward(folded, at, captures, start) || !forward(folded, at, anchor_, captures, end)) return std::nullopt;
  const auto cuts_word = [&](std::size_t edge) {
    return edge > 0 && edge < folded.size() && is_alphanumeric(folded[edge - 1]) && is_alphanumeric(folded[edge]);
  };
  if (cuts_word(start) || cuts_word(end)) return std::nullopt;
  return captures;
}

}  // namespace vfio_doctor
