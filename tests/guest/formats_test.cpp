// SPDX-License-Identifier: GPL-2.0-or-later
//
// Listings of small systems and of Windows, in the forms in which they are printed.
#include <gmock/gmock.h>

#include "base/input_error.hpp"
#include "facts/domain/domain_xml.hpp"
#include "facts/evidence/evidence.hpp"
#include "guest/guest_machines.hpp"
#include "reports/guest/guest_report.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

GuestView seen(const std::string& text) { return read_evidence({{"capture", text}}); }
Verdict verdict(const Judged& judged) { return guest_verdict(guest_findings(judged.judgement, judged.view)); }

const std::string network = R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"Maker Fast Card",
  "vendor_id":"14e4","device_id":"1657","subsystem_vendor_id":"103c","subsystem_device_id":"22eb","class":"020000","revision":"02"}]})";

// Small systems.

TEST(SmallListings, ARevisionThatIsNotPrintedIsNotZero) {
  const Judged judged(network, seen("00:00.0 Class 0600: 8086:29c0\n06:00.0 Class 0200: 14e4:1657\n"));
  EXPECT_EQ(judged.status(Rung::present), Status::pass);
  EXPECT_EQ(judged.status(Rung::identity), Status::unknown) << judged.summary(Rung::identity);
  EXPECT_FALSE(judged.device().failed());
  const Judged
      of_pciutils(network,
                  seen("00:00.0 Host bridge [0600]: x [8086:29c0]\n06:00.0 Ethernet controller [0200]: x [14e4:1657]\n"));
  EXPECT_EQ(of_pciutils.device().failed(), Rung::identity) << "pciutils leaves out 00 only";
}

TEST(SmallListings, ADriverBehindTheIdsIsRead) {
  const Judged judged(network, seen("00:00.0 Class 0600: 8086:29c0\n06:00.0 Class 0200: 14e4:1657 tg3\n"));
  EXPECT_TRUE(judged.device().seen->driver.is("tg3"));
  EXPECT_TRUE(judged.device().seen->class_and_subclass.is(0x0200));
  EXPECT_TRUE(judged.view.functions->front().driver.is_absent()) << "others are shown to have none";
  EXPECT_TRUE(seen("06:00.0 Class 020000: 14e4:1657\n").functions->front().id.class_code.is(0x020000u));
}

TEST(SmallListings, QuotedFieldsAreRead) {
  const Judged judged(network, seen("00:00.0 \"Class 0600\" \"8086\" \"29c0\" \"1af4\" \"1100\"\n"
                                    "06:00.0 \"Class 0200\" \"14e4\" \"1657\" \"103c\" \"22eb\" \"tg3\"\n"));
  EXPECT_EQ(judged.status(Rung::identity), Status::unknown) << "no revision";
  EXPECT_EQ(judged.status(Rung::driver), Status::pass);
  const Judged named(network,
                     seen("00:00.0 \"Host bridge [0600]\" \"Intel [8086]\" \"DRAM [29c0]\" \"Red Hat [1af4]\" \"QEMU [1100]\"\n"
                          "06:00.0 \"Ethernet controller [0200]\" \"Maker [14e4]\" \"Fast [1657]\" -r02 -p00 \"HP [103c]\" "
                          "\"Card [22eb]\"\n"));
  EXPECT_EQ(named.status(Rung::identity), Status::pass) << named.summary(Rung::identity);
  for (const auto* text : {"06:00.0 \"Class 0200\" \"14e4\n", "06:00.0 \"a\" \"b\"\n", "06:00.0 \"a\" \"b\" \"c\" d\n"})
    EXPECT_THROW(seen(text), InputError) << text;
}

// Names.

TEST(Names, AnotherPciIdsIsNotAnotherDevice) {
  const std::string chipset = "00:00.0 Host bridge: Intel Corporation 82G33/G31/P35/P31 Express DRAM Controller\n";
  for (const auto* name : {"Maker Corporation Device 1657", "Maker Corporation FastCard 10G"}) {
    const Judged judged(network, seen(chipset + "06:00.0 Ethernet controller: " + name + " (rev 02)\n"));
    EXPECT_FALSE(judged.device().failed()) << judged.summary(Rung::present);
    EXPECT_EQ(verdict(judged), Verdict::undetermined);
    EXPECT_TRUE(judged.judgement.unexpected.empty()) << name;
  }
  const Judged other(network, seen(chipset + "06:00.0 VGA compatible controller: Maker Corporation FastCard\n"));
  EXPECT_EQ(other.device().failed(), Rung::present) << "of another class";
  const Judged number(network, seen(chipset + "06:00.0 Ethernet controller: Maker Corporation Device 1658\n"));
  EXPECT_EQ(number.device().failed(), Rung::present) << "another number";
}

// Terminals.

TEST(Terminals, WhatStartsWithABracketIsNotJson) {
  const std::string listing =
      "00:00.0 Host bridge [0600]: x [8086:29c0]\n06:00.0 Ethernet controller [0200]: x [14e4:1657] (rev 02)\n";
  for (const auto* prompt : {"[me@box ~]$ ", "me@box:~$ "}) {
    const auto text = std::string(prompt) + "uname -r\n6.1.0-rc3 and more\n" + prompt + "lspci -nn\n" + listing;
    EXPECT_EQ(seen(text).functions->size(), 2u) << prompt;
  }
  try {
    seen("[all of this]\n[is nothing that is known]\n");
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("JSON")));
  }
}

// Windows.

const std::string instance = "PCI\\VEN_14E4&DEV_1657&SUBSYS_22EB103C&REV_02\\4&1A2B3C4D&0&0018";
const std::string host_bridge = "PCI\\VEN_8086&DEV_29C0&SUBSYS_11001AF4&REV_00\\3&11583659&0&00";

std::string as_list(const std::string& members) {
  return "\nCaption                     : bridge\nInstanceId                  : " + host_bridge +
         "\nStatus                      : OK\nPresent                     : True\n\n\nCaption                     : Fast\n" +
         members +
         "HardwareID                  : {PCI\\VEN_14E4&DEV_1657&CC_020000, PCI\\VEN_14E4&DEV_1657&CC_0200}\n"
         "PNPDeviceID                 : " +
         instance + "\nPresent                     : True\n\n";
}

TEST(Windows, AWorkingGuestIsReady) {
  const Judged judged(network, seen(as_list("Status                      : OK\nConfigManagerErrorCode      : 0\nService        "
                                            "             : b57nd60a\n")));
  for (const auto rung : {Rung::present, Rung::identity, Rung::driver, Rung::decode, Rung::function})
    EXPECT_EQ(judged.status(rung), Status::pass) << to_text(rung) << judged.summary(rung);
  EXPECT_EQ(verdict(judged), Verdict::ready);
}

TEST(Windows, ProblemsInAListAreRead) {
  for (const auto* code : {"43", "CM_PROB_FAILED_POST_START"}) {
    const Judged judged(network, seen(as_list("Status                      : Error\nConfigManagerErrorCode      : " +
                                              std::string(code) + "\nService                     : b57nd60a\n")));
    EXPECT_EQ(judged.device().failed(), Rung::function) << code;
  }
  const Judged wmic(network,
                    seen("\r\nConfigManagerErrorCode=28\r\n\r\nDeviceID=" + instance + "\r\n\r\nStatus=Error\r\n\r\n"));
  EXPECT_EQ(wmic.device().failed(), Rung::driver) << wmic.summary(Rung::driver);
}

std::string pnputil(const std::string& members) {
  return "Microsoft PnP Utility\r\n\r\nInstance ID:                " + host_bridge +
         "\r\nStatus:                     Started\r\n\r\n"
         "Instance ID:                " +
         instance + "\r\nStatus:                     Started\r\n" + members + "\r\n";
}

TEST(Windows, MoreIdsOfPnputilAreNoMoreDevices) {
  const Judged judged(network,
                      seen(pnputil("Driver Name:                oem9.inf\r\n"
                                   "Hardware IDs:               PCI\\VEN_14E4&DEV_1657&SUBSYS_22EB103C&REV_02\r\n"
                                   "                            PCI\\VEN_14E4&DEV_1657&CC_020000\r\n"
                                   "Parent:                     PCI\\VEN_8086&DEV_1901&SUBSYS_1&REV_01\\3&1&0&08\r\n")));
  EXPECT_EQ(judged.view.functions->size(), 2u);
  EXPECT_TRUE(judged.judgement.unexpected.empty());
  EXPECT_TRUE(judged.device().seen->id.class_code.is(0x020000u));
  EXPECT_EQ(verdict(judged), Verdict::ready);
}

TEST(Windows, ADriverForEveryCardIsNone) {
  const Judged judged(network, seen(pnputil("Driver Name:                display.inf\r\n")));
  EXPECT_EQ(judged.device().failed(), Rung::driver) << judged.summary(Rung::driver);
}

TEST(Windows, DevconIsRead) {
  const auto devcon = [](const std::string& state) {
    return host_bridge + "\n    Name: bridge\n    Driver is running.\n" + instance + "\n    Name: Fast\n" + state +
           "2 matching device(s) found.\n";
  };
  EXPECT_EQ(verdict(Judged(network, seen(devcon("    Driver is running.\n")))), Verdict::ready);
  EXPECT_EQ(Judged(network, seen(devcon("    The device has the following problem: 10\n"))).device().failed(), Rung::function);
  EXPECT_EQ(Judged(network, seen(devcon("    Device is disabled.\n"))).device().failed(), Rung::driver);
  EXPECT_EQ(Judged(network, seen(host_bridge + " : bridge\n" + instance + "   : Fast\n")).status(Rung::present),
            Status::unknown)
      << "devcon findall lists what is gone too";
}

TEST(Windows, ATableIsReadAsFarAsItGoes) {
  const std::string head =
      "\nStatus     Class           FriendlyName             InstanceId\n------     -----           ------------             "
      "----------\n";
  const Judged whole(network, seen(head + "OK         System          bridge                   " + host_bridge +
                                   "\nError      Net             Fast                     " + instance + "\n"));
  EXPECT_EQ(whole.device().failed(), Rung::function);
  const Judged cut(network, seen(head + "OK         Net             Fast                     PCI\\VEN_14E...\n"));
  EXPECT_FALSE(cut.device().failed());
  EXPECT_EQ(verdict(cut), Verdict::undetermined);
}

TEST(Windows, ALocationPathIsAPlace) {
  const auto at = [](const char* path) {
    return Judged(replaced(network, "\"revision\"", "\"guest_path\":\"1c.2/00.0\",\"revision\""),
                  seen(as_list(std::string("Status : OK\nProblem : 0\nService : b57\nLocationPaths : {") + path +
                               ", ACPI(_SB_)}\n")))
        .status(Rung::placement);
  };
  EXPECT_EQ(at("PCIROOT(0)#PCI(1C02)#PCI(0000)"), Status::pass);
  EXPECT_EQ(at("PCIROOT(0)#PCI(1C03)#PCI(0000)"), Status::fail);
  EXPECT_EQ(at("PCIROOT(0)#USB(1)"), Status::unknown);
}

// USB, one listing read against the other.

const std::string controller_manifest =
    R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"xHCI","vendor_id":"1912",
  "device_id":"0015","class":"0c0330","revision":"02","usb":[{"id":"258a:002a","product":"Keyboard"}]}]})";
const std::string pci =
    "00:00.0 Host bridge [0600]: x [8086:29c0]\n05:00.0 USB controller [0c03]: x [1912:0015] (rev 02) (prog-if 30 [XHCI])\n"
    "\tKernel driver in use: xhci_hcd\n";
const std::string usb =
    "Bus 001 Device 001: ID 1d6b:0002 root hub\nBus 002 Device 001: ID 1d6b:0003 root hub\n"
    "Bus 001 Device 003: ID 258a:002a Keyboard\n";

Status with_tree(const std::string& bus, const std::string& driver) {
  return Judged(controller_manifest,
                read_evidence({{"a", pci},
                               {"b", usb},
                               {"c", "/:  Bus 02.Port 1: Dev 1, Class=root_hub, Driver=" + bus +
                                         "/4p, 5000M\n/:  Bus 01.Port 1: Dev 1, Class=root_hub, Driver=" + bus +
                                         "/4p, 480M\n    |__ Port 2: Dev 3, If 0, Class=Human Interface Device, Driver=" +
                                         driver + ", 12M\n"}}))
      .status(Rung::function);
}

TEST(UsbListings, AKeyboardWithoutADriverProvesNothing) {
  EXPECT_EQ(with_tree("xhci_hcd", "usbhid"), Status::pass);
  EXPECT_EQ(with_tree("xhci_hcd", "[none]"), Status::fail);
}

TEST(UsbListings, AnotherControllersBusIsNotThisOnes) {
  EXPECT_EQ(with_tree("vhci_hcd", "usbhid"), Status::unknown);
  EXPECT_EQ(with_tree("dummy_hcd", "usbhid"), Status::unknown);
  const auto more = usb + "Bus 003 Device 001: ID 1d6b:0002 root hub\n";
  EXPECT_EQ(Judged(controller_manifest, read_evidence({{"a", pci}, {"b", more}})).status(Rung::function), Status::unknown)
      << "more buses than one controller makes";
}

TEST(UsbListings, AProblemOfTheKeyboardIsOneOfTheController) {
  const auto guest = [](const std::string& problem) {
    return seen(
        R"([{"InstanceId":"PCI\\VEN_8086&DEV_29C0\\3&1","Status":"OK","Present":true},)"
        R"({"InstanceId":"PCI\\VEN_1912&DEV_0015&REV_02\\4&1","Class":"USB","Status":"OK","Problem":0,"Present":true,"Service":"USBXHCI"},)"
        R"({"InstanceId":"USB\\ROOT_HUB30\\5&1","Status":"OK","Present":true},)"
        R"({"InstanceId":"USB\\VID_258A&PID_002A\\6&1","FriendlyName":"Keyboard","Present":true,)" +
        problem + "}]");
  };
  EXPECT_EQ(Judged(controller_manifest, guest(R"("Status":"OK","Problem":0)")).status(Rung::function), Status::pass);
  EXPECT_EQ(Judged(controller_manifest, guest(R"("Status":"Error","Problem":10)")).device().failed(), Rung::function);
}

// Ids that QEMU shows instead.

TEST(IdOverride, IsReadFromBothOfItsForms) {
  const auto domain = [](const std::string& tail) {
    return parse_domain_xml(
               "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><name>d</name><devices><hostdev mode='subsystem' "
               "type='pci'>"
               "<source><address bus='0x06' slot='0' function='0'/></source><alias name='ua-net'/></hostdev></devices>" +
                   tail + "</domain>",
               "d.xml")
        .hostdevs.front();
  };
  const auto by_element = domain(
      "<q:override><q:device alias='ua-net'><q:frontend><q:property name='x-pci-device-id' type='unsigned' value='5719'/>"
      "<q:property name='x-pci-sub-vendor-id' type='unsigned' value='4156'/></q:frontend></q:device></q:override>");
  EXPECT_EQ(by_element.shown_device_id, 0x1657);
  EXPECT_EQ(by_element.shown_subsystem_vendor_id, 0x103c);
  EXPECT_FALSE(by_element.shown_vendor_id);
  const auto by_argument =
      domain("<q:commandline><q:arg value='-set'/><q:arg value='device.ua-net.x-pci-vendor-id=0x14e4'/></q:commandline>");
  EXPECT_EQ(by_argument.shown_vendor_id, 0x14e4);
  EXPECT_FALSE(domain("<q:override><q:device alias='other'><q:frontend><q:property name='x-pci-device-id' "
                      "value='1'/></q:frontend></q:device></q:override>")
                   .shown_device_id);
}

// macOS.

const std::string profile =
    "PCI:\n\n    Maker Fast Card:\n\n      Name: ethernet\n      Type: Ethernet Controller\n      Driver Installed: Yes\n"
    "      MSI: Yes\n      Bus: PCI\n      Slot: Internal@6,0,0\n      Vendor ID: 0x14e4\n      Device ID: 0x1657\n"
    "      Subsystem Vendor ID: 0x103c\n      Subsystem ID: 0x22eb\n      Revision ID: 0x0002\n      Link Width: x4\n\n"
    "    Other:\n\n      Type: Audio device\n      Driver Installed: No\n      Slot: Internal@0,28,4/0,0\n"
    "      Vendor ID: 0x14e4\n      Device ID: 0x1111\n";

TEST(SystemProfiler, TellsIdsAndWhetherThereIsADriver) {
  const Judged judged(network, seen(profile));
  EXPECT_EQ(judged.status(Rung::identity), Status::pass) << judged.summary(Rung::identity);
  EXPECT_EQ(judged.status(Rung::driver), Status::pass);
  EXPECT_EQ(judged.status(Rung::function), Status::unknown) << "it shows nothing of what came of it";
  EXPECT_EQ(verdict(judged), Verdict::undetermined);
  EXPECT_FALSE(judged.view.functions_complete) << "macOS lists what it has names for";
  ASSERT_EQ(judged.view.functions->size(), 2u);
  EXPECT_EQ(judged.device().seen->address.text(), "0000:06:00.0");
  auto without_driver = profile;
  without_driver.replace(without_driver.find("Installed: Yes"), 14, "Installed: No");
  EXPECT_EQ(Judged(network, seen(without_driver)).device().failed(), Rung::driver);
  EXPECT_EQ(Judged(network, seen("PCI:\n\n      This computer doesn't contain any PCI cards.\n")).status(Rung::present),
            Status::unknown);
}

TEST(SystemProfiler, ADisplayShowsAPictureWithoutADriverToo) {
  const auto view =
      seen("PCI:\n\n    Card:\n\n      Type: Display Controller\n      Driver Installed: Yes\n      Vendor ID: 0x1002\n");
  EXPECT_TRUE(view.functions->front().driver.is_unreadable());
}

}  // namespace
}  // namespace vfio_doctor
