// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/scanner.hpp"

#include <algorithm>
#include <deque>

namespace vfio_doctor {

SignatureScanner::SignatureScanner(const std::vector<Signature>& signatures) : signatures_(signatures), column_(256, 0) {
  for (const auto& signature : signatures_)
    for (const char c : signature.pattern.anchor())
      if (auto& column = column_[static_cast<unsigned char>(c)]; column == 0) column = static_cast<std::uint8_t>(width_++);
  next_.assign(width_, none);
  output_.assign(1, none);
  for (std::uint32_t i = 0; i < signatures_.size(); ++i) add(signatures_[i].pattern.anchor(), i);
  connect();
}

void SignatureScanner::add(std::string_view anchor, std::uint32_t signature) {
  std::uint32_t state = 0;
  for (const char c : anchor) {
    const auto byte = static_cast<unsigned char>(c);
    if (next(state, byte) == none) {
      next(state, byte) = static_cast<std::uint32_t>(output_.size());
      output_.push_back(none);
      next_.resize(next_.size() + width_, none);
    }
    state = next(state, byte);
  }
  if (output_[state] == none) {
    output_[state] = static_cast<std::uint32_t>(ends_.size());
    ends_.emplace_back();
  }
  ends_[output_[state]].push_back(signature);
}

/// Turns the tree of anchors into an automaton that never goes back in the text.
void SignatureScanner::connect() {
  std::vector<std::uint32_t> fall(output_.size(), 0);
  std::deque<std::uint32_t> queue;
  for (std::uint32_t column = 0; column < width_; ++column) {
    auto& target = next_[column];
    if (target == none)
      target = 0;
    else
      queue.push_back(target);
  }
  while (!queue.empty()) {
    const auto state = queue.front();
    queue.pop_front();
    if (const auto shorter = output_[fall[state]]; shorter != none) {
      auto merged = output_[state] == none ? std::vector<std::uint32_t>{} : ends_[output_[state]];
      merged.insert(merged.end(), ends_[shorter].begin(), ends_[shorter].end());
      output_[state] = static_cast<std::uint32_t>(ends_.size());
      ends_.push_back(std::move(merged));
    }
    for (std::uint32_t column = 0; column < width_; ++column) {
      auto& target = next_[state * width_ + column];
      const auto back = next_[fall[state] * width_ + column];
      if (target == none) {
        target = back;
      } else {
        fall[target] = back;
        queue.push_back(target);
      }
    }
  }
}

std::vector<SignatureMatch> SignatureScanner::scan(std::string_view folded) const {
  std::vector<SignatureMatch> matches;
  std::uint32_t state = 0;
  std::size_t tried = 0;
  for (std::size_t at = 0; at < folded.size(); ++at) {
    state = next_[state * width_ + column_[static_cast<unsigned char>(folded[at])]];
    if (output_[state] == none) continue;
    for (const auto index : ends_[output_[state]]) {
      if (matches.size() == most_matches || ++tried > most_matches * 64) return matches;
      const auto& signature = signatures_[index];
      auto captures = signature.pattern.match(folded, at + 1 - signature.pattern.anchor().size());
      if (!captures) continue;
      const auto same = std::ranges::find_if(matches, [&](const SignatureMatch& match) {
        return signatures_[match.signature].id == signature.id && (match.signature != index || match.captures == *captures);
      });
      if (same == matches.end())
        matches.push_back({index, std::move(*captures)});
      else if (same->captures.size() < captures->size())
        *same = {index, std::move(*captures)};
    }
  }
  return matches;
}

const SignatureScanner& SignatureScanner::built_in() {
  static const SignatureScanner scanner(SignatureTable::built_in().signatures);
  return scanner;
}

}  // namespace vfio_doctor
