// SPDX-License-Identifier: GPL-2.0-or-later
// A sentence that knows what it names: who reads it need not look for names in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vfio_doctor {

/// A place where a sentence names something.
struct Name {
  std::size_t at = 0, length = 0;  ///< bytes
  std::string subject;             ///< what it names there, as a finding has its subject: "0000:01:00.0", "group:4"
};

/// Words, and what they name. Put together with +, it is read by its members; two are the same if they say the same.
struct Sentence {
  std::string text;
  std::vector<Name> names = {};

  Sentence() = default;
  Sentence(std::string words) : text(std::move(words)) {}  // words alone are a sentence, too: not explicit
  Sentence(const char* words) : text(words) {}
  Sentence(std::string words, std::vector<Name> named) : text(std::move(words)), names(std::move(named)) {}

  Sentence& operator+=(const Sentence& more) {
    for (const Name& name : more.names) names.push_back({text.size() + name.at, name.length, name.subject});
    text += more.text;
    return *this;
  }
  friend Sentence operator+(Sentence one, const Sentence& more) { return std::move(one += more); }
  friend bool operator==(const Sentence& one, const Sentence& other) { return one.text == other.text; }

  bool does_name(std::string_view subject) const {
    for (const Name& name : names)
      if (name.subject == subject) return true;
    return false;
  }

  /// The words, with one and the same mark in place of each name whose subject `is_left_out`: what two sentences about
  /// different subjects can share.
  template <typename Predicate>
  std::string without_names(Predicate is_left_out) const {
    std::string rest;
    std::size_t from = 0;
    for (const Name& name : names) {
      if (name.at < from || name.at + name.length > text.size() || !is_left_out(name.subject)) continue;
      rest.append(text, from, name.at - from) += '\x01';
      from = name.at + name.length;
    }
    return rest.append(text, from);
  }

  /// Other words in its place: cut short, or without a secret. The names that stand before the first change stay.
  void reword(std::string words) {
    std::size_t same = 0;
    while (same < text.size() && same < words.size() && text[same] == words[same]) ++same;
    std::erase_if(names, [same](const Name& name) { return name.at + name.length > same; });
    text = std::move(words);
  }
};

/// `words` that name `subject`.
inline Sentence named(std::string subject, std::string words) {
  const auto length = words.size();
  return {std::move(words), {{0, length, std::move(subject)}}};
}

}  // namespace vfio_doctor
