// SPDX-License-Identifier: GPL-2.0-or-later
// What `verify` and the guest agent show on a terminal.
#include <gmock/gmock.h>

#include "checks/guest/guest_released.hpp"
#include "facts/host.hpp"
#include "guest/guest_machines.hpp"
#include "reports/guest/guest_report.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

std::string shown(const Judged& judged, const std::string& host_driver, const TextStyle& style = {}) {
  auto report = guest_report(judged.judgement, judged.view, "guest", "guest1");
  Host host;
  host.functions = gather_pci(machine("pci 0000:3d:00.0 id=144d:a802 class=010802 driver=" + host_driver + "\n"), Wake::no);
  for (const auto& device : judged.manifest.devices)
    report.findings.push_back(judge_released(device, host.find(*device.host_address)));
  report.verdict = guest_verdict(report.findings);
  return render_guest_text(report, style);
}

TEST(GuestText, SaysDeviceByDeviceHowFarItGot) {
  EXPECT_EQ(shown(Judged(nvme_manifest, nvme_guest), "vfio-pci"),
            R"(Ready: the expected device is here and works.
Seen from guest guest1, kernel 6.1.0.

Samsung SM951 (host 0000:3d:00.0): proven up to FUNCTION
  PRESENT    pass    it is in the guest, at 0000:03:00.0.
  IDENTITY   pass    the ids are right: 144d:a802, subsystem 144d:a801, class
                     010802, revision 01.
  PLACEMENT  pass    it sits where the domain puts it: 02.1/00.0.
  DRIVER     pass    nvme drives it.
  DECODE     pass    it is switched on; BARs 16 KiB.
  FUNCTION   pass    it works: nvme0n1.
  HOST       pass    vfio-pci holds it on the host, for the guest.
)");
}

TEST(GuestText, LongNamesGiveWayToWhatIsProven) {
  const auto manifest =
      replaced(nvme_manifest, "Samsung SM951", "Samsung Electronics Co Ltd NVMe SSD Controller SM951/PM951 of a long series");
  const auto text = shown(Judged(manifest, nvme_guest), "vfio-pci");
  EXPECT_THAT(text, HasSubstr("(host 0000:3d:00.0): proven up to FUNCTION\n"));
  for (std::size_t start = 0, end; (end = text.find('\n', start)) != text.npos; start = end + 1)
    EXPECT_LE(end - start, 80u) << text.substr(start, end - start);
}

TEST(GuestText, StopsAtTheFirstFailureAndSaysWhatToDo) {
  EXPECT_EQ(shown(Judged(nvme_manifest, replaced(without(nvme_guest, "nvme0n1"), "= live", "= dead")), "nvme"),
            R"(Not ready: the expected device fails.
Seen from guest guest1, kernel 6.1.0.

Samsung SM951 (host 0000:3d:00.0): proven up to DECODE, fails at FUNCTION
  PRESENT    pass    it is in the guest, at 0000:03:00.0.
  IDENTITY   pass    the ids are right: 144d:a802, subsystem 144d:a801, class
                     010802, revision 01.
  PLACEMENT  pass    it sits where the domain puts it: 02.1/00.0.
  DRIVER     pass    nvme drives it.
  DECODE     pass    it is switched on; BARs 16 KiB.
  FUNCTION   fail    its driver is there, but no block device came of it.
                     interrupts: 17 arrived on 1 vectors
  What to do: In the guest, read what the driver says. On the host, look for
    faults and refused resets; a full power cycle of the host helps a device
    that did not survive its reset.
      dmesg | grep -e 0000:03:00.0 -e timeout -e 'failed'
      vfio-doctor check --domain DOMAIN
    Risk: None: these commands only read.
  HOST       fail    the host's nvme still drives it.
                     /sys/bus/pci/devices/0000:3d:00.0/driver: nvme
  What to do: See which domain should hold it and whether it runs.
      virsh list --all
      vfio-doctor check --device 0000:3d:00.0
    Risk: None: these commands only read.
)");
}

// A label may hold anything, the words around an address too: it is a value, and no sentence is searched for it.
TEST(GuestText, LabelIsToldOnceWhateverItHolds) {
  for (const std::string label : {"Bridge card (host side) X", "A (host 0000:00:00.0): card", "Card Proven: NOTHING."}) {
    const Judged judged(replaced(nvme_manifest, "Samsung SM951", label),
                        replaced(without(nvme_guest, "nvme0n1"), "= live", "= dead"));
    const auto text = shown(judged, "vfio-pci", {Color::off, 120, Verbosity::normal});
    EXPECT_THAT(text, HasSubstr("\n" + label + " (host 0000:3d:00.0): proven up to DECODE, fails at FUNCTION\n")) << text;
    EXPECT_EQ(text.find(label), text.rfind(label)) << text;
    EXPECT_THAT(text, HasSubstr("fail    its driver is there, but no block device came of it.\n")) << text;
  }
}

}  // namespace
}  // namespace vfio_doctor
