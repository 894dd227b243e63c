// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asks the running kernel what it would let a virtual machine monitor do: detaches functions from their drivers,
// binds them to vfio-pci and walks the path that every such program walks: group, container, IOMMU, device.
// Everything is put back after each question. For virtual hosts only: it takes devices away from the host.
//
//     vfio-probe --held ADDRESS...     asks about these as they stand, and binds nothing
//     vfio-probe [--keep ADDRESS[,ADDRESS...]] [REPORT.json]
//     vfio-probe --hold ADDRESS   opens it like a guest, makes the file /run/held-ADDRESS and never ends
//
// Prints one JSON object per line: first {"functions": [...]}, what the kernel says is there, then one line per
// question. The report says which companions to test, without one it is all others of the group; a function in --keep, or in one group with it, is left alone.
// There are two ways in, groups and, where the kernel has no groups, the devices' own nodes with /dev/iommu.
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Addresses = std::vector<std::string>;

const fs::path devices_directory = "/sys/bus/pci/devices";

std::string read_text(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), {});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.pop_back();
  return text;
}

/// Writes to a sysfs attribute in one call; the kernel's answer as an errno, 0 where it took it.
int write_text(const fs::path& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int error = write(file, text.data(), text.size()) < 0 ? errno : 0;
  close(file);
  return error;
}

std::string link_name(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  return error ? "" : target.filename().string();
}

struct Function {
  std::string address, driver, group, id, class_code;
  unsigned header_type = 0;
  bool bridge_class() const { return class_code.starts_with("06"); }
};

std::string driver_of(const std::string& address) { return link_name(devices_directory / address / "driver"); }

Function read_function(const std::string& address) {
  const fs::path directory = devices_directory / address;
  Function function;
  function.address = address;
  function.driver = driver_of(address);
  function.group = link_name(directory / "iommu_group");
  function.id = read_text(directory / "vendor").substr(2) + ":" + read_text(directory / "device").substr(2);
  function.class_code = read_text(directory / "class").substr(2);
  std::ifstream config(directory / "config", std::ios::binary);
  char head[64] = {};
  config.read(head, sizeof head);
  function.header_type = static_cast<unsigned char>(head[0x0e]) & 0x7fu;
  return function;
}

std::vector<Function> read_functions() {
  std::vector<Function> functions;
  for (const auto& entry : fs::directory_iterator(devices_directory))
    functions.push_back(read_function(entry.path().filename().string()));
  std::sort(functions.begin(), functions.end(),
            [](const Function& left, const Function& right) { return left.address < right.address; });
  return functions;
}

/// A function taken from its driver for the time of one question.
struct Detached {
  Function function;
  std::string override_before;
  int bind_error = 0;  ///< what the kernel answered; vfio-pci's own refusal comes back through drivers_probe
  bool on_vfio = false;
};

void unbind(const std::string& address) {
  const std::string driver = driver_of(address);
  if (!driver.empty()) write_text(devices_directory / address / "driver" / "unbind", address);
}

/// Bridges that are companions are left without a driver (nobody hands them on); all else goes to vfio-pci.
enum class To { vfio, nobody };

Detached detach(const Function& function, To to) {
  Detached detached;
  detached.function = function;
  detached.override_before = read_text(devices_directory / function.address / "driver_override");
  if (to == To::vfio &&
      function.driver == "vfio-pci") {  // there already; taking it from one that has it open would wait for the end
    detached.on_vfio = true;
    return detached;
  }
  unbind(function.address);
  if (to == To::nobody) return detached;
  write_text(devices_directory / function.address / "driver_override", "vfio-pci\n");
  // "bind" rather than "drivers_probe": only "bind" hands on the errno of the driver's refusal.
  detached.bind_error = write_text("/sys/bus/pci/drivers/vfio-pci/bind", function.address);
  detached.on_vfio = driver_of(function.address) == "vfio-pci";
  return detached;
}

/// Puts a function back to the driver it had. False where it did not come back.
bool put_back(const Detached& detached) {
  const std::string& address = detached.function.address;
  const std::string& before = detached.override_before;
  if (detached.function.driver == "vfio-pci" && driver_of(address) == "vfio-pci") return true;
  unbind(address);
  write_text(devices_directory / address / "driver_override", (before == "(null)" ? "" : before) + "\n");
  if (!detached.function.driver.empty()) write_text("/sys/bus/pci/drivers_probe", address);
  return driver_of(address) == detached.function.driver;
}

struct Answer {
  bool accepted = false;
  std::string step = "done";  ///< where the kernel refused
  std::string error;
};

Answer refused(const std::string& step, int error) { return {false, step, std::strerror(error)}; }

// <linux/iommufd.h> and the newer part of <linux/vfio.h> (Linux 6.6), which older systems do not have.
struct BindIommufd {
  std::uint32_t argsz, flags;
  std::int32_t iommufd;
  std::uint32_t out_devid;
};
struct AllocateSpace {
  std::uint32_t size, flags, id;
};
struct AttachSpace {
  std::uint32_t argsz, flags, id;
};
constexpr unsigned long bind_iommufd = _IO(VFIO_TYPE, VFIO_BASE + 18);
constexpr unsigned long attach_space = _IO(VFIO_TYPE, VFIO_BASE + 19);
constexpr unsigned long allocate_space = _IO(VFIO_TYPE, 0x81);  // IOMMU_IOAS_ALLOC

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

/// The other walk: the device's own node is bound to /dev/iommu and its DMA attached to an address space there.
Answer walk_through_iommufd(const Function& function) {
  const fs::path nodes = devices_directory / function.address / "vfio-dev";
  std::error_code error;
  std::string name;
  for (const auto& entry : fs::directory_iterator(nodes, error)) name = entry.path().filename().string();
  if (name.empty()) return {false, "no-device-node", "VFIO made no node for the function"};
  File iommu(open("/dev/iommu", O_RDWR | O_CLOEXEC));
  if (!iommu) return refused("open-iommu", errno);
  File device(open(("/dev/vfio/devices/" + name).c_str(), O_RDWR | O_CLOEXEC));
  if (!device) return refused("open-device", errno);
  BindIommufd bind{sizeof bind, 0, iommu.get(), 0};
  if (ioctl(device.get(), bind_iommufd, &bind) < 0) return refused("bind-iommufd", errno);
  AllocateSpace space{sizeof space, 0, 0};
  if (ioctl(iommu.get(), allocate_space, &space) < 0) return refused("allocate-space", errno);
  AttachSpace attach{sizeof attach, 0, space.id};
  if (ioctl(device.get(), attach_space, &attach) < 0) return refused("attach-space", errno);
  vfio_device_info info{};
  info.argsz = sizeof info;
  if (ioctl(device.get(), VFIO_DEVICE_GET_INFO, &info) < 0) return refused("device-info", errno);
  return {true, "done", ""};
}

/// The walk through VFIO, as in the kernel's Documentation/driver-api/vfio.rst. The files close in the order device,
/// container, group: the group is the last to let go. What is `held` stays open for good.
Answer walk_through_vfio(const Function& function, bool hold = false) {
  if (fs::exists("/dev/vfio/devices") && !function.group.empty() && !fs::exists("/dev/vfio/" + function.group))
    return walk_through_iommufd(function);
  if (function.group.empty()) return {false, "no-group", "the function is in no IOMMU group"};
  File group(open(("/dev/vfio/" + function.group).c_str(), O_RDWR | O_CLOEXEC));
  if (!group) return refused("open-group", errno);
  vfio_group_status status{.argsz = sizeof status, .flags = 0};
  if (ioctl(group.get(), VFIO_GROUP_GET_STATUS, &status) < 0) return refused("group-status", errno);
  if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) return {false, "viable", "the group is not viable"};
  File container(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
  if (!container) return refused("open-container", errno);
  const int container_number = container.get();
  if (ioctl(group.get(), VFIO_GROUP_SET_CONTAINER, &container_number) < 0) return refused("set-container", errno);
  const bool second = ioctl(container.get(), VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) > 0;
  if (ioctl(container.get(), VFIO_SET_IOMMU, second ? VFIO_TYPE1v2_IOMMU : VFIO_TYPE1_IOMMU) < 0)
    return refused("set-iommu", errno);
  File device(ioctl(group.get(), VFIO_GROUP_GET_DEVICE_FD, function.address.c_str()));
  if (!device) return refused("device-fd", errno);
  vfio_device_info info{};
  info.argsz = sizeof info;
  if (ioctl(device.get(), VFIO_DEVICE_GET_INFO, &info) < 0) return refused("device-info", errno);
  if (hold) {
    std::ofstream("/run/held-" + function.address) << "held\n";
    for (;;) pause();
  }
  return {true, "done", ""};
}

/// As a guest would; ends only where the kernel refuses.
int hold(const std::string& address) {
  Function function = read_function(address);
  detach(function, To::vfio);
  const Answer answer = walk_through_vfio(function, true);
  std::fprintf(stderr, "vfio-probe: %s is not held: %s, %s\n", address.c_str(), answer.step.c_str(), answer.error.c_str());
  return 1;
}

class Prober {
 public:
  Prober(std::vector<Function> functions, std::set<std::string> keep) : functions_(std::move(functions)) {
    for (const Function& function : functions_) {
      by_address_[function.address] = &function;
      if (!function.group.empty()) groups_[function.group].push_back(function.address);
      if (keep.contains(function.address)) kept_groups_.insert(group_key(function));
    }
  }

  /// All questions about one function; `named` are the companions that the report named.
  void ask_about(const Function& function, const Addresses& named) {
    if (kept_groups_.contains(group_key(function))) return say_skipped(function, "the host in this test needs it");
    if (function.header_type != 0) return ask("bridge", function, {});
    if (function.bridge_class()) return say_skipped(function, "a bridge without the bridge header: not asked");
    ask("alone", function, {});
    const Addresses others = other_endpoints(function);
    if (!others.empty()) ask("whole-group", function, others);
    if (named.empty()) return;
    if (as_set(named) != as_set(others)) ask("named", function, named);
    for (const std::string& left_out : named) {
      Addresses rest = named;
      std::erase(rest, left_out);
      ask("without", function, rest, left_out);
    }
  }

  void list_functions() const {
    json list = json::array();
    for (const Function& function : functions_)
      list.push_back({{"address", function.address},
                      {"id", function.id},
                      {"class", function.class_code},
                      {"driver", function.driver},
                      {"group", function.group},
                      {"header_type", function.header_type}});
    say({{"functions", list}});
  }

  const std::vector<Function>& functions() const { return functions_; }

  /// The other endpoints, and bridges whose driver does not leave DMA to VFIO.
  Addresses all_that_could_hold(const Function& function) const {
    Addresses others = other_endpoints(function);
    const auto group = groups_.find(function.group);
    if (group == groups_.end()) return others;
    for (const std::string& address : group->second) {
      const Function& other = *by_address_.at(address);
      if (address != function.address && other.header_type != 0 && !other.driver.empty() && other.driver != "pcieport")
        others.push_back(address);
    }
    return others;
  }

  Addresses other_endpoints(const Function& function) const {
    Addresses others;
    const auto group = groups_.find(function.group);
    if (group == groups_.end()) return others;
    for (const std::string& address : group->second)
      if (address != function.address && by_address_.at(address)->header_type == 0) others.push_back(address);
    return others;
  }

 private:
  static std::set<std::string> as_set(const Addresses& list) { return {list.begin(), list.end()}; }
  static std::string group_key(const Function& function) {
    return function.group.empty() ? function.address : "group " + function.group;
  }

  static void say(const json& line) {
    std::puts(line.dump().c_str());
    std::fflush(stdout);
    std::fprintf(stderr, "vfio-probe: %s\n", line.dump().substr(0, 300).c_str());
  }

  static void say_skipped(const Function& function, const std::string& why) {
    say({{"address", function.address}, {"question", "skipped"}, {"why", why}});
  }

  /// What stays with a host driver in the function's group during a question.
  json left_in_place(const Function& function, const std::vector<Detached>& taken) const {
    json left = json::array();
    const auto group = groups_.find(function.group);
    if (group == groups_.end()) return left;
    for (const std::string& address : group->second) {
      const auto is_it = [&](const Detached& detached) { return detached.function.address == address; };
      const std::string driver = driver_of(address);
      if (std::none_of(taken.begin(), taken.end(), is_it) && !driver.empty())
        left.push_back({{"address", address}, {"driver", driver}});
    }
    return left;
  }

  void ask(const std::string& question, const Function& function, const Addresses& companions,
           const std::string& left_out = "") {
    std::vector<Detached> taken;
    for (const std::string& address : companions)
      if (const auto found = by_address_.find(address); found != by_address_.end())
        taken.push_back(detach(*found->second, found->second->bridge_class() ? To::nobody : To::vfio));
    taken.push_back(detach(function, To::vfio));
    const Detached& itself = taken.back();
    const Answer answer =
        itself.on_vfio ? walk_through_vfio(function) : refused("bind", itself.bind_error ? itself.bind_error : ENODEV);
    json line = {{"address", function.address},           {"question", question}, {"with", companions},
                 {"accepted", answer.accepted},           {"step", answer.step},  {"error", answer.error},
                 {"left", left_in_place(function, taken)}};
    if (!left_out.empty()) line["left_out"] = left_out;
    json not_back = json::array();
    for (auto detached = taken.rbegin(); detached != taken.rend(); ++detached)
      if (!put_back(*detached)) not_back.push_back(detached->function.address);
    if (!not_back.empty()) line["not_put_back"] = not_back;
    say(line);
  }

  const std::vector<Function> functions_;
  std::map<std::string, const Function*> by_address_;
  std::map<std::string, Addresses> groups_;
  std::set<std::string> kept_groups_;
};

std::map<std::string, Addresses> read_companions(const std::string& report_path) {
  std::map<std::string, Addresses> companions;
  std::ifstream stream(report_path);
  const json report = json::parse(stream, nullptr, false);
  if (!report.is_object() || !report.contains("devices")) return companions;
  for (const json& device : report["devices"])
    companions[device.value("address", "")] = device.value("companions", Addresses{});
  return companions;
}

/// Whether VFIO hands these functions out as they stand. The exit code: 1 where it does not.
int ask_held(int count, char** addresses) {
  int code = 0;
  for (int index = 0; index < count; ++index) {
    const std::string address = addresses[index];
    const Function function = read_function(address);
    const Answer answer =
        function.driver == "vfio-pci" ? walk_through_vfio(function) : Answer{false, "driver", function.driver};
    if (!answer.accepted) code = 1;
    const json line = {{"address", address}, {"accepted", answer.accepted}, {"step", answer.step}, {"error", answer.error}};
    std::puts(line.dump().c_str());
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "--held") return ask_held(argc - 2, argv + 2);
  mlockall(MCL_CURRENT | MCL_FUTURE);  // a question may take away the disk that this program was read from
  std::set<std::string> keep;
  std::string report_path;
  for (int index = 1; index < argc; ++index) {
    if (std::string(argv[index]) == "--hold" && index + 1 < argc) return hold(argv[index + 1]);
    if (std::string(argv[index]) == "--keep" && index + 1 < argc) {
      std::stringstream list(argv[++index]);
      for (std::string address; std::getline(list, address, ',');) keep.insert(address);
    } else {
      report_path = argv[index];
    }
  }
  const auto companions = read_companions(report_path);
  Prober prober(read_functions(), keep);
  prober.list_functions();
  for (const Function& function : prober.functions()) {
    const auto named = companions.find(function.address);
    prober.ask_about(function, report_path.empty()         ? prober.all_that_could_hold(function)
                               : named == companions.end() ? Addresses{}
                                                           : named->second);
  }
}
