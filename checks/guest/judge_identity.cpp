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

std::string expected_ids(const ExpectedDevice& expected) {
  return hex_text(expected.vendor_id, 4) + ":" + hex_text(expected.device_id, 4);
}

struct Comparison {
  std::string what;
  Agreement agreement;
  std::string expected, seen;
};

std::vector<Comparison> comparisons(const ExpectedDevice& expected, const GuestFunction& seen) {
  std::vector<Comparison> list;
  if (expected.subsystem_vendor_id && expected.subsystem_device_id)
    list.push_back({"subsystem", same_subsystem(expected, seen),
                    hex_text(*expected.subsystem_vendor_id, 4) + ":" + hex_text(*expected.subsystem_device_id, 4),
                    shown(seen.subsystem_vendor_id, 4) + ":" + shown(seen.subsystem_device_id, 4)});
  if (expected.class_code)
    list.push_back({"class", same_class(expected, seen), hex_text(*expected.class_code, 6),
                    seen.class_code.has_value() ? shown(seen.class_code, 6) : shown(seen.class_and_subclass, 4)});
  if (expected.revision)
    list.push_back({"revision", same_revision(expected, seen), hex_text(*expected.revision, 2), shown(seen.revision, 2)});
  if (expected.serial)
    list.push_back({"serial", same_serial(expected, seen), *expected.serial,
                    seen.serial.has_value() ? seen.serial.value() : "?"});
  return list;
}

RungResult came_instead(const ExpectedDevice& expected, const GuestFunction& seen) {
  const auto name = seen.name.empty() ? ids_text(seen) : seen.name + " [" + ids_text(seen) + "]";
  auto result = rung_result(Status::fail, "another device came instead: " + name + " sits in its place, not " +
                                              expected_ids(expected) + ".");
  result.evidence = {{"expected ids", expected_ids(expected)}, {"seen ids", ids_text(seen)}};
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
    return rung_result(Status::unknown, std::string(seen.device_id.has_value() ? "the device id" : "the name") +
                                            " is right, but the listing does not show the ids (lspci -nn does).");

  auto result = rung_result(Status::pass, "the ids are right: " + ids_text(seen));
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
    result.summary = "the ids " + ids_text(seen) + " are right, but it is another card: " + join(differing, "; ") + ".";
  } else if (ladder.alternatives == Alternatives::with_others) {
    result.status = Status::unknown;
    result.summary = "the guest has another device that fits just as well, perhaps an emulated one. The two cannot "
                     "be told apart by what was seen.";
  } else if (!not_seen.empty()) {
    result.status = Status::unknown;
    result.summary = "the ids " + ids_text(seen) + " are right, but this was not seen: " + join(not_seen, ", ") + ".";
  } else if (ladder.alternatives == Alternatives::among_expected) {
    result.status = Status::warn;
    result.summary += " It has an identical twin among the expected devices: which is which cannot be told.";
  }
  return result;
}

}  // namespace vfio_doctor
