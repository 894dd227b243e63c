// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/processes/processes.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_processes = 32'768;
constexpr std::size_t most_files = 300'000;  // of all processes together
constexpr std::size_t most_told = 1'000;

bool has_number(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) && parse_unsigned(text.substr(prefix.size())).has_value();
}

/// The nodes of VFIO (drivers/vfio/group.c, device_cdev.c), of NVIDIA's driver and of the DRM layer; not those that
/// belong to no device: /dev/vfio/vfio, /dev/nvidiactl.
bool is_wanted(std::string_view node) {
  return has_number(node, "/dev/vfio/") || has_number(node, "/dev/vfio/noiommu-") ||
         has_number(node, "/dev/vfio/devices/vfio") || has_number(node, "/dev/nvidia") || has_number(node, "/dev/dri/card") ||
         has_number(node, "/dev/dri/renderD");
}

/// Each NVIDIA card tells the number of its node: "Device Minor: \t 0" in /proc/driver/nvidia/gpus/ADDRESS/information.
std::map<std::string, PciAddress> nvidia_nodes(const Root& root) {
  std::map<std::string, PciAddress> nodes;
  const auto cards = root.list("/proc/driver/nvidia/gpus");
  if (!cards.has_value()) return nodes;
  for (const auto& card : cards.value()) {
    const auto address = PciAddress::parse(card);
    const auto text = root.read("/proc/driver/nvidia/gpus/" + card + "/information");
    if (!address || !text.has_value()) continue;
    for (const auto line : split_lines(text.value()))
      if (line.starts_with("Device Minor:"))
        if (const auto number = parse_unsigned(trim(line.substr(13))))
          nodes.emplace("/dev/nvidia" + std::to_string(*number), *address);
  }
  return nodes;
}

/// No driver has made a node that is_wanted(): nobody can have one open, and no process needs to be looked at. Of the running
/// kernel only, and where a class that every kernel has shows that these are all: a tree may hold /proc and not them.
bool has_no_nodes(const Root& root) {
  if (!root.is_live() || !root.kind("/sys/class/net").is(NodeKind::directory) || !root.kind("/proc/driver/nvidia").is_absent())
    return false;
  return std::ranges::all_of(std::array{"vfio", "vfio-dev", "drm"}, [&root](const char* name) {
    const auto nodes = root.list(std::string("/sys/class/") + name);
    return nodes.has_value() ? std::ranges::all_of(nodes.value(), [](const auto& node) { return node == "version"; })
                             : nodes.is_absent();
  });
}

class OpenDevices {
 public:
  explicit OpenDevices(const Root& root) : root_(root), searched_(root.beneath()) {}

  ProcessFacts gather() {
    if (has_no_nodes(root_)) {
      facts_.all_seen = true;
      return std::move(facts_);
    }
    const auto names = searched_.list("/proc");
    if (!names.has_value()) return {};
    std::vector<unsigned> processes;
    for (const auto& name : names.value())
      if (const auto number = parse_unsigned(name); number && *number <= 0x7fffffff)
        processes.push_back(static_cast<unsigned>(*number));
    std::ranges::sort(processes);
    facts_.all_seen = !processes.empty() && processes.size() <= most_processes;
    if (processes.size() > most_processes) processes.resize(most_processes);
    for (const auto process : processes) look_into(process);
    return std::move(facts_);
  }

  /// What recorded_processes() wrote; lines that are none of its are passed over.
  ProcessFacts recorded(std::string_view text) {
    const auto lines = split_lines(text);
    facts_.all_seen = !lines.empty() && lines.front() == "all seen";
    for (const auto line : lines) {
      const auto words = split_words(line);
      const auto number = words.size() < 2 ? std::nullopt : parse_unsigned(words[0]);
      if (!number || *number > 0x7fffffff || !is_wanted(words[1]) || facts_.open.size() >= most_told) continue;
      const auto behind = line.find(words[1]) + words[1].size();
      facts_.open.push_back({std::string(words[1]), static_cast<unsigned>(*number),
                             std::string(trim(line.substr(behind))).substr(0, 40), function_of(std::string(words[1]))});
    }
    return std::move(facts_);
  }

 private:
  void look_into(unsigned process) {
    const auto directory = "/proc/" + std::to_string(process) + "/fd";
    const auto files = searched_.list(directory);
    facts_.all_seen = facts_.all_seen && !files.is_unreadable();
    if (!files.has_value()) return;
    std::vector<std::string> seen;
    for (const auto& file : files.value()) {
      if (++files_ > most_files || facts_.open.size() >= most_told) {
        facts_.all_seen = false;
        return;
      }
      const auto node = searched_.read_link(directory + "/" + file);
      facts_.all_seen = facts_.all_seen && !node.is_unreadable();  // listing them needs less than seeing what they are
      if (!node.has_value() || !is_wanted(node.value()) || std::ranges::find(seen, node.value()) != seen.end()) continue;
      seen.push_back(node.value());
      const auto program = root_.read_line("/proc/" + std::to_string(process) + "/comm");
      facts_.open.push_back(
          {node.value(), process, program.has_value() ? program->substr(0, 40) : "", function_of(node.value())});
    }
  }

  std::optional<PciAddress> function_of(const std::string& node) {
    if (node.starts_with("/dev/dri/")) {
      const auto path = root_.canonical("/sys/class/drm/" + base_name(node) + "/device");
      return path.has_value() ? PciAddress::parse(base_name(path.value())) : std::nullopt;
    }
    if (!node.starts_with("/dev/nvidia")) return std::nullopt;
    if (!nvidia_) nvidia_ = nvidia_nodes(root_);
    const auto found = nvidia_->find(node);
    return found == nvidia_->end() ? std::nullopt : std::optional(found->second);
  }

  const Root& root_;
  const Root& searched_;
  std::optional<std::map<std::string, PciAddress>> nvidia_;
  std::size_t files_ = 0;
  ProcessFacts facts_;
};

}  // namespace

namespace {

/// "Max locked memory   65536   65536   bytes" (fs/proc/base.c proc_pid_limits()).
Observed<std::uint64_t> read_lockable_memory(const Root& root) {
  using Bytes = Observed<std::uint64_t>;
  constexpr unsigned ipc_lock = 14;  // CAP_IPC_LOCK: the limit does not count
  // Not recorded: a replay then has no limits either, which says the same.
  if (const auto status = root.beneath().read("/proc/self/status"); status.has_value())
    for (const auto line : split_lines(status.value()))
      if (line.starts_with("CapEff:"))
        if (const auto mask = parse_unsigned(trim(line.substr(7)), 16); mask && (*mask >> ipc_lock & 1) != 0)
          return Bytes::unreadable("the user of this program may lock more than the limit; what others may is not known");
  const auto limits = root.read("/proc/self/limits");
  if (!limits.has_value()) return Bytes::unreadable("/proc/self/limits: " + limits.why());
  for (const auto line : split_lines(limits.value())) {
    constexpr std::string_view name = "Max locked memory";
    if (!line.starts_with(name)) continue;
    const auto words = split_words(line.substr(name.size()));
    if (words.empty()) break;
    if (words[0] == "unlimited") return Bytes::absent();
    if (const auto bytes = parse_unsigned(words[0])) return *bytes;
  }
  return Bytes::unreadable("/proc/self/limits does not say it");
}

}  // namespace

ProcessFacts gather_processes(const Root& root) {
  const auto recorded = root.read(recorded_processes_path);
  auto facts = recorded.has_value() ? OpenDevices(root).recorded(recorded.value()) : OpenDevices(root).gather();
  facts.lockable_memory = read_lockable_memory(root);
  for (const auto* path : {"/usr/sbin/libvirtd", "/usr/sbin/virtqemud", "/usr/bin/pveversion", "/var/run/kubevirt"})
    facts.limits_set_by_manager = facts.limits_set_by_manager || root.exists(path);
  return facts;
}

std::string recorded_processes(const ProcessFacts& facts) {
  std::string text = facts.all_seen ? "all seen\n" : "not all seen\n";
  for (const auto& one : facts.open) text += std::to_string(one.process) + " " + one.node + " " + one.program + "\n";
  return text;
}

}  // namespace vfio_doctor
