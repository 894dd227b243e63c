// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "checks/guest/assignment.hpp"
#include "facts/guest/guest_view.hpp"
#include "facts/guest/manifest.hpp"

namespace vfio_doctor {

/// The steps of proof that an assigned device arrived and works, each resting on the one before.
enum class Rung { present, identity, placement, driver, decode, function };
inline constexpr std::array all_rungs{Rung::present, Rung::identity, Rung::placement,
                                      Rung::driver,  Rung::decode,   Rung::function};
inline constexpr std::size_t rung_count = all_rungs.size();

std::string_view to_text(Rung rung);  ///< "PRESENT", ..., "FUNCTION"
std::string_view rung_id(Rung rung);  ///< the id of its finding: "guest-present", ..., "guest-function"

/// What one rung came to. fail: disproved; unknown: not seen; not_applicable: nothing to prove here.
struct RungResult {
  Status status = Status::unknown;
  std::string summary;  ///< what was seen, a sentence without the device's name
  std::vector<Evidence> evidence;
  std::vector<Remedy> remedy;
};

/// What the guest must make of an expected device.
enum class Need {
  driver,   ///< the manifest asks for one
  use,      ///< it does not, but the device was passed by itself: without a driver nothing shows of what use it is
  nothing,  ///< it comes along with another function of the same host device
};

/// One expected device and how far it got.
struct DeviceLadder {
  const ExpectedDevice* expected = nullptr;
  const GuestFunction* seen = nullptr;  ///< nullptr: no function fits it
  Alternatives alternatives = Alternatives::none;
  Need need = Need::driver;
  std::array<RungResult, rung_count> rungs;

  const RungResult& at(Rung rung) const { return rungs[static_cast<std::size_t>(rung)]; }
  RungResult& at(Rung rung) { return rungs[static_cast<std::size_t>(rung)]; }
  /// The highest rung that is proven with none below it failing; nothing where not even PRESENT is.
  std::optional<Rung> proven() const;
  /// The lowest rung that fails.
  std::optional<Rung> failed() const;
};

/// The whole judgement. It points into the manifest and the view, which must outlive it.
struct GuestJudgement {
  std::vector<DeviceLadder> devices;             ///< in the manifest's order
  std::vector<const GuestFunction*> unexpected;  ///< look like real hardware, but the manifest does not name them
};

inline constexpr std::string_view unexpected_finding_id = "guest-unexpected";

/// What each finding about the device carries to say which one it is about.
std::shared_ptr<const ExpectedName> expected_name(const ExpectedDevice& expected);

/// "LABEL (host ADDRESS)": what findings about a device quote of the manifest.
std::string host_name_of(const ExpectedDevice& expected);

/// Assigns expected devices to seen ones and climbs the ladder for each.
/// Where the guest's functions could not be listed every rung is unknown.
GuestJudgement judge_guest(const Manifest& manifest, const GuestView& view);

/// The judgement as findings, six per device and one about unexpected devices. The first evidence of a device's
/// finding is {"manifest", LABEL (host ADDRESS)}.
std::vector<Finding> guest_findings(const GuestJudgement& judgement, const GuestView& view);

}  // namespace vfio_doctor
