// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/triage/mask_triage.hpp"

#include "reports/mask_report.hpp"

namespace vfio_doctor {

void mask_secrets(Triage& triage) {
  mask_secrets_in(triage.files);
  for (auto& cause : triage.causes) {
    for (auto* text : {&cause.title, &cause.summary, &cause.place, &cause.subject}) mask_secrets_in(*text);
    for (auto& line : cause.evidence) mask_secrets_in(line.text);
    mask_secrets_in(cause.ruled_out);
    mask_secrets_in(cause.ask);
    for (auto& remedy : cause.remedy) mask_secrets(remedy);
  }
  for (auto& line : triage.harmless) {
    mask_secrets_in(line.at.text);
    mask_secrets_in(line.why);
  }
  for (auto& line : triage.unexplained) mask_secrets_in(line.text);
  for (auto& line : triage.text) mask_secrets_in(line.text);
  mask_secrets_in(triage.ask);
}

}  // namespace vfio_doctor
