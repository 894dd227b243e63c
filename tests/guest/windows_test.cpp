// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "facts/evidence/evidence.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

const std::string wireless = R"({"schema":"vfio-doctor/manifest/1","domain":"win","devices":[{"label":"Wireless 8260",
  "vendor_id":"8086","device_id":"24f3","subsystem_vendor_id":"8086","subsystem_device_id":"0010","class":"028000",
  "revision":"3a"}]})";

const std::string chipset =
    "Instance ID:                PCI\\VEN_8086&DEV_29C0&SUBSYS_11001AF4&REV_00\\3&11583659&0&00\r\n"
    "Status:                     Started\r\n\r\n";

/// One card as pnputil lists it; `place` is the end of its instance id, which tells its place.
std::string card(const std::string& place, const std::string& details) {
  return "Instance ID:                PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&2D8F1A7C&0&" + place + "\r\n" + details + "\r\n";
}
const std::string started = "Class Name: Net\r\nStatus:     Started\r\nDriver Name: oem5.inf\r\n";
const std::string remembered = "Class Name: Net\r\nStatus:     Disconnected\r\nDriver Name: oem5.inf\r\n";

GuestView seen(const std::string& text) { return read_evidence({{"capture", text}}); }

/// Windows remembers a card at every place where it ever sat.
TEST(WindowsEvidence, ARememberedTwinDoesNotTakeThePlaceOfTheCard) {
  for (const auto& cards : {card("0012", remembered) + card("0014", started), card("0012", started) + card("0014", remembered)}) {
    const Judged judged(wireless, seen(chipset + cards));
    EXPECT_FALSE(judged.device().failed()) << judged.summary(Rung::present);
    EXPECT_EQ(judged.status(Rung::identity), Status::pass) << judged.summary(Rung::identity);
    EXPECT_EQ(judged.status(Rung::driver), Status::pass);
    EXPECT_TRUE(judged.judgement.unexpected.empty()) << "what is only remembered is not in the guest";
  }
}

/// Neither the words of another language nor a list without a status tell a card from the memory of one.
TEST(WindowsEvidence, WithoutAStatusThatIsUnderstoodNothingIsPresent) {
  const auto json = [](const std::string& members) {
    return R"({"InstanceId":"PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&1","Class":"Net")" + members + "}";
  };
  for (const auto& text : {chipset + card("0012", "Klassenname: Net\r\nStatus: Getrennt\r\nTreibername: oem5.inf\r\n"),
                           json(""), json(R"(,"Status":"Unknown")"), json(R"(,"Status":"Unknown","Problem":0)")}) {
    const Judged judged(wireless, seen(text));
    EXPECT_EQ(judged.status(Rung::present), Status::unknown) << text << judged.summary(Rung::present);
    EXPECT_FALSE(judged.device().failed()) << text;
    EXPECT_EQ(judged.status(Rung::driver), Status::unknown) << text << judged.summary(Rung::driver);
  }
  for (const auto* members : {R"(,"Status":"Unknown","Problem":45)", R"(,"Status":"Unknown","Present":false)",
                              R"(,"Status":"Unknown","Problem":"CM_PROB_PHANTOM")"})
    EXPECT_EQ(Judged(wireless, seen(json(members))).device().failed(), Rung::present) << members;
  for (const auto* members : {R"(,"Status":"OK")", R"(,"Present":true)", R"(,"Status":"OK","Problem":0)"})
    EXPECT_EQ(Judged(wireless, seen(json(members))).status(Rung::present), Status::pass) << members;
}

TEST(WindowsEvidence, ProblemCodesAreUnderstoodInEveryLanguage) {
  const Judged judged(wireless, seen(chipset + card("0012", "Status: Problem\r\nProblemcode: 10 (0xA) [CM_PROB_FAILED_START]\r\n"
                                                            "Treibername: oem5.inf\r\n")));
  EXPECT_EQ(judged.device().failed(), Rung::function) << judged.summary(Rung::present);
}

TEST(WindowsEvidence, NamesOfProblemsAreThoseOfTheirCodes) {
  for (const auto& [name, rung] : {std::pair{"CM_PROB_NEED_RESTART", Rung::driver}, {"CM_PROB_UNSIGNED_DRIVER", Rung::driver},
                                   {"CM_PROB_HARDWARE_DISABLED", Rung::decode}, {"CM_PROB_WHATEVER_COMES_NEXT", Rung::function}}) {
    const Judged judged(wireless, seen(R"([{"InstanceId":"PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&1","Status":"Error",)"
                                       R"("Service":"Netwtw04","Problem":")" + std::string(name) + "\"}]"));
    EXPECT_EQ(judged.device().failed(), rung) << name;
  }
}

TEST(WindowsEvidence, TwoListsOfOneGuestAreNoTwins) {
  const Judged judged(wireless, read_evidence({{"pnputil", chipset + card("0012", started)},
      {"json", R"({"InstanceId":"PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&2d8f1a7c&0&0012","Status":"OK","Present":true})"}}));
  EXPECT_EQ(judged.status(Rung::identity), Status::pass) << judged.summary(Rung::identity);
  EXPECT_EQ(judged.view.functions->size(), 2u);
}

TEST(WindowsEvidence, RememberedUsbDevicesDoNotHangOnTheController) {
  const auto view = seen(chipset + "Instance ID:  USB\\VID_046D&PID_C077\\5&1\r\nStatus: Getrennt\r\n\r\n");
  EXPECT_TRUE(!view.loose_usb.has_value() || (view.loose_usb->empty() && !view.usb_complete));
}

}  // namespace
}  // namespace vfio_doctor
