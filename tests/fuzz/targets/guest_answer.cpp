// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the agent in a guest says, as it comes over ssh, against a manifest of two devices: its exit code (the first byte) and
// its report. "Ready" must rest on proof, and the report that verify makes of it must be one.
#include <algorithm>
#include <cstdint>
#include <span>

#include "base/input_error.hpp"
#include "checks/guest/ladder.hpp"
#include "fuzz/target.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/json.hpp"
#include "runner/guest/verify.hpp"

namespace vfio_doctor {
namespace {

const std::string* said = nullptr;

ProcessResult ssh(const ProcessRequest&) {
  ProcessResult result;
  result.end = ProcessResult::End::exited;
  result.exit_code = said->empty() ? 0 : static_cast<unsigned char>(said->front());
  result.output = said->empty() ? "" : said->substr(1);
  result.errors = result.output;
  return result;
}

Manifest two_devices() {
  Manifest manifest;
  manifest.domain = "guest";
  ExpectedDevice drive, set_aside;
  drive.label = "a drive";
  drive.id.vendor = std::uint16_t{0x1234};
  drive.id.device = std::uint16_t{0};
  drive.host_address = PciAddress::parse("0000:01:00.0");
  drive.guest_path = SlotChain::parse("02.1/00.0");
  set_aside = drive;
  set_aside.label = "a card without a driver";
  set_aside.host_address.reset();
  set_aside.guest_path.reset();
  set_aside.expect_driver = false;
  manifest.devices = {drive, set_aside};
  return manifest;
}

void require_proof(std::span<const Finding> rungs, const ExpectedDevice& device) {
  const auto status = [&rungs](Rung rung) { return rungs[static_cast<std::size_t>(rung)].status; };
  require(status(Rung::present) == Status::pass, "ready: it is there");
  require(status(Rung::identity) == Status::pass || status(Rung::identity) == Status::warn, "ready: it is the right one");
  if (device.guest_path) require(status(Rung::placement) == Status::pass, "ready: it is where it should be");
  if (!device.expect_driver) return;
  require(status(Rung::decode) == Status::pass, "ready: it is switched on");
  require(status(Rung::function) == Status::pass || status(Rung::function) == Status::warn, "ready: it works");
}

}  // namespace

void try_input(const std::string& bytes) {
  static const auto manifest = two_devices();
  said = &bytes;
  Report report;
  try {
    report = report_of_answer(manifest, run_agent_through_ssh("guest", "agent", "{}", std::chrono::seconds(0), ssh), "guest");
  } catch (const InputError&) {
    return;
  }
  require(report.findings.size() == manifest.devices.size() * rung_count + 1, "every rung has its finding");
  require(report.notes.size() <= 17, "notes are bounded");
  if (report.verdict == Verdict::ready)
    for (std::size_t at = 0; at < manifest.devices.size(); ++at)
      require_proof(std::span(report.findings).subspan(at * rung_count, rung_count), manifest.devices[at]);
  add_host_side(manifest, Host(), Report(), report);
  require(report.verdict != Verdict::ready, "a host without the device has not given it");
  render_guest_text(report, {});
  const auto written = render_json(report);
  require(render_json(parse_report_json(written, "fuzz")) == written, "it is read back as it was written");
}

}  // namespace vfio_doctor
