// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "base/text.hpp"
#include "checks/guest/fit.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

template <class T>
std::string shown(const Observed<T>& seen, std::size_t digits) {
  return seen.has_value() ? hex_text(seen.value(), digits) : "?";
}

struct Comparison {
  std::string what;
  Agreement agreement;
  std::string expected, seen;
};

std::vector<Comparison> comparisons(const ExpectedDevice& expected, const GuestFunction& seen) {
  std::vector<Comparison> list;
  if (expected.id.subsystem_vendor.has_value() && expected.id.subsystem_device.has_value())
    list.push_back({"subsystem", same_subsystem(expected, seen),
                    hex_text(*expected.id.subsystem_vendor, 4) + ":" + hex_text(*expected.id.subsystem_device, 4),
                    shown(seen.id.subsystem_vendor, 4) + ":" + shown(seen.id.subsystem_device, 4)});
  if (expected.id.class_code.has_value())
    list.push_back({"class", same_class(expected, seen), hex_text(*expected.id.class_code, 6),
                    seen.id.class_code.has_value() ? shown(seen.id.class_code, 6) : shown(seen.class_and_subclass, 4)});
  if (expected.id.revision.has_value())
    list.push_back({"revision", same_revision(expected, seen), hex_text(*expected.id.revision, 2), shown(seen.id.revision, 2)});
  if (expected.id.serial.has_value())
    list.push_back({"serial", same_serial(expected, seen), *expected.id.serial,
                    seen.id.serial.has_value() ? seen.id.serial.value() : "?"});
  return list;
}

RungResult came_instead(const ExpectedDevice& expected, const GuestFunction& seen) {
  const auto name = seen.name.empty() ? ids_text(seen.id) : seen.name + " [" + ids_text(seen.id) + "]";
  auto result = rung_result(Status::fail,
                            "another device came instead: " + name + " sits in its place, not " + ids_text(expected.id) + ".");
  result.evidence = {{"expected ids", ids_text(expected.id)}, {"seen ids", ids_text(seen.id)}};
  return result;
}

/// A serial is told in confidence to root, and hidden on conventional buses; the class follows from the ids once the
/// subsystem agrees (Windows does not show it). Either unseen leaves no doubt.
bool may_stay_unseen(const Comparison& comparison, Agreement subsystem) {
  return comparison.what == "serial" || (comparison.what == "class" && subsystem == Agreement::same);
}

}  // namespace

RungResult judge_identity(const DeviceLadder& ladder) {
  const auto& expected = *ladder.expected;
  const auto& seen = *ladder.seen;
  const auto ids = same_ids(expected, seen);
  if (ids == Agreement::different) return came_instead(expected, seen);
  if (ids == Agreement::unknown)
    return rung_result(Status::unknown, std::string(seen.id.device.has_value() ? "the device id" : "the name") +
                                            " is right, but the listing does not show the ids (lspci -nn does).");

  auto result = rung_result(Status::pass, "the ids are right: " + ids_text(seen.id));
  std::vector<std::string> differing, not_seen;
  for (const auto& comparison : comparisons(expected, seen)) {
    if (comparison.agreement == Agreement::same) result.summary += ", " + comparison.what + " " + comparison.seen;
    if (comparison.agreement == Agreement::unknown && !may_stay_unseen(comparison, same_subsystem(expected, seen)))
      not_seen.push_back(comparison.what);
    if (comparison.agreement == Agreement::unknown && comparison.what == "serial") result.summary += ", serial not seen";
    if (comparison.agreement != Agreement::different) continue;
    differing.push_back(comparison.what + " " + comparison.seen + " instead of " + comparison.expected);
    result.evidence.push_back({"expected " + comparison.what, comparison.expected});
    result.evidence.push_back({"seen " + comparison.what, comparison.seen});
  }
  result.summary += ".";
  if (!differing.empty()) {
    result.status = Status::fail;
    result.summary = "the ids " + ids_text(seen.id) + " are right, but it is another card: " + join(differing, "; ") + ".";
  } else if (ladder.alternatives == Alternatives::with_others) {
    result.status = Status::unknown;
    result.summary =
        "the guest has another device that fits just as well, perhaps an emulated one. The two cannot "
        "be told apart by what was seen.";
  } else if (!not_seen.empty()) {
    result.status = Status::unknown;
    result.summary = "the ids " + ids_text(seen.id) + " are right, but this was not seen: " + join(not_seen, ", ") + ".";
  } else if (ladder.alternatives == Alternatives::among_expected) {
    result.status = Status::warn;
    result.summary += " It has an identical twin among the expected devices: which is which cannot be told.";
  }
  return result;
}

}  // namespace vfio_doctor
