// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "base/text.hpp"
#include "facts/guest/gather_parts.hpp"

namespace vfio_doctor {
namespace {

/// Words of drivers that gave up or are in trouble, in lower case. Sources: drivers/usb/host/xhci.c,
/// drivers/usb/core/hcd.c, drivers/nvme/host/{core,pci}.c, drivers/base/dd.c, drivers/pci/pci.c and setup-bus.c,
/// drivers/base/firmware_loader/main.c of Linux 6.x; the NVRM lines are NVIDIA's.
constexpr std::array<std::string_view, 22> troubles = {
    "failed with error",
    "assume dead",
    "host halt failed",
    "hc died",
    "controller is down",
    "device not ready; aborting",
    "identify controller failed",
    "removing after probe failure",
    "disabling device after reset failure",
    "i/o timeout",
    "timeout, aborting",
    "timeout, disable controller",
    "timeout, completion polled",
    "direct firmware load for",
    "failed to start",
    "rminitadapter failed",
    "fallen off the bus",
    "unable to change power state",
    "refused to change power state",
    "can't assign; no space",
    "init failed",
    "probe failed",
};
constexpr std::size_t most_kept = 8;

bool tells_of_trouble(std::string_view lower) {
  for (const auto words : troubles)
    if (lower.find(words) != std::string_view::npos) return true;
  return false;
}

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_' || c == '.';
}

/// `word` stands in `text` by itself: "nvme1" is not in "nvme10".
bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_word_character(text[at - 1])) && (end == text.size() || !is_word_character(text[end])))
      return true;
  }
  return false;
}

/// What the kernel calls a function in its messages: the address, and the names of what drivers made of it.
std::vector<std::string> names_of(const GuestFunction& function) {
  std::vector<std::string> names{function.address.text()};
  if (!function.children.has_value()) return names;
  for (const auto& child : function.children.value())
    if (child.kind != GuestChild::Kind::sound && child.kind != GuestChild::Kind::display)
      names.push_back(to_lower(child.name));
  return names;
}

/// A driver that gives up takes its names with it. "nvme nvme0: pci function 0000:01:00.0" still tells whose
/// the name was.
void add_lost_names(std::string_view line, const std::string& address, std::vector<std::string>& names) {
  const auto words = split_words(line);
  for (std::size_t i = 0; i + 3 < words.size(); ++i)
    if (words[i].starts_with("nvme") && words[i].ends_with(':') && words[i + 1] == "pci" &&
        words[i + 2] == "function" && words[i + 3] == address)
      names.emplace_back(words[i].substr(0, words[i].size() - 1));
}

}  // namespace

void gather_log_errors(const Root& root, GuestView& view) {
  const auto log = root.kernel_log();
  using Lines = std::vector<std::string>;
  if (!log.has_value()) {
    view.notes.push_back("The kernel log could not be read (" + log.why() + "); root in the guest can see it.");
    for (auto& function : view.functions.value()) function.log_errors = Observed<Lines>::like(log);
    return;
  }
  std::vector<std::pair<std::string, std::string_view>> lines;  // lower case, as it was
  for (const auto line : split_lines(log.value()))
    if (line.size() < 2000) {
      auto lower = to_lower(line);
      if (tells_of_trouble(lower) || lower.find("pci function") != std::string::npos)
        lines.emplace_back(std::move(lower), line);
    }
  for (auto& function : view.functions.value()) {
    Lines errors;
    auto names = names_of(function);
    for (const auto& [lower, line] : lines) {
      add_lost_names(lower, names.front(), names);
      bool about_it = false;
      for (const auto& name : names) about_it = about_it || has_word(lower, name);
      if (about_it && tells_of_trouble(lower) && errors.size() < most_kept) errors.emplace_back(line);
    }
    function.log_errors = std::move(errors);
  }
}

}  // namespace vfio_doctor
