// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace vfio_doctor {

/// Lays a command's help out: what it does, how it is called, its options, its commands, examples. One line for each option, to be cut
/// to the terminal's width by wrap_help(). CLI11's own layout differs from version to version; from 2.5 on it breaks examples.
class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace vfio_doctor
