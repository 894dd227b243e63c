// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/console/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PciAddress at(const char* text) { return PciAddress::parse(text).value(); }

const std::string letters = "| B: KEY=1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\n";

std::string input(const std::string& name, const std::string& sysfs, const std::string& keys, const std::string& bus = "0003") {
  return "| I: Bus=" + bus + " Vendor=046d Product=c31c Version=0110\n| N: Name=\"" + name + "\"\n| S: Sysfs=" + sysfs +
         "\n| H: Handlers=sysrq kbd event3\n" + keys + "|\n";
}

std::vector<InputDevice> inputs_of(const std::string& text) {
  const auto inputs = read_input_devices(testing::machine(text));
  return inputs.has_value() ? inputs.value() : std::vector<InputDevice>();
}

TEST(Inputs, KeyboardsByTheirKeys) {
  const auto inputs = inputs_of(
      "file /proc/bus/input/devices\n" +
      input("Power Button", "/devices/LNXSYSTM:00/LNXPWRBN:00/input/input0", "| B: KEY=10000000000000 0\n") +
      input("USB Keyboard", "/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input/input5", letters) +
      input("AT keyboard", "/devices/platform/i8042/serio0/input/input3", letters) +
      input("remapper", "/devices/virtual/input/input20", letters));
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_TRUE(inputs[0].keyboard);
  EXPECT_THAT(inputs[0].functions, ElementsAre(at("0000:00:14.0")));
  EXPECT_EQ(inputs[1].name, "AT keyboard");
  EXPECT_THAT(inputs[1].functions, IsEmpty());
}

TEST(Inputs, SecurityKeyIsNoKeyboard) {
  auto key = input("Yubico YubiKey OTP+FIDO+CCID",
                   "/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/0003:1050:0407.0001/input/input5", letters);
  key.replace(key.find("046d"), 4, "1050");
  EXPECT_THAT(inputs_of("file /proc/bus/input/devices\n" + key), IsEmpty());
}

TEST(Inputs, BluetoothKeyboardHangsOnTheRadio) {
  const auto inputs = inputs_of(
      "dir /sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/1-8:1.0/bluetooth/hci0\n"
      "link /sys/class/bluetooth/hci0 ../../devices/pci0000:00/0000:00:14.0/usb1/1-8/1-8:1.0/bluetooth/hci0\n"
      "file /proc/bus/input/devices\n" +
      input("BLE keyboard", "/devices/virtual/misc/uhid/0005:046D:B342.0004/input/input30", letters, "0005"));
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_THAT(inputs[0].functions, ElementsAre(at("0000:00:14.0")));
}

TEST(Inputs, RubbishIsNoKeyboard) {
  EXPECT_THAT(inputs_of("file /proc/bus/input/devices\n| \xff\xfe\n| S: Sysfs=../../..\n| B: KEY=zz\n"), IsEmpty());
}

std::string usb(const std::string& name, const std::string& id, const std::string& product, const std::string& interface) {
  const auto path = "/sys/devices/pci0000:00/0000:00:14.0/usb1/" + name;
  return "text " + path + "/idVendor = " + id.substr(0, 4) + "\ntext " + path + "/idProduct = " + id.substr(5) + "\ntext " +
         path + "/product = " + product + "\nlink /sys/bus/usb/devices/" + name + " " + path + "\nlink /sys/bus/usb/devices/" +
         name + ":1.0 " + path + "/" + name + ":1.0\ntext " + path + "/" + name +
         ":1.0/bInterfaceClass = " + interface.substr(0, 2) + "\ntext " + path + "/" + name +
         ":1.0/bInterfaceSubClass = " + interface.substr(2, 2) + "\ntext " + path + "/" + name +
         ":1.0/bInterfaceProtocol = " + interface.substr(4, 2) + "\n";
}

TEST(Usb, KindsAndController) {
  const auto devices = read_usb_devices(testing::machine(
      usb("1-2", "046d:c31c", "USB Keyboard", "030101") + usb("1-3", "046d:c077", "USB Optical Mouse", "030102") +
      usb("1-8", "8087:0a2b", "", "e00101") + usb("1-9", "0781:5567", "Stick", "080650")));
  ASSERT_TRUE(devices.has_value());
  ASSERT_EQ(devices->size(), 4u);
  std::vector<std::string> kinds;
  for (const auto& device : devices.value()) {
    kinds.push_back(device.kind);
    EXPECT_EQ(device.controller, at("0000:00:14.0"));
  }
  EXPECT_THAT(kinds, ElementsAre("keyboard", "mouse", "Bluetooth", "storage"));
  EXPECT_EQ(devices->front().id, "046d:c31c");
  EXPECT_EQ(devices->front().product, "USB Keyboard");
}

TEST(Framebuffers, NativeDriver) {
  const auto facts =
      gather_console(testing::machine("text /proc/fb = 0 i915drmfb\ndir /sys/devices/pci0000:00/0000:00:02.0/graphics/fb0\n"
                                      "link /sys/class/graphics/fb0 ../../devices/pci0000:00/0000:00:02.0/graphics/fb0\n"
                                      "text /proc/cmdline = quiet console=tty0 console=ttyS0,115200\n"));
  ASSERT_TRUE(facts.framebuffers.has_value());
  ASSERT_EQ(facts.framebuffers->size(), 1u);
  EXPECT_EQ(facts.framebuffers->front().name, "i915drmfb");
  EXPECT_THAT(facts.framebuffers->front().functions, ElementsAre(at("0000:00:02.0")));
  EXPECT_TRUE(facts.serial_console);
}

TEST(Framebuffers, FirmwarePictureByNestingOfMemory) {
  const auto facts = gather_console(testing::machine(
      "text /proc/fb = 0 simpledrmdrmfb\ndir /sys/devices/platform/simple-framebuffer.0/graphics/fb0\n"
      "link /sys/class/graphics/fb0 ../../devices/platform/simple-framebuffer.0/graphics/fb0\n"
      "file /proc/iomem\n| 00000000-00000000 : PCI Bus 0000:00\n|   00000000-00000000 : PCI Bus 0000:01\n"
      "|     00000000-00000000 : 0000:01:00.0\n|       00000000-00000000 : BOOTFB\n|     00000000-00000000 : 0000:01:00.1\n"));
  ASSERT_EQ(facts.framebuffers->size(), 1u);
  EXPECT_THAT(facts.framebuffers->front().functions, ElementsAre(at("0000:01:00.0")));
}

TEST(Framebuffers, NothingThereIsAbsent) {
  EXPECT_TRUE(gather_console(testing::machine("dir /proc")).framebuffers.is_absent());
  EXPECT_TRUE(gather_console(testing::machine("dir /proc")).inputs.is_absent());
  const auto empty = gather_console(testing::machine("file /proc/fb\n"));
  ASSERT_TRUE(empty.framebuffers.has_value());
  EXPECT_THAT(empty.framebuffers.value(), IsEmpty());
}

TEST(Displays, BootDisplayAndVgaText) {
  const auto facts = gather_console(
      testing::machine("text /sys/devices/pci0000:00/0000:01:00.0/drm/card1/boot_display = 1\n"
                       "link /sys/class/drm/card1 ../../devices/pci0000:00/0000:01:00.0/drm/card1\n"
                       "text /sys/class/vtconsole/vtcon0/name = (S) VGA+\ntext /sys/class/vtconsole/vtcon0/bind = 1\n"));
  EXPECT_THAT(facts.boot_displays, ElementsAre(at("0000:01:00.0")));
  EXPECT_TRUE(facts.vga_text_console);
  EXPECT_FALSE(facts.serial_console);
}

}  // namespace
}  // namespace vfio_doctor
