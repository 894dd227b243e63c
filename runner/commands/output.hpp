// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "base/write_file.hpp"
#include "reports/text.hpp"
#include "runner/commands/options.hpp"

namespace vfio_doctor {

/// Whether what is written to this file (empty: standard output) is read by a person on a terminal.
bool is_terminal(const std::string& output_file);

/// A list as it is, or on a terminal broken to its width: what a program reads stays one line each.
std::string fitted(const std::string& text, const std::string& output_file);

/// How text for standard output is laid out: colour and width of a terminal, plain and 80 columns wide elsewhere.
TextStyle text_style_for(const OutputOptions& options, const std::string& output_file);

/// What is left to write when everything has been read: call this when no other program is to be started any more, and
/// before what others wrote is parsed where that can be.
void keep_from_harm(const OutputOptions& options);

/// Writes each asked-for format to where it belongs; `render` makes the bytes for a format and a file name (empty:
/// standard output). Everything is rendered before anything is written. Throws InputError where a file cannot be
/// written or the formats and files do not go together.
void write_outputs(const OutputOptions& options, const std::string& default_format,
                   const std::function<std::string(const std::string& format, const std::string& file)>& render);

/// Writes to a file, see write_file(); "-" and nothing are standard output.
void write_output(const std::string& file, const std::string& bytes, FileAccess access = FileAccess::as_usual);

}  // namespace vfio_doctor
