// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/finding.hpp"

#include <utility>

namespace vfio_doctor {
namespace {

/// Fills one list of commands in; what they share for all devices is added to `form`.
void fill_in(const std::string& device, std::vector<std::string>& commands, std::string& form) {
  static constexpr std::string_view place = "{device}";
  for (auto& command : commands) {
    form += command + '\n';
    for (auto at = command.find(place); at != command.npos; at = command.find(place, at + device.size()))
      command.replace(at, place.size(), device);
  }
}

}  // namespace

Remedy remedy_for(const PciAddress& device, Remedy words) {
  words.device = device.text();
  words.form.clear();
  fill_in(words.device, words.commands, words.form);
  words.form += '\n';  // what is done ends here, the way back begins
  fill_in(words.device, words.undo, words.form);
  return words;
}

void Finding::say(Sentence sentence) {
  summary = std::move(sentence.text);
  names = std::move(sentence.names);
}

std::string_view to_text(Status status) {
  switch (status) {
    case Status::pass:
      return "pass";
    case Status::warn:
      return "warn";
    case Status::fail:
      return "fail";
    case Status::unknown:
      return "unknown";
    case Status::not_applicable:
      return "not-applicable";
    case Status::error:
      return "error";
  }
  return "error";
}

std::string_view to_text(Effect effect) {
  switch (effect) {
    case Effect::none:
      return "none";
    case Effect::blocked:
      return "blocked";
    case Effect::protects:
      return "protected";
    case Effect::unsuitable:
      return "unsuitable";
  }
  return "none";
}

}  // namespace vfio_doctor
