// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "facts/input_error.hpp"
#include "runner/write_file.hpp"

namespace vfio_doctor {
namespace {

bool use_color(ColorChoice choice) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(terminal && std::strcmp(terminal, "dumb") == 0);
}

unsigned terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void write_standard_output(const std::string& bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || std::fflush(stdout) != 0)
    throw InputError(std::string("standard output: ") + std::strerror(errno));
}

}  // namespace

TextStyle text_style_for(const Options& options, const std::string& output_file) {
  TextStyle style;
  style.verbosity = options.verbose || options.all ? Verbosity::verbose : options.brief ? Verbosity::brief : Verbosity::normal;
  const bool to_file = !output_file.empty() && output_file != "-";
  style.color = (to_file ? options.color == ColorChoice::always : use_color(options.color)) ? Color::on : Color::off;
  if (to_file) return style;
  style.columns = terminal_columns();
  return style;
}

void write_outputs(const Options& options, const std::string& default_format,
                   const std::function<std::string(const std::string&, const std::string&)>& render) {
  auto formats = options.formats;
  if (formats.empty()) formats.push_back(default_format);
  if (options.outputs.size() > formats.size()) throw InputError("more files (-o) than formats (--format) are named");
  if (formats.size() > options.outputs.size() + 1)
    throw InputError("only one format can go to standard output; name a file (-o) for each of the others");
  std::vector<std::pair<std::string, std::string>> rendered;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const std::string file = i < options.outputs.size() ? options.outputs[i] : "";
    rendered.emplace_back(file, render(formats[i], file));
  }
  for (const auto& [file, bytes] : rendered) write_output(file, bytes);
}

void write_output(const std::string& file, const std::string& bytes) {
  if (file.empty() || file == "-")
    write_standard_output(bytes);
  else
    write_file_atomically(file, bytes);
}

}  // namespace vfio_doctor
