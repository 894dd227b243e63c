// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "fleet/documents.hpp"
#include "fleet/fleet.hpp"
#include "reports/json.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/output.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

constexpr int deepest = 8;  // directories below the one that is named
constexpr std::size_t most_files = 2'000'000;

bool holds_reports(const fs::path& file) {
  const auto ending = file.extension();
  return ending == ".json" || ending == ".ndjson" || ending == ".jsonl";
}

/// Regular files below `directory` that hold reports by their name, in order. A link to a file is followed, one to a directory is
/// not; a directory that cannot be read is a skipped report.
void find_files(const fs::path& directory, int level, std::vector<std::string>& files, Fleet& fleet) {
  std::error_code problem;
  std::vector<fs::path> below;
  for (fs::directory_iterator each(directory, problem), end; !problem && each != end; each.increment(problem)) {
    std::error_code gone;
    if (each->is_directory(gone) && !each->is_symlink(gone)) {
      if (level < deepest) below.push_back(each->path());
    } else if (holds_reports(each->path()) && each->is_regular_file(gone) && files.size() < most_files) {
      files.push_back(each->path().string());
    }
  }
  if (problem) fleet.skip(directory.string(), problem.message());
  for (const auto& one : below) find_files(one, level + 1, files, fleet);
}

/// What a stream holds, one report at a time. One object alone is named after the file, others after their line.
class Stream {
 public:
  Stream(std::string name, Fleet& fleet)
      : name_(std::move(name)), fleet_(fleet), documents_(longest_report_json, [this](auto text, auto line, const auto& why) {
          const auto place = line == 1 ? name_ : name_ + ":" + std::to_string(line);
          if (why.empty())
            fleet_.add(text, place);
          else
            fleet_.skip(place, why);
          any_ = true;
        }) {}

  void read(const std::string& path) {
    read_input_pieces(path, [this](std::string_view piece) { documents_.feed(piece); });
    documents_.finish();
    if (!any_) fleet_.skip(name_, "empty");
  }

 private:
  std::string name_;
  Fleet& fleet_;
  Documents documents_;
  bool any_ = false;
};

void read_stream(const std::string& path, Fleet& fleet) { Stream(path == "-" ? "standard input" : path, fleet).read(path); }

void read_directory(const std::string& path, Fleet& fleet) {
  std::vector<std::string> files;
  find_files(path, 0, files, fleet);
  std::ranges::sort(files);
  for (const auto& file : files) try {
      read_stream(file, fleet);
    } catch (const UnreadableFile& error) {
      fleet.skip(file, error.why());
    }
}

/// Whether this is what `fail_on` calls a failure.
int exit_code_for(const FleetSummary& fleet, FailOn fail_on) {
  if (fail_on == FailOn::never) return 0;
  if (fleet.verdicts.not_ready > 0) return 1;
  if (fail_on == FailOn::warn && (!fleet.next_boot.empty() || fleet.outliers_total > 0)) return 1;
  return fleet.verdicts.undetermined > 0 || fleet.skipped_total > 0 ? 3 : 0;
}

}  // namespace

int run_fleet_command(const FleetOptions& options) {
  keep_from_harm(options.output);
  PreviousFleet previous;
  if (!options.since.empty()) previous = read_previous_fleet(read_input_file(options.since, longest_fleet_json), options.since);
  Fleet fleet;
  std::error_code problem;
  if (options.reports != "-" && fs::is_directory(options.reports, problem))
    read_directory(options.reports, fleet);
  else
    read_stream(options.reports, fleet);
  const auto summary = fleet.summary(options.since.empty() ? nullptr : &previous);
  if (summary.hosts == 0) {
    const auto& skipped = summary.skipped;
    throw InputError(options.reports + ": no report of a host in it" +
                     (skipped.empty() ? std::string(" (files that end in .json or .ndjson are read)")
                                      : "; " + skipped.front().place + ": " + skipped.front().why));
  }
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    return format == "json"       ? render_fleet_json(summary)
           : format == "html"     ? render_fleet_html(summary)
           : format == "markdown" ? render_fleet_markdown(summary)
                                  : render_fleet_text(summary, text_style_for(options.output, file));
  });
  return exit_code_for(summary, options.fail_on);
}

}  // namespace vfio_doctor
