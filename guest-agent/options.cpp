// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.hpp"

#include <utility>

#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {

const char* const agent_usage =
    "vfio-guest-agent: did the devices that the host gave this guest arrive, and do they work?\n"
    "\n"
    "  vfio-guest-agent --expect FILE     compare with a manifest (\"-\" reads it from standard input)\n"
    "  vfio-guest-agent --inventory       list PCI and USB devices, as lspci -Dnnk and lsusb would\n"
    "\n"
    "  --format text|json   how to print (text)\n"
    "  --wait SECONDS       with --expect: look again until all is well or the time is up\n"
    "  --exercise           with --expect: make the devices work while it looks (read a block, bring a link up and\n"
    "                       down again, ask for a USB descriptor or a codec); says first what it will do\n"
    "  --dry-run            with --exercise: only say it\n"
    "  --root DIR           look at a directory that looks like / instead of this guest\n"
    "  -v, --verbose        show what each step rests on\n"
    "  --version, --help\n"
    "\n"
    "It only reads, unless --exercise is given, and never writes to a disk. On the host, `vfio-doctor manifest` writes the "
    "manifest.\n"
    "Exit code: 0 all is well, 1 something fails, 2 wrong usage or input, 3 not all of it could be seen.\n";

namespace {

constexpr unsigned longest_wait = 24 * 60 * 60;

class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& all) : all_(all) {}

  bool next() {
    if (at_ == all_.size()) return false;
    name_ = all_[at_++];
    value_.reset();
    const auto equals = name_.find('=');
    if (name_.starts_with("--") && equals != std::string::npos) {
      value_ = name_.substr(equals + 1);
      name_.resize(equals);
    }
    return true;
  }
  const std::string& name() const { return name_; }

  std::string value() {
    if (!value_ && at_ < all_.size()) value_ = all_[at_++];
    // An empty one is a script's unset variable.
    if (!value_ || value_->empty()) throw InputError(name_ + " needs a value");
    return *std::exchange(value_, std::nullopt);
  }
  void end_of_option() const {
    if (value_) throw InputError(name_ + " takes no value");
  }

 private:
  const std::vector<std::string>& all_;
  std::size_t at_ = 0;
  std::string name_;
  std::optional<std::string> value_;
};

AgentFormat parse_format(const std::string& text) {
  if (text == "text") return AgentFormat::text;
  if (text == "json") return AgentFormat::json;
  throw InputError("--format is text or json");
}

unsigned parse_wait(const std::string& text) {
  const auto seconds = parse_unsigned(text);
  if (!seconds || *seconds > longest_wait) throw InputError("--wait is a number of seconds, at most 86400");
  return static_cast<unsigned>(*seconds);
}

}  // namespace

AgentOptions parse_agent_options(const std::vector<std::string>& arguments) {
  AgentOptions options;
  bool inventory = false, expect = false, dry_run = false;
  Arguments given(arguments);
  while (given.next()) {
    const auto name = given.name();
    if (name == "--expect") {
      options.manifest = given.value();
      expect = true;
    } else if (name == "--format") {
      options.format = parse_format(given.value());
    } else if (name == "--root") {
      options.root = given.value();
    } else if (name == "--wait") {
      options.wait_seconds = parse_wait(given.value());
    } else if (name == "--inventory") {
      inventory = true;
    } else if (name == "--exercise") {
      options.exercise = Exercise::perform;
    } else if (name == "--dry-run") {
      dry_run = true;
    } else if (name == "-v" || name == "--verbose") {
      options.verbose = true;
    } else if (name == "--help" || name == "-h") {
      options.task = AgentTask::help;
      return options;
    } else if (name == "--version") {
      options.task = AgentTask::version;
      return options;
    } else {
      throw InputError("unknown argument; vfio-guest-agent --help lists what there is");
    }
    given.end_of_option();
  }
  if (inventory && expect) throw InputError("use either --expect or --inventory");
  if (options.exercise != Exercise::no && !expect)
    throw InputError("--exercise needs --expect: it touches only expected devices");
  if (dry_run && options.exercise == Exercise::no) throw InputError("--dry-run needs --exercise");
  if (dry_run) options.exercise = Exercise::announce;
  if (options.wait_seconds > 0 && !expect) throw InputError("--wait needs --expect");
  options.task = expect ? AgentTask::verify : AgentTask::inventory;
  return options;
}

}  // namespace vfio_doctor
