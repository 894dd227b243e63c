// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "checks/signatures/triage.hpp"
#include "reports/text.hpp"

namespace vfio_doctor {

/// For a terminal: causes with their proof and remedy, what is harmless, what to paste next.
std::string render_triage_text(const Triage& triage, const TextStyle& style);
/// docs/schema/triage-1.json.
std::string render_triage_json(const Triage& triage);
/// To paste as a reply into an issue tracker: what others wrote stands in code only.
std::string render_triage_markdown(const Triage& triage);
/// One page: the answer, and the paste with the lines marked that prove it.
std::string render_triage_html(const Triage& triage);

/// "Nothing in the paste tells." and the like, in one sentence.
std::string triage_sentence(const Triage& triage);

}  // namespace vfio_doctor
