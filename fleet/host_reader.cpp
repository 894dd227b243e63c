// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/host_reader.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "reports/bounds.hpp"

namespace vfio_doctor {

std::string_view to_text(HostFact fact) {
  switch (fact) {
    case HostFact::kernel:
      return "kernel";
    case HostFact::firmware:
      return "firmware";
    case HostFact::microcode:
      return "microcode";
    case HostFact::iommu:
      return "IOMMU";
    case HostFact::interrupt_remapping:
      return "interrupt remapping";
    case HostFact::interfaces:
      return "ways into VFIO";
  }
  return "";
}

namespace {

using Json = nlohmann::json;

constexpr std::size_t most_levels = 64;    // as for every JSON of others (base/bounded_json.hpp)
constexpr std::size_t most_checks = 64;    // of one host
constexpr std::size_t most_kinds = 4096;   // of devices of one host
constexpr std::size_t longest_name = 200;  // bytes
constexpr std::string_view of_devices = "about chosen devices, not about the whole host";

/// Where in a report the reader stands.
enum class In {
  elsewhere,
  document,
  source,
  host,
  firmware,
  interfaces,
  next_boot,
  lost,
  selection,
  findings,
  finding,
  devices,
  device
};

template <class Word, std::size_t count>
std::optional<Word> word_of(const std::array<Word, count>& words, const std::string& text) {
  for (const auto word : words)
    if (to_text(word) == text) return word;
  return std::nullopt;
}

void keep(const std::string& text, std::string& to) {
  to = text;
  cut_text(to, longest_name);
}

/// The finding that is being read; the members that count here.
struct SeenFinding {
  std::string id, status, subject, effect;
  bool accepted = false;
};

struct SeenDevice {
  std::string vendor, device, name, verdict;
};

class HostReader : public nlohmann::json_sax<Json> {
 public:
  explicit HostReader(ReadHost& host) : host_(host) {}

  /// After the whole text: why it is not taken.
  std::string refusal() {
    if (!why_.empty()) return why_;
    if (schema_ != "vfio-doctor/report/1")
      return schema_.empty() ? "not a vfio-doctor report" : "not a report: " + shown(schema_);
    if (source_kind_ == "guest" || source_kind_ == "evidence") return "about a guest, not about a host";
    if (!verdict_ || !has_findings_ || !has_devices_) return "not a whole report: verdict, findings or devices are missing";
    host_.verdict = *verdict_;
    for (auto* checks : {&host_.failing, &host_.unseen}) {
      std::ranges::sort(*checks);
      checks->erase(std::ranges::unique(*checks).begin(), checks->end());
    }
    return "";
  }

  bool string(string_t& text) override { return take_text(text); }
  bool key(string_t& name) override {
    if (here() != In::elsewhere) key_ = name;
    return true;
  }
  bool start_object(std::size_t) override { return open(object_inside()); }
  bool start_array(std::size_t) override { return open(array_inside()); }
  bool end_object() override {
    if (here() == In::finding) end_finding();
    if (here() == In::device) end_device();
    --level_;
    return true;
  }
  bool end_array() override {
    --level_;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    position_ = position;
    return refuse("not valid JSON");
  }
  bool boolean(bool) override { return plain(); }
  bool number_integer(number_integer_t) override { return plain(); }
  bool number_unsigned(number_unsigned_t) override { return plain(); }
  bool number_float(number_float_t, const string_t&) override { return plain(); }
  bool binary(binary_t&) override { return plain(); }
  bool null() override { return true; }

  std::size_t position() const { return position_; }

 private:
  static std::string shown(const std::string& text) { return std::string(first_columns(printable(text), 60)); }

  In here() const { return level_ == 0 ? In::elsewhere : levels_[level_ - 1]; }

  bool refuse(std::string why) {
    if (why_.empty()) why_ = std::move(why);
    return false;
  }

  bool open(In what) {
    if (level_ == most_levels) return refuse("not valid JSON: nested deeper than " + std::to_string(most_levels) + " levels");
    if (here() == In::selection) return refuse(std::string(of_devices));
    levels_[level_++] = what;
    return true;
  }

  In object_inside() {
    switch (here()) {
      case In::elsewhere:
        return level_ == 0 ? In::document : In::elsewhere;
      case In::document:
        return key_ == "host" ? In::host : key_ == "source" ? In::source : key_ == "next_boot" ? In::next_boot : In::elsewhere;
      case In::host:
        return key_ == "firmware" ? In::firmware : In::elsewhere;
      case In::findings:
        finding_ = {};
        return In::finding;
      case In::devices:
        device_ = {};
        return In::device;
      default:
        return In::elsewhere;
    }
  }

  In array_inside() {
    const auto in = here();
    if (in == In::document && key_ == "findings") {
      has_findings_ = true;
      return In::findings;
    }
    if (in == In::document && key_ == "devices") {
      has_devices_ = true;
      return In::devices;
    }
    if (in == In::document && key_ == "selection") return In::selection;
    if (in == In::host && key_ == "interfaces") {
      fact(HostFact::interfaces) = "none";
      return In::interfaces;
    }
    return in == In::next_boot && key_ == "lost" ? In::lost : In::elsewhere;
  }

  /// A value that is no text, where this reader wants none but in one place.
  bool plain() { return here() == In::selection ? refuse(std::string(of_devices)) : true; }

  bool take_text(const std::string& text) {
    switch (here()) {
      case In::document:
        return take_document(text);
      case In::source:
        if (key_ == "kind") keep(text, source_kind_);
        break;
      case In::host:
        take_host(text);
        break;
      case In::firmware:
        if (key_ == "version") keep(text, fact(HostFact::firmware));
        break;
      case In::interfaces:
        add_interface(text);
        break;
      case In::next_boot:
        return take_next_boot(text);
      case In::lost:
        if (host_.next_boot.lost.size() < bounds::next_arguments) keep(text, host_.next_boot.lost.emplace_back());
        break;
      case In::selection:
        return refuse(std::string(of_devices));
      case In::finding:
        take_finding(text);
        break;
      case In::device:
        take_device(text);
        break;
      case In::elsewhere:
      case In::findings:
      case In::devices:
        break;
    }
    return true;
  }

  bool take_document(const std::string& text) {
    static constexpr std::array verdicts{Verdict::ready, Verdict::not_ready, Verdict::undetermined};
    if (key_ == "schema") keep(text, schema_);
    if (key_ == "generated_at") keep(text, host_.generated_at);
    if (key_ != "verdict") return true;
    verdict_ = word_of(verdicts, text);
    return verdict_ ? true : refuse("no verdict: " + shown(text));
  }

  bool take_next_boot(const std::string& text) {
    static constexpr std::array verdicts{Verdict::ready, Verdict::not_ready, Verdict::undetermined};
    static constexpr std::array kinds{ArgumentsNext::kept, ArgumentsNext::lost, ArgumentsNext::unknown};
    auto& next = host_.next_boot;
    if (key_ == "reason") keep(text, next.reason);
    if (key_ == "verdict") next.verdict = word_of(verdicts, text).value_or(Verdict::undetermined);
    if (key_ == "arguments") next.arguments = word_of(kinds, text).value_or(ArgumentsNext::unknown);
    return true;
  }

  void take_host(const std::string& text) {
    if (key_ == "name") keep(text, host_.name);
    if (key_ == "id") keep(text, host_.id);
    if (key_ == "board") keep(text, host_.board);
    if (key_ == "kernel") keep(text, fact(HostFact::kernel));
    if (key_ == "microcode") keep(text, fact(HostFact::microcode));
    if (text == "unknown") return;  // what is not known stays empty
    if (key_ == "iommu") keep(text, fact(HostFact::iommu));
    if (key_ == "interrupt_remapping") keep(text, fact(HostFact::interrupt_remapping));
  }

  void add_interface(const std::string& text) {
    auto& all = fact(HostFact::interfaces);
    if (all.size() >= longest_name) return;
    all = all == "none" ? text : all + ", " + text;
    cut_text(all, longest_name);
  }

  void take_finding(const std::string& text) {
    if (key_ == "id") keep(text, finding_.id);
    if (key_ == "status") keep(text, finding_.status);
    if (key_ == "subject") keep(text, finding_.subject);
    if (key_ == "effect") keep(text, finding_.effect);
    if (key_ == "accepted") finding_.accepted = true;
  }

  void take_device(const std::string& text) {
    if (key_ == "vendor_id") keep(text, device_.vendor);
    if (key_ == "device_id") keep(text, device_.device);
    if (key_ == "name") keep(text, device_.name);
    if (key_ == "verdict") keep(text, device_.verdict);
  }

  void end_finding() {
    if (finding_.subject != "host" || finding_.accepted) return;
    const bool fails = finding_.status == "fail";
    const bool is_open = (finding_.status == "unknown" || finding_.status == "error") && finding_.effect == "blocked";
    auto& checks = fails ? host_.failing : host_.unseen;
    if ((fails || is_open) && checks.size() < most_checks) checks.push_back(finding_.id);
  }

  void end_device() {
    const bool alone = device_.verdict == "assignable";
    if (!alone && device_.verdict != "with-companions") return;
    const auto vendor = parse_unsigned(device_.vendor, 16), device = parse_unsigned(device_.device, 16);
    if (!vendor || !device || *vendor > 0xffff || *device > 0xffff) return;
    const auto id = static_cast<std::uint32_t>(*vendor << 16 | *device);
    auto given = std::ranges::find(host_.devices, id, &GivenDevices::id);
    if (given == host_.devices.end()) {
      if (host_.devices.size() == most_kinds) return;
      given = host_.devices.insert(given, {id, device_.name, 0, 0});
    }
    ++(alone ? given->alone : given->with_companions);
  }

  std::string& fact(HostFact which) { return host_.facts[static_cast<std::size_t>(which)]; }

  ReadHost& host_;
  std::array<In, most_levels> levels_{};
  std::size_t level_ = 0, position_ = 0;
  std::string key_, why_, schema_, source_kind_;
  std::optional<Verdict> verdict_;
  bool has_findings_ = false, has_devices_ = false;
  SeenFinding finding_;
  SeenDevice device_;
};

}  // namespace

std::string read_host(std::string_view text, ReadHost& host) {
  host = {};
  HostReader reader(host);
  Json::sax_parse(text.begin(), text.end(), &reader);
  auto why = reader.refusal();
  if (reader.position() > 0) why += ", line " + std::to_string(line_at(text, reader.position() - 1));
  return why;
}

}  // namespace vfio_doctor
