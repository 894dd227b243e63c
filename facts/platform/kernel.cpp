// SPDX-License-Identifier: GPL-2.0-or-later
#include <zlib.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>

#include "base/text.hpp"
#include "facts/platform/kernel_options.hpp"
#include "facts/platform/platform.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_config_bytes = 4 << 20;

/// The content of a gzip file; unreadable on broken or oversized data.
Observed<std::string> gunzip(const std::string& packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return Observed<std::string>::unreadable("zlib failed");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string content;
  std::array<char, 65536> buffer{};
  int result = Z_OK;
  while (result == Z_OK && content.size() <= most_config_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    result = inflate(&stream, Z_NO_FLUSH);
    content.append(buffer.data(), buffer.size() - stream.avail_out);
    if (stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return Observed<std::string>::unreadable("not a complete gzip file");
  return content;
}

std::map<std::string, std::string> parse_config(const std::string& text) {
  std::map<std::string, std::string> options;
  for (auto line : split_lines(text)) {
    if (!line.starts_with("CONFIG_")) continue;  // "# CONFIG_X is not set" counts as not set
    line.remove_prefix(7);
    const auto equals = line.find('=');
    if (equals == line.npos || !is_wanted_kernel_option(line.substr(0, equals))) continue;
    options.emplace(line.substr(0, equals), trim(line.substr(equals + 1)));
  }
  return options;
}

void gather_config(const Root& root, Kernel& kernel) {
  using Options = std::map<std::string, std::string>;
  std::vector<std::string> files;
  if (const auto* release = kernel.release.get())
    if (release->find('/') == release->npos)
      files = {"/boot/config-" + *release, "/lib/modules/" + *release + "/config", "/usr/lib/modules/" + *release + "/config",
               "/usr/lib/ostree-boot/config-" + *release};
  kernel.config = Observed<Options>::absent();
  for (const auto& file : files) {
    const auto text = root.read(file, most_config_bytes);
    if (text.is_unreadable()) kernel.config = Observed<Options>::unreadable(file + ": " + text.why());
    if (!text.has_value()) continue;
    kernel.config = parse_config(text.value());
    kernel.config_source = file;
    return;
  }
  const auto packed = root.read("/proc/config.gz", most_config_bytes);
  if (!packed.has_value()) return;
  const auto text = gunzip(packed.value());
  kernel.config = text.has_value() ? Observed<Options>(parse_config(text.value())) : Observed<Options>::like(text);
  kernel.config_source = "/proc/config.gz";
}

/// "<6>[    0.123456] DMAR: x" and "[    0.1] DMAR: x" -> "DMAR: x".
std::string_view without_stamp(std::string_view line) {
  for (const auto& [open, close] : {std::pair{'<', '>'}, std::pair{'[', ']'}}) {
    const auto end = line.find(close);
    if (line.empty() || line.front() != open || end == line.npos || end > 40) continue;
    line = trim(line.substr(end + 1));
  }
  return line;
}

bool matters(std::string_view message) {
  // clang-format off
  static constexpr std::array<std::string_view, 15> marks = {
      "DMAR", "AMD-Vi", "iommu", "IOMMU", "vfio", "IVRS", "Unknown kernel command line", "x2apic", "VMX",
      "ACS overrides enabled", "SMMU", "smmu", "disabled by bios", "disabled (by BIOS)", "Hypervisor detected"};
  // clang-format on
  return std::ranges::any_of(marks, [message](auto mark) { return message.find(mark) != message.npos; });
}

/// Troubles of single devices and refusals, as the kernel words them (drivers/pci/{pci,probe,iov,setup-res}.c, drivers/vfio,
/// drivers/iommu, audit; drivers/gpu/drm/i915/gt/uc/intel_guc_submission.c; drivers/net/ethernet/intel/{i40e,ice}: virtual functions
/// that are not trusted). Ordinary lines of a boot are not among them.
bool is_about_a_device(std::string_view message) {
  // clang-format off
  static constexpr std::array<std::string_view, 25> marks = {
      "can't reserve", "not ready", "D3cold",       "D3hot",          "stuck in D3",  "giving up",          "SR-IOV",       "MMIO resources",
      "no space",      "AER:",      "PAGE_FAULT",   "fault addr",     "NVRM",         "failed with error",  "RLIMIT_MEMLOCK", "Invalid PCI ROM",
      "DENIED",        "avc:  denied", "SNP",       "reset method",   "vfio",         "tdx", "TLB invalidation response",
      "is not trusted", "administratively set MAC"};
  // clang-format on
  return std::ranges::any_of(marks, [message](auto mark) { return message.find(mark) != message.npos; });
}

void gather_log(const Root& root, Kernel& kernel) {
  constexpr std::size_t most_messages = 20'000, most_device_messages = 4'000;
  using Messages = std::vector<std::string>;
  const auto log = root.kernel_log();
  if (!log.has_value()) {
    kernel.log = kernel.device_log = Observed<Messages>::like(log);
    return;
  }
  Messages messages;
  std::deque<std::string> device_messages;
  for (const auto line : split_lines(log.value())) {
    const auto message = without_stamp(line);
    if (matters(message) && messages.size() < most_messages) messages.emplace_back(message.substr(0, 400));
    if (!is_about_a_device(message)) continue;
    device_messages.emplace_back(message.substr(0, 400));
    if (device_messages.size() > most_device_messages) device_messages.pop_front();  // what is going on now counts
  }
  kernel.log = std::move(messages);
  kernel.device_log =
      Messages(std::make_move_iterator(device_messages.begin()), std::make_move_iterator(device_messages.end()));
}

Observed<KernelVersion> parse_version(const Observed<std::string>& release) {
  if (!release.has_value()) return Observed<KernelVersion>::like(release);
  const auto parts = split(release.value(), '.');
  if (parts.size() >= 2) {
    const auto minor_digits = parts[1].substr(0, parts[1].find_first_not_of("0123456789"));
    const auto major = parse_unsigned(parts[0]);
    const auto minor = parse_unsigned(minor_digits);
    if (major && minor && *major < 1000 && *minor < 10000)
      return KernelVersion{static_cast<int>(*major), static_cast<int>(*minor)};
  }
  return Observed<KernelVersion>::unreadable("'" + release.value().substr(0, 60) + "' is no kernel version");
}

}  // namespace

Kernel gather_kernel(const Root& root) {
  Kernel kernel;
  kernel.release = root.read_line("/proc/sys/kernel/osrelease");
  if (!kernel.release.has_value()) {  // "Linux version 6.1.0-18-amd64 (...)"
    const auto version = root.read_line("/proc/version");
    if (version.has_value() && split_words(version.value()).size() > 2)
      kernel.release = std::string(split_words(version.value())[2]);
  }
  kernel.version = parse_version(kernel.release);
  const auto line = root.read("/proc/cmdline", 64 << 10);
  kernel.arguments = line.has_value() ? Observed<KernelArguments>(KernelArguments::parse(trim(line.value())))
                                      : Observed<KernelArguments>::like(line);
  gather_config(root, kernel);
  gather_log(root, kernel);
  return kernel;
}

}  // namespace vfio_doctor
