// SPDX-License-Identifier: GPL-2.0-or-later
// An example may say what its check must find there: lines `expect STATUS SUBJECT "WORDS"`, in a domain's XML as comments
// `<!-- expect STATUS SUBJECT "WORDS" -->`.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "checks/finding.hpp"

namespace vfio_doctor::testing {

struct Expectation {
  std::string status, subject;
  std::string words;  // of the summary; empty: any
  std::string line;   // as it was written

  bool is_met_by(const Finding& finding) const {
    return status == to_text(finding.status) && subject == finding.subject && finding.summary.find(words) != std::string::npos;
  }
};

inline std::string_view without_comment_marks(std::string_view line) {
  line = trim(line);
  if (!line.starts_with("<!--") || !line.ends_with("-->")) return line;
  return trim(line.substr(4, line.size() - 7));
}

/// Throws std::runtime_error("NAME: LINE: ...") on a line that begins like one and is none: it would be passed over.
inline std::vector<Expectation> expectations_in(std::string_view text, const std::string& name) {
  std::vector<Expectation> found;
  for (const auto raw : split_lines(text)) {
    const auto line = without_comment_marks(raw);
    if (!line.starts_with("expect ")) continue;
    const auto words = split_words(line);
    const auto open = line.find('"'), close = line.rfind('"');
    if (words.size() < 4 || open == line.npos || close <= open + 1 || close + 1 != line.size() || words[3].front() != '"')
      throw std::runtime_error(name + ": " + std::string(line) + ": write: expect STATUS SUBJECT \"WORDS\"");
    found.push_back({std::string(words[1]), std::string(words[2]), std::string(line.substr(open + 1, close - open - 1)),
                     std::string(line)});
  }
  return found;
}

/// A line that `finding` meets; its words are the beginning of the summary.
inline std::string expectation_of(const Finding& finding) {
  constexpr std::size_t longest = 90;
  auto words = finding.summary.substr(0, finding.summary.find('\n'));
  if (words.size() > longest) words.resize(words.rfind(' ', longest));
  return "expect " + std::string(to_text(finding.status)) + " " + finding.subject + " \"" + words + "\"";
}

inline bool is_worth_a_line(const Finding& finding) {
  return finding.status != Status::pass && finding.status != Status::not_applicable;
}

/// Each line is met by a finding, and once there is a line, whatever warns, fails or is not known has one.
inline void expect_findings(const std::vector<Expectation>& expected, const std::vector<Finding>& findings) {
  if (expected.empty()) return;
  std::string said = "The check says:";
  for (const auto& finding : findings)
    if (is_worth_a_line(finding) || findings.size() == 1) said += "\n" + expectation_of(finding);
  for (const auto& line : expected)
    EXPECT_TRUE(std::ranges::any_of(findings, [&line](const Finding& finding) { return line.is_met_by(finding); }))
        << "not found: " << line.line << "\n"
        << said;
  for (const auto& finding : findings) {
    const bool is_met = std::ranges::any_of(expected, [&finding](const Expectation& line) { return line.is_met_by(finding); });
    EXPECT_TRUE(is_met || !is_worth_a_line(finding)) << "not expected: " << expectation_of(finding) << "\n" << said;
  }
}

}  // namespace vfio_doctor::testing
