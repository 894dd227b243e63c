// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-doctor triage` and `explain` as programs: exit codes, standard input, what reaches a reply.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process/subprocess.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ProcessResult run(const std::vector<std::string>& arguments, const std::string& input = "") {
  ProcessRequest request;
  request.program = PROGRAM;
  request.arguments = arguments;
  request.input = input;
  request.most_output = 8 << 20;
  return run_process(request);
}

TEST(TriageProgram, exit_codes_say_what_came_of_it) {
  EXPECT_EQ(run({"triage"}, "vfio 0000:65:00.0: group 12 is not viable\n").exit_code, 1);
  EXPECT_EQ(run({"triage", "-"}, "vfio: Cannot reset device 0000:26:00.0, depends on group 31 which is not owned.\n").exit_code,
            3);
  EXPECT_EQ(run({"triage"}, "hello\n").exit_code, 3);
  EXPECT_EQ(run({"triage"}, "[    1.0] usb 1-1: new high-speed USB device\n").exit_code, 0);
  EXPECT_EQ(run({"triage"}, "").exit_code, 3);
}

TEST(TriageProgram, what_cannot_be_read_is_one_clear_line) {
  for (const auto& [file, words] :
       {std::pair{"/nonexistent.txt", "/nonexistent.txt: No such file or directory"}, std::pair{"/", "/: Is a directory"}}) {
    const auto result = run({"triage", file});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors, HasSubstr(words));
  }
  EXPECT_EQ(run({"triage", "-", "-"}).exit_code, 2);
}

TEST(TriageProgram, redact_takes_addresses_out_of_what_is_quoted) {
  const std::string paste = "vfio 0000:65:00.0: group 12 is not viable mac 52:54:00:ab:cd:ef from 203.0.113.77\n";
  EXPECT_THAT(run({"triage"}, paste).output, HasSubstr("52:54:00:ab:cd:ef"));
  const auto redacted = run({"triage", "--redact", "--format", "markdown"}, paste).output;
  EXPECT_THAT(redacted, Not(HasSubstr("52:54:00:ab:cd:ef")));
  EXPECT_THAT(redacted, Not(HasSubstr("203.0.113.77")));
  EXPECT_THAT(redacted, HasSubstr("0000:65:00.0"));
}

TEST(TriageProgram, explain_finds_the_page_of_an_error_text_and_of_a_cause) {
  EXPECT_THAT(run({"explain", "group 14 is not viable"}).output, HasSubstr("Group is not viable"));
  EXPECT_THAT(run({"explain", "d3cold"}).output, HasSubstr("reads all ones"));
  EXPECT_EQ(run({"explain", "nothing of the kind"}).exit_code, 2);
}

TEST(TriageProgram, a_healthy_listing_fails_no_check) {
  const auto result = run({"triage"},
                          "00:1f.3 Audio device [0403]: Intel Corporation Device [8086:a348] (rev 10)\n"
                          "\tFlags: bus master, fast devsel, latency 32, IRQ 145, IOMMU group 12\n"
                          "\tKernel driver in use: snd_hda_intel\n");
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

}  // namespace
}  // namespace vfio_doctor
