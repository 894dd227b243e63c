// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kernel log as evidence, in the forms in which it is printed; usb-devices and lsusb -v; listings that were reshaped on their way.
#include <gmock/gmock.h>

#include "base/input_error.hpp"
#include "facts/evidence/evidence.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

GuestView seen(const std::string& text) { return read_evidence({{"capture", text}}); }
GuestView seen(const std::string& one, const std::string& other) { return read_evidence({{"one", one}, {"other", other}}); }

const std::string network = R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"Card",
  "vendor_id":"14e4","device_id":"1657","class":"020000","revision":"02"}]})";
const std::string listing =
    "00:00.0 Host bridge [0600]: x [8086:29c0]\n06:00.0 Ethernet controller [0200]: x [14e4:1657] (rev 02)\n"
    "\tKernel driver in use: tg3\n";

TEST(CapturedLogs, RefuteInEveryForm) {
  const std::string words = "tg3 0000:06:00.0 ens6: transmit timed out, resetting\n";
  for (const std::string time :
       {"[   12.345678] ", "<3>[   12.345678] ", "[   12.345678][   T77] ", "[Tue Mar  3 11:02:59 2026] ", "[Mar 3 11:02] ",
        "[  +0.000021] ", "2026-03-03T11:02:59,123456+01:00 ",
        "Mar 03 11:02:59 box kernel: ", "Mar  3 11:02:59 box kernel: [   12.345678] ",
        "2026-03-03T11:02:59+0100 box kernel: ", "kern  :err   : [   12.345678] ", "\x1b[32m[   12.345678] \x1b[0m\x1b[33m"}) {
    const Judged judged(network, seen(listing, time + words));
    EXPECT_EQ(judged.device().failed(), Rung::function) << time;
    EXPECT_THAT(judged.summary(Rung::function), HasSubstr("kernel log"));
  }
  EXPECT_EQ(Judged(network, seen(listing, "[   12.345678] tg3 0000:06:00.0 ens6: Link is up\r\n")).status(Rung::function),
            Status::unknown)
      << "no proof";
}

TEST(CapturedLogs, StandInOneTerminalWithListings) {
  const std::string terminal =
      "me@box:~$ lspci -nnk\n" + listing +
      "me@box:~$ sudo dmesg\n[    0.000000] Linux version 6.7.0\n[    9.1] tg3 0000:06:00.0 ens6: transmit timed "
      "out, resetting\nme@box:~$ \n";
  EXPECT_EQ(Judged(network, seen(terminal)).device().failed(), Rung::function);
  EXPECT_EQ(Judged(network, seen("[    0.000000] Linux version 6.7.0\n")).status(Rung::present), Status::unknown);
}

/// A journal of several starts: what an earlier kernel said is past.
TEST(CapturedLogs, TheLastStartCounts) {
  const std::string dead = "[    9.1] tg3 0000:06:00.0 ens6: transmit timed out, resetting\n",
                    start = "[    0.000000] Linux version 6.7.0\n";
  EXPECT_EQ(Judged(network, seen(listing, start + dead)).device().failed(), Rung::function);
  EXPECT_FALSE(Judged(network, seen(listing, start + dead + start)).device().failed());
  EXPECT_TRUE(seen(listing, start).functions->back().log_errors.has_value());
  EXPECT_TRUE(seen(listing, "[    7.0] late\n").functions->back().log_errors.is_unreadable()) << "it does not have its start";
}

/// `journalctl -b` holds what every program says: what NetworkManager waits for is nothing that the kernel says of the card.
TEST(CapturedLogs, OtherProgramsOfAJournalAreNoKernel) {
  for (const std::string time : {"Mar 03 11:02:59 box ", "2026-03-03T11:02:59+0100 box "}) {
    const auto start = time + "kernel: Linux version 6.7.0\n" + time + "kernel: tg3 0000:06:00.0 ens6: renamed from eth9\n";
    const auto of_the_card = [&](const std::string& line) {
      const auto view = seen(listing, start + line);
      const auto& errors = view.functions->back().log_errors;
      return errors.has_value() ? errors->size() : 99;
    };
    EXPECT_EQ(of_the_card(time + "NetworkManager[77]: <info> dhcp4 (ens6): beginning transaction (timeout in 45 seconds)\n"),
              0u);
    EXPECT_EQ(of_the_card(time + "systemd[1]: Failed to start what wants ens6.\n  ens6: timed out\n"), 0u);
    EXPECT_EQ(of_the_card(time + "dracut: ens6: timed out\n" + time + "kernel: late\n"), 0u);
    EXPECT_EQ(of_the_card(time + "kernel: tg3 0000:06:00.0 ens6: transmit timed out, resetting\n" + time +
                          "reporter[8]: Linux version 6.7.0\n"),
              1u)
        << "no start";
  }
}

// USB.

const std::string two_controllers =
    "00:00.0 Host bridge [0600]: x [8086:29c0]\n08:00.0 USB controller [0c03]: x [1b73:1100] (rev 10)\n"
    "09:00.0 USB controller [0c03]: x [1912:0014] (rev 03)\n";
const std::string usb_manifest = R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"xHCI",
  "vendor_id":"1b73","device_id":"1100","class":"0c0330","usb":[{"id":"04d9:0171","product":"Keys"}]}]})";

std::string record(unsigned bus, unsigned device, const std::string& id, const std::string& serial, const std::string& driver) {
  return "\nT:  Bus=0" + std::to_string(bus) + " Lev=00 Prnt=00 Port=00 Cnt=00 Dev#=  " + std::to_string(device) +
         " Spd=480 MxCh= 4\nD:  Ver= 2.00 Cls=00(>ifc ) Sub=00 Prot=01 MxPS=64 #Cfgs=  1\nP:  Vendor=" + id.substr(0, 4) +
         " ProdID=" + id.substr(5) + " Rev=06.07\nS:  Product=a thing\n" +
         (serial.empty() ? "" : "S:  SerialNumber=" + serial + "\n") +
         "C:  #Ifs= 1 Cfg#= 1 Atr=e0 MxPwr=0mA\nI:  If#= 0 Alt= 0 #EPs= 1 Cls=" +
         (driver == "hub" ? "09(hub  )" : "03(HID  )") + " Sub=00 Prot=01 Driver=" + driver + "\n";
}

TEST(CapturedUsb, ARootHubNamesItsController) {
  const auto devices = [](unsigned bus, const std::string& driver) {
    return record(3, 1, "1d6b:0002", "0000:08:00.0", "hub") + record(4, 1, "1d6b:0002", "0000:09:00.0", "hub") +
           record(bus, 2, "04d9:0171", "", driver);
  };
  const Judged works(usb_manifest, seen(two_controllers, devices(3, "usbhid")));
  EXPECT_EQ(works.status(Rung::function), Status::pass) << works.summary(Rung::function);
  EXPECT_EQ(Judged(usb_manifest, seen(two_controllers, devices(4, "usbhid"))).status(Rung::function), Status::fail)
      << "on the other";
  EXPECT_EQ(Judged(usb_manifest, seen(two_controllers, devices(3, "(none)"))).status(Rung::function), Status::fail);
  for (const auto* text :
       {"T:  Bus=01 Lev=00 Prnt=00 Port=00 Cnt=00 Spd=480\n", "T:  Bus=01 Lev=00 Prnt=00 Port=00 Dev#= 1 x\nhello\n",
        "T:  Bus=01 Lev=00 Prnt=00 Port=00 Dev#= 1 x\nP:  Vendor=xyz ProdID=1\n",
        "T:  Bus=01 Lev=00 Prnt=00 Port=00 Dev#= 1 x\n"})
    EXPECT_THROW(seen(text), InputError) << text;
}

TEST(CapturedUsb, VerboseLsusbNamesItToo) {
  const auto lsusb = [](const std::string& bus) {
    return "\nBus 003 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\nDevice Descriptor:\n  iSerial                 1 "
           "0000:08:00.0\n"
           "\nBus 004 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\nDevice Descriptor:\n  iSerial                 1 "
           "0000:09:00.0\n"
           "\nBus 00" +
           bus +
           " Device 002: ID 04d9:0171 Keys\nDevice Descriptor:\n  iSerial                 0 \n"
           "      bInterfaceClass         3 Human Interface Device\n";
  };
  EXPECT_EQ(Judged(usb_manifest, seen(two_controllers, lsusb("3"))).status(Rung::function), Status::pass);
  EXPECT_EQ(Judged(usb_manifest, seen(two_controllers, lsusb("4"))).status(Rung::function), Status::fail);
}

/// Nothing on it, and nobody saw whether it signals: its root hubs would be there too if it were dead.
TEST(CapturedUsb, AnEmptyControllerIsNotProvenByItsHubs) {
  const auto nothing = replaced(usb_manifest, R"({"id":"04d9:0171","product":"Keys"})", "");
  const Judged judged(nothing, seen(two_controllers, record(3, 1, "1d6b:0002", "0000:08:00.0", "hub")));
  EXPECT_EQ(judged.status(Rung::function), Status::unknown) << judged.summary(Rung::function);
}

// Reshaped on their way.

TEST(ReshapedListings, AreRead) {
  const auto present = [](const std::string& text) { return Judged(network, seen(text)); };
  const std::string flat = replaced(listing, "\tKernel", "Kernel");
  EXPECT_EQ(present(flat).status(Rung::driver), Status::pass) << "no indentation";
  const std::string wrapped = replaced(listing, "x [14e4:1657]", "x of a long name\n[14e4:1657]");
  EXPECT_EQ(present(wrapped).status(Rung::driver), Status::pass) << "wrapped";
  std::string carriage;
  for (const char c : listing) carriage += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(present(carriage).status(Rung::driver), Status::pass) << "CRLF";
  EXPECT_EQ(present("\x1b[1m" + replaced(listing, "Ethernet", "\x1b[31mEthernet\x1b[0m")).status(Rung::driver), Status::pass);
  EXPECT_THROW(seen(listing + "hello there\n"), InputError);
  EXPECT_THROW(seen(listing + "[dead:beef] (rev 01)\n"), InputError) << "behind a detail nothing is continued";
}

/// All ones are no other card: it is dead.
TEST(ReshapedListings, AllOnesAreNoOtherCard) {
  const Judged judged(network, seen(replaced(listing, "(rev 02)", "(rev ff) (prog-if ff)")));
  EXPECT_EQ(judged.device().failed(), Rung::decode) << judged.summary(Rung::identity);
}

/// Without a place, some versions print no size either.
TEST(ReshapedListings, ARegionWithoutPlaceNeedsNoSize) {
  const std::string regions =
      "\tControl: I/O- Mem+ BusMaster+\n\tRegion 0: Memory at <unassigned> (64-bit, prefetchable) [disabled]\n";
  EXPECT_EQ(Judged(network, seen(listing + regions)).device().failed(), Rung::decode);
}

}  // namespace
}  // namespace vfio_doctor
