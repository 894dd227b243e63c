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
  return "Instance ID:                PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&2D8F1A7C&0&" + place + "\r\n" + details +
         "\r\n";
}
const std::string started = "Class Name: Net\r\nStatus:     Started\r\nDriver Name: oem5.inf\r\n";
const std::string remembered = "Class Name: Net\r\nStatus:     Disconnected\r\nDriver Name: oem5.inf\r\n";

GuestView seen(const std::string& text) { return read_evidence({{"capture", text}}); }

/// Windows remembers a card at every place where it ever sat.
TEST(WindowsEvidence, ARememberedTwinDoesNotTakeThePlaceOfTheCard) {
  for (const auto& cards :
       {card("0012", remembered) + card("0014", started), card("0012", started) + card("0014", remembered)}) {
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
  const Judged judged(wireless, seen(chipset + card("0012",
                                                    "Status: Problem\r\nProblemcode: 10 (0xA) [CM_PROB_FAILED_START]\r\n"
                                                    "Treibername: oem5.inf\r\n")));
  EXPECT_EQ(judged.device().failed(), Rung::function) << judged.summary(Rung::present);
}

TEST(WindowsEvidence, NamesOfProblemsAreThoseOfTheirCodes) {
  for (const auto& [name, rung] : {std::pair{"CM_PROB_NEED_RESTART", Rung::driver},
                                   {"CM_PROB_UNSIGNED_DRIVER", Rung::driver},
                                   {"CM_PROB_HARDWARE_DISABLED", Rung::decode},
                                   {"CM_PROB_WHATEVER_COMES_NEXT", Rung::function}}) {
    const Judged judged(wireless,
                        seen(R"([{"InstanceId":"PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&1","Status":"Error",)"
                             R"("Service":"Netwtw04","Problem":")" +
                             std::string(name) + "\"}]"));
    EXPECT_EQ(judged.device().failed(), rung) << name;
  }
}

TEST(WindowsEvidence, TwoListsOfOneGuestAreNoTwins) {
  const Judged judged(
      wireless,
      read_evidence(
          {{"pnputil", chipset + card("0012", started)},
           {"json",
            R"({"InstanceId":"PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&2d8f1a7c&0&0012","Status":"OK","Present":true})"}}));
  EXPECT_EQ(judged.status(Rung::identity), Status::pass) << judged.summary(Rung::identity);
  EXPECT_EQ(judged.view.functions->size(), 2u);
}

TEST(WindowsEvidence, RememberedUsbDevicesDoNotHangOnTheController) {
  const auto view = seen(chipset + "Instance ID:  USB\\VID_046D&PID_C077\\5&1\r\nStatus: Getrennt\r\n\r\n");
  EXPECT_TRUE(!view.loose_usb.has_value() || (view.loose_usb->empty() && !view.usb_complete));
}

const std::string usb_manifest = R"({"schema":"vfio-doctor/manifest/1","devices":[{"label":"Controller","vendor_id":"1b21",
  "device_id":"2142","class":"0c0330","usb":[{"id":"04d9:0169"}]}]})";

/// Two controllers; `owner` is that of the keyboard.
std::string usb_devices(const std::string& owner, const std::string& problem) {
  const auto controller = [](const std::string& id) {
    return R"({"InstanceId":")" + id + R"(","Present":true,"Status":"OK","Problem":0,"Service":"USBXHCI","HardwareID":[")" +
           id.substr(0, 22) + R"(&CC_0C0330"],"Memory":[32768],"Interrupts":8},)";
  };
  const auto hub = [](const std::string& id) {
    return R"({"InstanceId":"USB\\ROOT_HUB30\\5&)" + id.substr(id.size() - 1) +
           R"(","Present":true,"Problem":0,"Status":"OK","Controller":")" + id + "\"},";
  };
  const std::string ours = R"(PCI\\VEN_1B21&DEV_2142\\4&77)", other = R"(PCI\\VEN_1B36&DEV_000D\\4&78)";
  return "[" + controller(ours) + controller(other) + hub(ours) + hub(other) +
         R"({"InstanceId":"USB\\VID_04D9&PID_0169\\6&1","Present":true,)" + R"("Status":"OK","Problem":)" + problem +
         R"(,"Controller":")" + (owner == "ours" ? ours : other) + "\"}]";
}

/// What vfio-guest-agent.exe writes.
TEST(WindowsEvidence, TheControllerOfAUsbDeviceIsToldByTheAgent) {
  const Judged on_it(usb_manifest, seen(usb_devices("ours", "0")));
  EXPECT_EQ(on_it.status(Rung::function), Status::pass) << on_it.summary(Rung::function);
  const Judged elsewhere(usb_manifest, seen(usb_devices("other", "0")));
  EXPECT_EQ(elsewhere.status(Rung::function), Status::fail) << elsewhere.summary(Rung::function);
  const Judged broken(usb_manifest, seen(usb_devices("ours", "43")));
  EXPECT_EQ(broken.status(Rung::function), Status::fail) << broken.summary(Rung::function);
}

TEST(WindowsEvidence, ResourcesStandBesideDecode) {
  const Judged judged(usb_manifest, seen(usb_devices("ours", "0")));
  const auto& evidence = judged.device().at(Rung::decode).evidence;
  ASSERT_EQ(evidence.size(), 1u);
  EXPECT_EQ(evidence[0].value, "32768 bytes of memory, 8 interrupts");
}

/// Present and without a problem, but Windows does not say that it has started it.
TEST(WindowsEvidence, NotStartedIsNotWorking) {
  const Judged judged(wireless, seen(R"([{"InstanceId":"PCI\\VEN_8086&DEV_24F3&SUBSYS_00108086&REV_3A\\4&1","Present":true,)"
                                     R"("Status":"Stopped","Service":"Netwtw04"}])"));
  EXPECT_EQ(judged.status(Rung::present), Status::pass);
  EXPECT_EQ(judged.status(Rung::function), Status::unknown) << judged.summary(Rung::function);
}

}  // namespace
}  // namespace vfio_doctor
