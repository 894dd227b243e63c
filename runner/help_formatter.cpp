// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/help_formatter.hpp"

#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t columns = 80, description_column = 28;

/// A name that reaches into the descriptions' column has a line of its own.
std::string laid_out(const std::string& name, const std::string& description) {
  std::string text = "  " + name;
  const bool fits = text.size() + 2 <= description_column;
  text = fits ? padded(text, description_column) : text + "\n" + std::string(description_column, ' ');
  const auto lines = wrap(description, columns - description_column, columns - description_column);
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n" + std::string(description_column, ' ')) + lines[i];
  return text + "\n";
}

}  // namespace

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return laid_out(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return laid_out(command->get_name(), command->get_description());
}

}  // namespace vfio_doctor
