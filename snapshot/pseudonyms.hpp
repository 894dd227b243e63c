// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// Invents a stand-in for each secret and remembers it, so that two mentions of one secret stay recognisably one.
/// Nothing is computed from the secret (except for the order of IP networks, see below): there is no hash whose
/// key or input could be guessed. Stand-ins keep the shape of what they stand for and are easy to recognise.
class Pseudonyms {
 public:
  /// `random_bit` is asked once for every bit of IP networks; by default the system's random numbers.
  explicit Pseudonyms(std::function<bool()> random_bit = {});

  /// An identifier of hexadecimal digits with any separators between them (MAC, UUID, WWN, serial number): letters of
  /// either case, separators and length are kept, "00:1b:21:aa:bb:cc" -> "02:00:00:00:00:01". The same digits with
  /// other separators get the same stand-in. All zeros and all ones stay.
  std::string hexadecimal(const std::string& kind, std::string_view text);

  /// A name: "host1", "user2". `kind` is the word in front.
  std::string word(const std::string& kind, const std::string& name);

  /// Words that word() must not invent, because they are there already and mean something else.
  void reserve(std::set<std::string> words) { reserved_ = std::move(words); }

  /// True for what word() invented: text that was gone through once may be gone through again.
  bool is_stand_in(std::string_view word) const { return issued_.contains(word); }

  /// Network-order bytes, 4 or 16. Two addresses share as many leading bits afterwards as before, so routes still lead
  /// to where they led. Unspecified, loopback, link-local prefixes, private prefixes, multicast and masks stay.
  std::string address(const std::string& bytes);

  /// Kind -> how many different secrets were replaced.
  std::map<std::string, std::size_t> counts() const;

 private:
  std::function<bool()> random_bit_;
  std::map<std::string, std::map<std::string, std::string>> names_;  ///< kind -> secret -> stand-in
  std::map<std::string, bool> flips_;                                ///< leading bits -> whether the next one changes
  std::set<std::string> addresses_;
  std::set<std::string> reserved_;
  std::set<std::string, std::less<>> issued_;
  std::map<std::string, std::size_t> numbers_;  ///< kind -> the number given last
};

}  // namespace vfio_doctor
