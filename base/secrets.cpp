// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secrets.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using View = std::string_view;

/// A word of a key that is one of these makes it secret.
constexpr auto secret_words =
    std::to_array<View>({"pass",  "passwd",     "password",    "passwords", "passphrase",    "pw",  "pwd",       "psk",
                         "pin",   "secret",     "secrets",     "token",     "tokens",        "key", "keys",      "cred",
                         "creds", "credential", "credentials", "auth",      "authorization", "sig", "signature", "sas",
                         "otp",   "passcode",   "authkey",     "apikey",    "chap"});

/// A word that ends so does too: "sshpw", "vncpassword", "userpass", "wpapsk", "cryptkey".
constexpr auto secret_ends = std::to_array<View>({"password", "passwd", "passphrase", "secret", "token", "credential", "psk",
                                                  "sshpw", "rootpw", "vncpw", "userpw", "userpass", "rootpass", "cryptkey",
                                                  "apikey", "authkey", "secretkey", "accesskey", "privatekey"});

/// Only of a key that holds one of these, a file's or a device's name is no secret.
constexpr auto key_words = std::to_array<View>({"key", "keys", "cryptkey", "auth", "pin", "sig", "signature"});

/// What stands before a secret without any key.
constexpr auto hash_starts = std::to_array<View>({"grub.pbkdf2.", "Bearer "});

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_key_part(char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

template <std::size_t N>
bool is_one_of(View word, const std::array<View, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

/// Calls `found` for every word of "rd.iscsi.password", "api_key", "clientSecret", in lower case, until it says true.
template <class Condition>
bool any_word(View key, Condition found) {
  std::string word;
  for (std::size_t at = 0; at <= key.size(); ++at) {
    const bool end = at == key.size() || !is_alphanumeric(key[at]);
    const bool hump = !end && at > 0 && is_upper(key[at]) && is_alphanumeric(key[at - 1]) && !is_upper(key[at - 1]);
    if ((end || hump) && !word.empty()) {
      while (word.size() > 1 && word.back() >= '0' && word.back() <= '9') word.pop_back();  // "password2"
      if (found(View(word))) return true;
      word.clear();
    }
    if (!end) word += is_upper(key[at]) ? static_cast<char>(key[at] - 'A' + 'a') : key[at];
  }
  return false;
}

bool names_a_place(View value) {
  while (!value.empty() && is_quote(value.front())) value.remove_prefix(1);
  return value.starts_with('/') || value.starts_with("UUID=") || value.starts_with("LABEL=") || value.starts_with("PARTUUID=");
}

/// Where the value that starts at `at` ends: at its quote, else at a blank, a quote or what joins the parts of a URL.
std::size_t value_end(View text, std::size_t at) {
  if (at < text.size() && is_quote(text[at])) {
    auto end = at + 1;
    while (end < text.size() && text[end] != text[at] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
    return std::min(end, text.size());
  }
  while (at < text.size() && !is_blank(text[at]) && !is_quote(text[at]) && text[at] != '&' && text[at] != '\0') ++at;
  return at;
}

class Masker {
 public:
  explicit Masker(View text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      const bool starts = is_key_part(text_[at_]) && (at_ == 0 || !is_key_part(text_[at_ - 1]));
      if (starts && (key() || account() || hash())) continue;
      if (text_.substr(at_).starts_with("://") && address()) continue;
      out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  void copy_to(std::size_t end) {
    out_.append(text_.substr(at_, end - at_));
    at_ = end;
  }

  void mask_to(std::size_t end) {
    // A stop at the end of a sentence is not part of the value.
    const bool stop = end > at_ + 1 && text_[end - 1] == '.' && (end == text_.size() || is_blank(text_[end]));
    if (stop) --end;
    if (end > at_ && is_quote(text_[at_])) out_ += text_[at_];
    out_ += secret_mask;
    at_ = end;
  }

  /// Masks the value of a secret key that starts here; else copies nothing.
  bool key() {
    auto end = at_;
    while (end < text_.size() && is_key_part(text_[end])) ++end;
    const auto name = text_.substr(at_, end - at_);
    auto next = end;
    if (next < text_.size() && is_quote(text_[next])) ++next;  // "key": "value"
    const char sign = next < text_.size() ? text_[next] : '\0';
    const bool has_value = sign == '=' || sign == ':' || (name.starts_with("--") && next == end && sign == ' ');
    if (!has_value || name.size() > 200 || !is_secret_key(name)) return false;
    ++next;
    if (sign == ':' || (sign == '=' && is_quote(text_[next - 2])))
      while (next < text_.size() && text_[next] == ' ') ++next;
    // "pin: A" is prose; a colon makes a secret only of what can be nothing else.
    const bool quoted = is_quote(text_[end]);
    if (sign == ':' && !quoted && !is_secret(name, "/")) {
      copy_to(end);
      return true;
    }
    if (to_lower(name) == "authorization") return mask_line(next);
    const auto last = value_end(text_, next);
    if (last == next || !is_secret(name, text_.substr(next, last - next))) {
      copy_to(end);
      return true;
    }
    copy_to(next);
    mask_to(last);
    return true;
  }

  bool mask_line(std::size_t next) {
    copy_to(next);
    mask_to(std::min(text_.find('\n', next), text_.size()));
    return true;
  }

  /// "iscsi:user:password@host:..." (dracut.cmdline(7)).
  bool account() {
    static constexpr View start = "iscsi:";
    if (!text_.substr(at_).starts_with(start)) return false;
    return credentials(at_ + start.size());
  }

  bool address() { return credentials(at_ + 3); }

  /// Masks "user:password" from `start` to an '@' that comes before any slash.
  bool credentials(std::size_t start) {
    constexpr std::size_t longest = 512;  // of many in a row, each is looked at by itself
    std::size_t sign = View::npos;
    for (auto end = start;
         end < text_.size() && end - start < longest && !is_blank(text_[end]) && !is_quote(text_[end]) && text_[end] != '/';
         ++end)
      if (text_[end] == '@') sign = end;
    if (sign == View::npos || sign == start) return false;
    copy_to(start);
    mask_to(sign);
    return true;
  }

  bool hash() {
    for (const View start : hash_starts) {
      if (!text_.substr(at_).starts_with(start)) continue;
      copy_to(at_ + start.size());
      const auto end = value_end(text_, at_);
      if (end > at_) mask_to(end);
      return true;
    }
    return false;
  }

  View text_;
  std::string out_;
  std::size_t at_ = 0;
};

/// Whether the name that ends before `sign` ("=" or ":", perhaps behind a quote) asks for a look at what follows.
bool names_a_secret(View text, std::size_t sign) {
  auto end = sign;
  if (end > 0 && is_quote(text[end - 1])) --end;
  auto start = end;
  bool letters = false;  // "0000:01:00.0" has none, and no secret is named without
  for (; start > 0 && is_key_part(text[start - 1]); --start) letters = letters || text[start - 1] >= 'A';
  const auto name = text.substr(start, end - start);
  return letters && (name.ends_with("iscsi") || is_secret_key(name));
}

}  // namespace

bool may_hold_a_secret(View text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '@':  // "user:password@host"
        return true;
      case '-':  // "--password word"
        if (text.substr(at).starts_with("--")) return true;
        break;
      case ':':
      case '=':
        if (names_a_secret(text, at)) return true;
        break;
      case 'B':
      case 'g':
        if (std::ranges::any_of(hash_starts, [&](View start) { return text.substr(at).starts_with(start); })) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

bool is_secret_key(View key) {
  return any_word(key, [](View word) {
    return is_one_of(word, secret_words) || std::ranges::any_of(secret_ends, [word](View end) { return word.ends_with(end); });
  });
}

bool is_secret(View key, View value) {
  if (value.empty() || value == secret_mask || !is_secret_key(key)) return false;
  if (!names_a_place(value)) return true;
  return any_word(key, [](View word) {
    return !is_one_of(word, key_words) && (is_one_of(word, secret_words) ||
                                           std::ranges::any_of(secret_ends, [word](View end) { return word.ends_with(end); }));
  });
}

std::string shown_setting(View key, const std::optional<std::string>& value) {
  if (!value) return std::string(key);
  return std::string(key) + "=" + (is_secret(key, *value) ? std::string(secret_mask) : *value);
}

std::string mask_secrets(View text) { return may_hold_a_secret(text) ? Masker(text).run() : std::string(text); }

}  // namespace vfio_doctor
