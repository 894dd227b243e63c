// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_test.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Outcome = std::optional<bool>;

Outcome negated(Outcome one) { return one ? Outcome(!*one) : one; }
Outcome both(Outcome one, Outcome other) {
  if (one == false || other == false) return false;
  return one && other ? Outcome(true) : std::nullopt;
}
Outcome either(Outcome one, Outcome other) { return negated(both(negated(one), negated(other))); }

Outcome is_filled(const GrubText& text) {
  const auto filled = [](const std::string& one) { return one.find_first_not_of(PlacedText::unknown) != std::string::npos; };
  if (std::ranges::all_of(text.texts, filled)) return true;
  if (std::ranges::all_of(text.texts, [](const std::string& one) { return one.empty(); })) return false;
  return std::nullopt;
}

Outcome are_equal(const GrubText& one, const GrubText& other) {
  if (!one.is_known() || !other.is_known()) return std::nullopt;
  if (one.certain() && other.certain()) return *one.certain() == *other.certain();
  const auto in_other = [&other](const std::string& text) { return std::ranges::find(other.texts, text) != other.texts.end(); };
  return std::ranges::any_of(one.texts, in_other) ? std::nullopt : Outcome(false);
}

Outcome compare_numbers(const std::string& operation, const GrubText& one, const GrubText& other) {
  if (!one.certain() || !other.certain()) return std::nullopt;
  const auto left = parse_unsigned(*one.certain()), right = parse_unsigned(*other.certain());
  if (!left || !right) return std::nullopt;
  if (operation == "-eq") return *left == *right;
  if (operation == "-ne") return *left != *right;
  if (operation == "-ge") return *left >= *right;
  if (operation == "-gt") return *left > *right;
  if (operation == "-le") return *left <= *right;
  return *left < *right;
}

class Test {
 public:
  Test(const std::vector<GrubText>& words, const GrubFileTest& file_test) : words_(words), file_test_(file_test) {}

  Outcome read() {
    Outcome all = true, any = false;  // GRUB's own: what stands between two "-o" must all be true
    bool inverted = false;
    const auto take = [&](Outcome value) {
      all = both(all, inverted ? negated(value) : value);
      inverted = false;
    };
    while (at_ < words_.size()) {
      const auto word = text(at_);
      if (const auto value = comparison()) {
        take(*value);
      } else if (const auto single = file_or_text(word)) {
        take(*single);
      } else if (word == ")") {
        ++at_;
        break;
      } else if (word == "(") {
        ++at_;
        take(++depth_ > most_nested ? std::nullopt : read());
      } else if (word == "!") {
        inverted = !inverted;
        ++at_;
      } else if (word == "-a") {
        ++at_;
      } else if (word == "-o") {
        any = either(any, all);
        all = true;
        ++at_;
      } else {
        take(is_filled(words_[at_++]));
      }
    }
    return either(any, all);
  }

 private:
  std::string text(std::size_t at) const {
    const auto* certain = at < words_.size() ? words_[at].certain() : nullptr;
    return certain ? *certain : std::string();
  }

  std::optional<Outcome> comparison() {
    if (at_ + 2 >= words_.size()) return std::nullopt;
    const auto operation = text(at_ + 1);
    const auto &one = words_[at_], &other = words_[at_ + 2];
    Outcome value;
    if (operation == "=" || operation == "==")
      value = are_equal(one, other);
    else if (operation == "!=")
      value = negated(are_equal(one, other));
    else if (operation == "-eq" || operation == "-ne" || operation == "-ge" || operation == "-gt" || operation == "-le" ||
             operation == "-lt")
      value = compare_numbers(operation, one, other);
    else if (operation != "<" && operation != "<=" && operation != ">" && operation != ">=" && operation != "-pgt" &&
             operation != "-plt" && operation != "-nt" && operation != "-ot")
      return std::nullopt;
    at_ += 3;
    return value;
  }

  std::optional<Outcome> file_or_text(const std::string& word) {
    if (at_ + 1 >= words_.size()) return std::nullopt;
    const auto& operand = words_[at_ + 1];
    Outcome value;
    if (word == "-n" || word == "-z")
      value = word == "-n" ? is_filled(operand) : negated(is_filled(operand));
    else if (word == "-e" || word == "-f" || word == "-s")
      value = operand.certain() ? file_test_(*operand.certain()) : std::nullopt;
    else if (word != "-d")
      return std::nullopt;
    at_ += 2;
    return value;
  }

  static constexpr int most_nested = 32;
  const std::vector<GrubText>& words_;
  const GrubFileTest& file_test_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<bool> run_grub_test(const std::vector<GrubText>& words, const GrubFileTest& file_test) {
  return Test(words, file_test).read();
}

}  // namespace vfio_doctor
