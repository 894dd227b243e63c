// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/platform/kernel_arguments.hpp"

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// The kernel's isspace(): the C locale's blanks and the no-break space of Latin 1.
bool is_kernel_blank(char c) { return is_white_space(c) || c == '\xa0'; }

/// One word of the line, without the quote around the whole word: lib/cmdline.c next_arg().
KernelArgument split_word(std::string_view word, bool quoted, std::size_t equals) {
  if (quoted && word.ends_with('"')) word.remove_suffix(1);
  if (equals == 0 || equals >= word.size()) return {std::string(word), std::nullopt};
  auto value = word.substr(equals + 1);
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    if (value.ends_with('"')) value.remove_suffix(1);
  }
  return {std::string(word.substr(0, equals)), std::string(value)};
}

bool same_name(std::string_view one, std::string_view other) {
  return normalize_module_name(one) == normalize_module_name(other);
}

}  // namespace

KernelArguments KernelArguments::parse(std::string_view line) {
  KernelArguments parsed;
  line = line.substr(0, line.find('\0'));  // the kernel's line is a C string
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && is_kernel_blank(line[at])) ++at;
    if (at == line.size()) return parsed;
    const bool quoted = line[at] == '"';
    if (quoted) ++at;
    bool in_quote = quoted;
    std::size_t equals = 0;  // as in the kernel, a '=' in front is part of the name
    const auto start = at;
    for (; at < line.size() && (in_quote || !is_kernel_blank(line[at])); ++at) {
      if (line[at] == '=' && equals == 0) equals = at - start;
      if (line[at] == '"') in_quote = !in_quote;
    }
    auto argument = split_word(line.substr(start, at - start), quoted, equals);
    if (!argument.value && argument.name == "--") return parsed;
    parsed.arguments_.push_back(std::move(argument));
  }
}

bool KernelArguments::contains(const KernelArgument& argument) const {
  for (const auto& own : arguments_)
    if (same_name(own.name, argument.name) && own.value == argument.value) return true;
  return false;
}

const KernelArgument* KernelArguments::last(std::string_view name) const {
  for (auto own = arguments_.rbegin(); own != arguments_.rend(); ++own)
    if (same_name(own->name, name)) return &*own;
  return nullptr;
}

std::vector<std::string> KernelArguments::options(std::string_view name) const {
  std::vector<std::string> options;
  for (const auto& own : arguments_) {
    if (!own.value || !same_name(own.name, name)) continue;
    for (const auto option : split(*own.value, ','))
      if (!option.empty()) options.emplace_back(option);
  }
  return options;
}

}  // namespace vfio_doctor
