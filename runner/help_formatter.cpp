// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/help_formatter.hpp"

#include <string_view>

namespace vfio_doctor {
namespace {

constexpr std::size_t second_column = 30;

bool takes_many(const CLI::Option& option) { return option.get_expected_max() >= CLI::detail::expected_max_vector_size; }

/// "  -o,--output FILE ...        Write to a file"
std::string row(const std::string& left, const std::string& meaning) {
  std::string line = "  " + left;
  if (meaning.empty()) return line + "\n";
  if (line.size() < second_column)
    line.resize(second_column, ' ');
  else
    line += "\n" + std::string(second_column, ' ');
  return line + meaning + "\n";
}

std::string row_of(const CLI::Option& option) {
  auto left = option.get_name(option.get_positional(), !option.get_positional());
  if (!option.get_positional() && option.get_type_size() != 0 && !option.get_type_name().empty())
    left += " " + option.get_type_name();
  if (option.get_type_size() != 0 && takes_many(option)) left += " ...";
  return row(left, option.get_description());
}

/// "ID", "[SEL...]", "FILE FILE"
std::string place_of(const CLI::Option& positional) {
  auto place = positional.get_name(true);
  if (takes_many(positional))
    place += "...";
  else if (positional.get_expected_max() > 1 && positional.get_expected_max() > positional.get_expected_min())
    place += "...";
  else
    for (int more = 1; more < positional.get_expected_max(); ++more) place += " " + positional.get_name(true);
  return positional.get_required() ? place : "[" + place + "]";
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string line = "Usage: " + name;
  if (!app.get_options([](const CLI::Option* option) { return option->nonpositional(); }).empty()) line += " [OPTIONS]";
  for (const auto* positional : app.get_options([](const CLI::Option* option) { return option->get_positional(); }))
    line += " " + place_of(*positional);
  if (!app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); }).empty())
    line += " [SUBCOMMAND]";
  return line + "\n";
}

std::string section(std::string_view heading, const std::string& rows) {
  return rows.empty() ? std::string() : "\n" + std::string(heading) + ":\n" + rows;
}

/// Options without a group are not shown; --help is one of the whole, not of a part.
std::string option_rows(const CLI::App& app) {
  std::string rows;
  const auto* const own_help = app.get_name().empty() ? app.get_help_ptr() : nullptr;
  for (const auto* option :
       app.get_options([](const CLI::Option* one) { return one->nonpositional() && !one->get_group().empty(); }))
    if (option != own_help) rows += row_of(*option);
  return rows;
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const {
  std::string positionals, commands, groups;
  for (const auto* option : app->get_options([](const CLI::Option* one) { return one->get_positional(); }))
    positionals += row_of(*option);
  for (const auto* below : app->get_subcommands([](const CLI::App*) { return true; }))
    if (!below->get_name().empty())
      commands += row(below->get_name(), below->get_description());
    else
      groups += section(below->get_group(), option_rows(*below));
  return app->get_description() + "\n" + usage(*app, name) + section("Positionals", positionals) +
         section("Options", option_rows(*app)) + groups + section("Subcommands", commands) + "\n" + app->get_footer() + "\n";
}

}  // namespace vfio_doctor
