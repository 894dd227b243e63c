// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/evidence/listing.hpp"

namespace vfio_doctor {
namespace {

bool is_month(std::string_view word) {
  static constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return std::ranges::find(months, word) != months.end();
}

/// "    1.234567" and "  +0.000012" (dmesg -d), "Thu Nov 26 07:33:31 2026" (dmesg -T), "Nov26 07:33" (dmesg -H).
bool is_bracketed_time(std::string_view inside) {
  auto text = trim(inside);
  const auto words = split_words(text);
  if (words.size() == 5) return is_month(words[1]) && is_number(words[4]);
  if (words.size() == 2 || words.size() == 3) return is_month(words[0].substr(0, 3));
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto dot = text.find('.');
  return dot != text.npos && is_number(text.substr(0, dot)) && is_number(text.substr(dot + 1));
}

/// "2026-11-26T07:33:31,123456+00:00": dmesg --time-format iso, journalctl -o short-iso.
bool is_iso_time(std::string_view word) {
  return word.size() >= 19 && is_number(word.substr(0, 4)) && word[4] == '-' && word[7] == '-' && word[10] == 'T' &&
         word[13] == ':';
}

/// The journal and syslog hold what every program says, after the time and the name of the machine: "host kernel: ...".
class OtherPrograms {
 public:
  bool said(std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) return skips_;  // the message of the line before goes on
    const auto words = split_words(line);
    skips_ = false;
    if (words.empty()) return false;
    const std::size_t host = is_month(words[0]) ? 3 : 1;
    if (host == 1 && !is_iso_time(words[0])) return false;
    if (words.size() < host + 2) return false;
    if (words[host + 1] == "kernel:") host_ = words[host];
    skips_ =
        words[host + 1] != "kernel:" && (host == 3 || words[host] == host_);  // dmesg's own lines with such a time name no host
    return skips_;
  }

 private:
  std::string host_;
  bool skips_ = false;
};

}  // namespace

bool is_kernel_log_line(std::string_view line) {
  auto text = trim(line);
  if (text.size() > 3 && text[0] == '<' && text.substr(1, 4).find('>') != text.npos) text = text.substr(text.find('>') + 1);
  const auto words = split_words(text);
  if (words.size() < 2) return false;
  if (text.starts_with("kern ") || words[0] == "kern:") {  // dmesg -x: "kern  :err   : [    1.23] ..."
    const auto bracket = text.find('[');
    if (bracket == text.npos) return false;
    text = text.substr(bracket);
  }
  if (text.starts_with('[')) return text.find(']') != text.npos && is_bracketed_time(text.substr(1, text.find(']') - 1));
  if (is_iso_time(words[0])) return true;
  return is_month(words[0]) && words.size() > 4 && words[2].find(':') == 2 && text.find(" kernel: ") != text.npos;
}

Listing read_kernel_log(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  listing.log_has_gaps = true;
  OtherPrograms others;
  while (lines.next()) {
    const auto line = lines.line();
    if (others.said(line)) continue;
    if (line.find("Linux version ") != line.npos) {  // a journal may hold several starts: the last one counts
      listing.kernel_log.clear();
      listing.log_has_gaps = false;
    }
    listing.kernel_log.append(line).push_back('\n');
  }
  listing.log_has_gaps = listing.log_has_gaps || lines.has_gaps();
  return listing;
}

}  // namespace vfio_doctor
