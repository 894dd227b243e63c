// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verdicts/next_boot.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

/// What hosts of one board are compared by.
enum class HostFact { kernel, firmware, microcode, iommu, interrupt_remapping, interfaces };
inline constexpr std::size_t host_fact_count = 6;
std::string_view to_text(HostFact fact);  ///< "kernel", "interrupt remapping", ...

/// Functions of one vendor and device that can be given.
struct GivenDevices {
  std::uint32_t id = 0;  ///< vendor << 16 | device
  std::string name;
  unsigned alone = 0, with_companions = 0;
};

/// What a fleet needs of one report. An empty text is what the report does not say.
struct ReadHost {
  std::string name, id, board, generated_at;
  std::array<std::string, host_fact_count> facts;
  Verdict verdict = Verdict::undetermined;
  NextBoot next_boot;                 ///< undetermined where the report has none
  std::vector<std::string> failing;   ///< checks that fail about the host itself, sorted, each once
  std::vector<std::string> unseen;    ///< checks about the host that could not see what its verdict needs
  std::vector<GivenDevices> devices;  ///< each id once
};

/// Reads one report (docs/schema/report-1.json) in a single pass and keeps no more than this of it. Returns why it is not taken: no
/// JSON, no report, or one that is not about a whole host; empty where `host` is filled.
std::string read_host(std::string_view text, ReadHost& host);

}  // namespace vfio_doctor
