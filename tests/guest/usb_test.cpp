// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

const std::string passed = "/sys/devices/pci0000:00/0000:00:1e.0/0000:0c:03.0";
const std::string emulated = "/sys/devices/pci0000:00/0000:00:02.2/0000:04:00.0";

std::string up_to_devices(const std::string& path) { return "../../.." + path.substr(4); }

std::string controller(const std::string& path) {
  return "file " + path + "/resource\n| 0x00000000fe800000 0x00000000fe80ffff 0x0000000000140204\n" +
         config_record(path, 0x8086, 0xa12f, 6);
}

std::string usb_device(const std::string& path, const std::string& id) {
  return "text " + path + "/idVendor = " + id.substr(0, 4) + "\ntext " + path + "/idProduct = " + id.substr(5) +
         "\nlink /sys/bus/usb/devices/" + base_name(path) + " " + up_to_devices(path) + "\n";
}

std::string hid_interface(const std::string& device, bool with_input, const std::string& input) {
  const auto path = device + "/" + base_name(device) + ":1.0";
  std::string text = "text " + path +
                     "/bInterfaceClass = 03\n"
                     "link " +
                     path +
                     "/driver ../../../bus/usb/drivers/usbhid\n"
                     "link /sys/bus/usb/devices/" +
                     base_name(path) + " " + up_to_devices(path) + "\n";
  if (with_input)
    text += "text " + path + "/0003:046D:C077.0001/input/" + input +
            "/name = x\n"
            "link /sys/class/input/" +
            input + " ../.." + (path + "/0003:046D:C077.0001/input/" + input).substr(4) + "\n";
  return text;
}

std::string guest(bool mouse_on_passed, bool with_input = true) {
  const auto home = mouse_on_passed ? passed + "/usb3/3-1" : emulated + "/usb1/1-1";
  return "pci 0000:00:1e.0 id=1b36:000e class=060400 header=1\n"
         "pci 0000:00:02.2 id=1b36:000c class=060400 header=1\n"
         "pci 0000:0c:03.0 id=8086:a12f class=0c0330 under=0000:00:1e.0 driver=xhci_hcd power_state=D0\n"
         "pci 0000:04:00.0 id=8086:a12f class=0c0330 under=0000:00:02.2 driver=xhci_hcd power_state=D0\n" +
         controller(passed) + controller(emulated) + usb_device(passed + "/usb3", "1d6b:0002") +
         usb_device(emulated + "/usb1", "1d6b:0002") + usb_device(home, "046d:c077") +
         hid_interface(home, with_input, "input5");
}

const std::string manifest = R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"xHCI",
  "vendor_id":"8086","device_id":"a12f","class":"0c0330","guest_path":"1e.0/03.0",
  "usb":[{"id":"046d:c077","product":"Logitech Mouse","serial":null}]}]})";

TEST(Usb, TheMouseOnThePassedControllerProvesIt) {
  const Judged judged(manifest, guest(true));
  EXPECT_EQ(judged.device().seen->address.text(), "0000:0c:03.0");
  EXPECT_EQ(judged.status(Rung::function), Status::pass) << judged.summary(Rung::function);
  ASSERT_EQ(judged.device().seen->usb->size(), 2u);
  EXPECT_EQ(judged.device().seen->usb->at(0).name, "3-1");
  EXPECT_EQ(judged.device().seen->usb->at(0).inputs, std::vector<std::string>{"input5"});
}

TEST(Usb, TheSameMouseOnTheEmulatedControllerProvesNothing) {
  const Judged judged(manifest, guest(false));
  EXPECT_EQ(judged.device().failed(), Rung::function);
  EXPECT_THAT(judged.summary(Rung::function), HasSubstr("Logitech Mouse"));
}

TEST(Usb, AMouseThatGivesNoInputFails) { EXPECT_EQ(Judged(manifest, guest(true, false)).device().failed(), Rung::function); }

TEST(Usb, AnEmptyControllerWorks) {
  const auto nothing_expected = replaced(manifest, R"({"id":"046d:c077","product":"Logitech Mouse","serial":null})", "");
  const Judged judged(nothing_expected, guest(false));
  EXPECT_EQ(judged.status(Rung::function), Status::pass);
  EXPECT_THAT(judged.summary(Rung::function), HasSubstr("nothing is plugged in"));
}

TEST(Usb, AControllerWithoutABusFails) {
  EXPECT_EQ(Judged(manifest, without(guest(false), "usb3")).device().failed(), Rung::function);
}

/// A security key is of the input class and gives no input by design: it only has a raw node.
TEST(Usb, ASecurityKeyNeedNotGiveInput) {
  const auto key = passed + "/usb3/3-1/3-1:1.0";
  const auto of_protocol = [&key](const std::string& protocol) {
    return Judged(manifest, guest(true, false) + "text " + key + "/bInterfaceProtocol = " + protocol + "\n")
        .status(Rung::function);
  };
  EXPECT_EQ(of_protocol("00"), Status::pass);
  EXPECT_EQ(of_protocol("01"), Status::fail) << "a keyboard";
  EXPECT_EQ(of_protocol("02"), Status::fail) << "a mouse";
}

/// USB4 and Thunderbolt host interfaces (prog-if 40) and the device side of a port (fe) share the class, but have no bus.
TEST(Usb, OnlyHostControllersMakeABus) {
  for (const std::string code : {"0c0340", "0c03fe"}) {
    const auto interface = R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"NHI","vendor_id":"8086",
      "device_id":"15d2","class":")" +
                           code + "\"}]}";
    const std::string path = "/sys/devices/pci0000:00/0000:00:05.0";
    const Judged judged(interface, "pci 0000:00:05.0 id=8086:15d2 class=" + code + " driver=thunderbolt power_state=D0\n" +
                                       config_record(path, 0x8086, 0x15d2, 6) + "text " + path +
                                       "/msi_irqs/30 = msix\n"
                                       "file /proc/interrupts\n|     CPU0\n| 30:   7  PCI-MSI 1-edge thunderbolt\n");
    EXPECT_EQ(judged.status(Rung::function), Status::pass) << judged.summary(Rung::function);
  }
}

}  // namespace
}  // namespace vfio_doctor
