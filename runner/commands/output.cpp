// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/output.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <utility>

#include "base/input_error.hpp"
#include "base/process/sandbox.hpp"
#include "base/terminal.hpp"
#include "base/write_file.hpp"
#include "runner/commands/help_text.hpp"

namespace vfio_doctor {
namespace {

void write_standard_output(const std::string& bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || std::fflush(stdout) != 0)
    throw InputError(std::string("standard output: ") + std::strerror(errno));
}

}  // namespace

bool is_terminal(const std::string& output_file) {
  return (output_file.empty() || output_file == "-") && ::isatty(STDOUT_FILENO) == 1;
}

std::string fitted(const std::string& text, const std::string& output_file) {
  return is_terminal(output_file) ? wrap_help(text, terminal_columns()) : text;
}

TextStyle text_style_for(const OutputOptions& options, const std::string& output_file) {
  TextStyle style;
  style.verbosity = options.verbosity;
  const bool to_file = !output_file.empty() && output_file != "-";
  style.color = (to_file ? options.color == ColorChoice::always : use_color(options.color)) ? Color::on : Color::off;
  if (to_file) return style;
  style.columns = terminal_columns();
  return style;
}

void keep_from_harm(const OutputOptions& options) {
  const bool to_files = std::ranges::any_of(options.outputs, [](const std::string& file) { return file != "-"; });
  static bool done = false;
  if (std::exchange(done, true)) return;
  spdlog::info("sandbox: {}", enter_sandbox(to_files ? Writes::files : Writes::nothing));
}

void write_outputs(const OutputOptions& options, const std::string& default_format,
                   const std::function<std::string(const std::string&, const std::string&)>& render) {
  auto formats = options.formats;
  if (formats.empty()) formats.push_back(default_format);
  if (options.outputs.size() > formats.size()) throw InputError("more files (-o) than formats (--format) are named");
  if (formats.size() > options.outputs.size() + 1)
    throw InputError("only one format can go to standard output; name a file (-o) for each of the others");
  for (auto file = options.outputs.begin(); file != options.outputs.end(); ++file)
    if (std::find(options.outputs.begin(), file, *file) != file) throw InputError(*file + ": is named for two formats (-o)");
  std::vector<std::pair<std::string, std::string>> rendered;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const std::string file = i < options.outputs.size() ? options.outputs[i] : "";
    rendered.emplace_back(file, render(formats[i], file));
  }
  for (const auto& [file, bytes] : rendered) write_output(file, bytes);
}

void write_output(const std::string& file, const std::string& bytes, FileAccess access) {
  if (file.empty() || file == "-")
    write_standard_output(bytes);
  else
    write_file(file, bytes, access);
}

}  // namespace vfio_doctor
