// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <io.h>
#include <windows.h>
// After windows.h, whose types it uses.
#include <shellapi.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/input_error.hpp"
#include "base/printable.hpp"
#include "base/version.hpp"
#include "devices.hpp"
#include "facts/evidence/evidence.hpp"
#include "facts/guest/manifest.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/json.hpp"
#include "wide_text.hpp"

namespace vfio_doctor {
namespace {

constexpr const char* usage =
    "vfio-guest-agent: did the devices that the host gave this guest arrive, and do they work?\n"
    "\n"
    "  vfio-guest-agent --expect FILE     compare with a manifest (\"-\" reads it from standard input)\n"
    "  vfio-guest-agent --inventory       list PCI and USB devices, as JSON\n"
    "\n"
    "  --format text|json   how to print the comparison (text)\n"
    "  --devices FILE       judge what --inventory wrote, here or elsewhere, instead of this guest\n"
    "  -v, --verbose        show what each step rests on\n"
    "  --version, --help\n"
    "\n"
    "It only reads. On the host, `vfio-doctor manifest` writes the manifest.\n"
    "Exit code: 0 all is well, 1 something fails, 2 wrong usage or input, 3 not all of it could be seen.\n";

struct Options {
  enum class Task { help, version, inventory, verify } task = Task::inventory;
  std::string manifest, devices;
  bool json = false, verbose = false;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string read_all(const std::string& name, std::size_t limit) {
  std::unique_ptr<std::FILE, CloseFile> opened;
  std::FILE* file = stdin;
  if (name != "-") {
    opened.reset(::_wfopen(to_wide(name).c_str(), L"rb"));
    if (!opened) throw InputError(name + ": cannot be opened");
    file = opened.get();
  }
  std::string text;
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
    text.append(buffer, count);
    if (text.size() > limit) throw InputError(name + ": too long");
  }
  if (std::ferror(file)) throw InputError(name + ": cannot be read");
  return text;
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw InputError("standard output: cannot write");
}

std::string value_of(const std::vector<std::string>& arguments, std::size_t& at) {
  const auto& name = arguments[at];
  if (++at >= arguments.size() || arguments[at].empty()) throw InputError(name + " needs a value");
  return arguments[at];
}

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  bool inventory = false;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const auto name = arguments[at];
    if (name == "--help" || name == "-h")
      options.task = Options::Task::help;
    else if (name == "--version")
      options.task = Options::Task::version;
    else if (name == "--inventory")
      inventory = true;
    else if (name == "--expect")
      options.manifest = value_of(arguments, at);
    else if (name == "--devices")
      options.devices = value_of(arguments, at);
    else if (name == "-v" || name == "--verbose")
      options.verbose = true;
    else if (name == "--format") {
      const auto format = value_of(arguments, at);
      if (format != "text" && format != "json") throw InputError("--format is text or json");
      options.json = format == "json";
    } else
      throw InputError("unknown argument; vfio-guest-agent --help lists what there is");
  }
  if (inventory && !options.manifest.empty()) throw InputError("use either --expect or --inventory");
  if (options.task == Options::Task::inventory && !options.manifest.empty()) options.task = Options::Task::verify;
  return options;
}

/// What is here, or what was recorded: both come through the same reader.
GuestView look(const Options& options) {
  const bool is_here = options.devices.empty();
  auto view = read_evidence({{is_here ? "this guest" : options.devices,
                              is_here ? devices_json() : read_all(options.devices, EvidenceFile::most_bytes)}});
  if (!is_here) return view;
  view.name = computer_name();
  view.kernel = windows_version();
  view.notes.clear();
  view.functions_complete = true;  // SetupAPI lists all that is present
  return view;
}

int verify(const Options& options) {
  const auto manifest = parse_manifest(read_all(options.manifest, Manifest::most_bytes),
                                       options.manifest == "-" ? "standard input" : options.manifest);
  const auto view = look(options);
  const auto judgement = judge_guest(manifest, view);
  auto report = guest_report(judgement, view, "guest", view.name);
  report.tool = {"vfio-guest-agent", program_version};
  report.generated_at = time_of_report();
  TextStyle style;
  style.verbosity = options.verbose ? Verbosity::verbose : Verbosity::normal;
  print(options.json ? render_json(report) : render_guest_text(report, style));
  return exit_code(report.verdict);
}

int run(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  switch (options.task) {
    case Options::Task::help:
      print(usage);
      return 0;
    case Options::Task::version:
      print(std::string("vfio-guest-agent ") + program_version + "\n");
      return 0;
    case Options::Task::inventory:
      print(options.devices.empty() ? devices_json() : read_all(options.devices, EvidenceFile::most_bytes));
      return 0;
    case Options::Task::verify:
      break;
  }
  return verify(options);
}

std::vector<std::string> arguments_here() {
  std::vector<std::string> arguments;
  int count = 0;
  wchar_t** words = ::CommandLineToArgvW(::GetCommandLineW(), &count);
  for (int at = 1; words && at < count; ++at) arguments.push_back(to_utf8(words[at]));
  ::LocalFree(words);
  return arguments;
}

}  // namespace
}  // namespace vfio_doctor

int main() {
  try {
    for (auto* stream : {stdin, stdout}) ::_setmode(::_fileno(stream), _O_BINARY);
    return vfio_doctor::run(vfio_doctor::arguments_here());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vfio-guest-agent: %s\n", vfio_doctor::printable(error.what()).c_str());
    return 2;
  }
}
