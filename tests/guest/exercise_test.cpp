// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/loop.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/descriptor.hpp"
#include "base/process/subprocess.hpp"
#include "base/text.hpp"
#include "exercise/perform.hpp"
#include "guest/guest_machines.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;
using Result = GuestExercise::Result;
using std::chrono::milliseconds;

std::string plan_of(const std::string& machine_text) {
  const auto root = machine(machine_text);
  const auto view = gather_guest(root);
  std::string text;
  for (const auto& function : view.functions.value())
    for (const auto& act : plan_acts(root, function)) text += act.announcement() + "\n";
  return text;
}

const std::string nic_directory = "/sys/devices/pci0000:00/0000:00:05.0";
const std::string nic =
    "pci 0000:00:05.0 id=8086:1521 class=020000 driver=igb\n"
    "link /sys/class/net/eth7 ../.." +
    nic_directory.substr(4) +
    "/net/eth7\n"
    "text " +
    nic_directory + "/net/eth7/operstate = down\n";

TEST(PlanActs, ADiskIsReadByItsLogicalBlocks) {
  EXPECT_EQ(plan_of(nvme_guest), "reads 4096 bytes of /dev/nvme0n1 past all caches; writes nothing\n");
  EXPECT_THAT(plan_of(nvme_guest + "text " + nvme_directory + "/nvme/nvme0/nvme0n1/queue/logical_block_size = 16384\n"),
              HasSubstr("reads 16384 bytes"));
  EXPECT_EQ(plan_of(replaced(nvme_guest, "size = 2048000", "size = 0")), "");  // nothing to read
}

TEST(PlanActs, OnlyAnInterfaceThatIsDownIsBroughtUp) {
  EXPECT_THAT(plan_of(nic + "text " + nic_directory + "/net/eth7/flags = 0x1002\n"), HasSubstr("brings eth7 up"));
  EXPECT_THAT(plan_of(nic + "text " + nic_directory + "/net/eth7/flags = 0x1003\n"), HasSubstr("changes nothing"));
  EXPECT_THAT(plan_of(nic), HasSubstr("changes nothing")) << "what is not known to be down is left alone";
}

TEST(PlanActs, UsbDevicesButNoRootHubs) {
  const std::string directory = "/sys/devices/pci0000:00/0000:00:04.0";
  const auto device = [&directory](const std::string& name, const std::string& id, const std::string& number) {
    const auto place = directory + "/" + name;
    return "link /sys/bus/usb/devices/" + name + " ../../../devices/pci0000:00/0000:00:04.0/" + name + "\ntext " + place +
           "/idVendor = " + id.substr(0, 4) + "\ntext " + place + "/idProduct = " + id.substr(5) + "\ntext " + place +
           "/busnum = 3\ntext " + place + "/devnum = " + number + "\n";
  };
  EXPECT_EQ(plan_of("pci 0000:00:04.0 id=1912:0014 class=0c0330 driver=xhci_hcd\n" + device("usb3", "1d6b:0002", "1") +
                    device("3-1", "1209:c077", "2")),
            "asks the USB device 3-1 (1209:c077) anew for its descriptor; changes nothing\n");
}

TEST(PlanActs, NothingForWhatHasNoHarmlessAct) {
  EXPECT_EQ(plan_of("pci 0000:00:06.0 id=1415:c158 class=070002 driver=serial\n"
                    "link /sys/class/tty/ttyS4 ../../devices/pci0000:00/0000:00:06.0/tty/ttyS4\n"
                    "text /sys/devices/pci0000:00/0000:00:06.0/tty/ttyS4/dev = 4:68\n"),
            "");
}

Act disk_act(const std::string& name) {
  Act act;
  act.kind = Act::Kind::read_block;
  act.name = name;
  act.node = "/" + name;
  act.bytes = 4096;
  return act;
}

TEST(Perform, ReadsAFileThatStandsForADisk) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "full") << std::string(8192, 'x');
  std::ofstream(directory.path() / "empty");
  ::mkfifo((directory.path() / "pipe").c_str(), 0600);
  ::symlink("full", (directory.path() / "link").c_str());
  const Stage stage{directory.path().string(), false};
  EXPECT_EQ(perform(disk_act("full"), stage).result, Result::worked);
  for (const auto* name : {"empty", "missing", "pipe", "link"}) {
    const auto done = perform(disk_act(name), stage);
    EXPECT_EQ(done.result, Result::undecided) << name;
    EXPECT_NE(done.what, "") << name;
  }
  EXPECT_EQ(perform(disk_act("full"), {directory.path().string(), true}).result, Result::undecided)
      << "on this machine a disk is a device";
}

TEST(Perform, AsksNothingOfAnotherMachineButItsDisks) {
  Act act;
  act.kind = Act::Kind::bring_up;
  act.name = "lo";
  const auto done = perform(act, {"/nowhere", false});
  EXPECT_EQ(done.result, Result::undecided);
  EXPECT_THAT(done.what, HasSubstr("not the guest that runs here"));
}

TEST(Perform, ANodeThatIsAnotherDeviceIsNotTouched) {
  Act act;
  act.kind = Act::Kind::read_descriptor;
  act.name = "1-1";
  act.node = "/dev/null";
  act.number = "189:4";
  const auto done = perform(act, {});
  EXPECT_EQ(done.result, Result::undecided);
  EXPECT_THAT(done.what, HasSubstr("is not the device that sysfs calls 1-1"));
}

TEST(Perform, WhatHangsIsLeftBehind) {
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = run_apart(
      [] {
        for (;;) ::pause();
        return Outcome{};
      },
      milliseconds(200));
  EXPECT_FALSE(outcome);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Perform, AnEndWithoutAnAnswerProvesNothing) {
  const auto outcome = run_apart([]() -> Outcome { ::_exit(3); }, milliseconds(5000));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, Result::undecided);
  const auto thrown = run_apart([]() -> Outcome { throw std::runtime_error("why"); }, milliseconds(5000));
  EXPECT_EQ(thrown->result, Result::undecided);
  EXPECT_EQ(thrown->what, "why");
}

TEST(Perform, OnlyErrorsOfTheDeviceCountAgainstIt) {
  for (const int error : {EIO, ETIMEDOUT, ENODEV, EREMOTEIO})
    EXPECT_EQ(outcome_of_error("x", error).result, Result::failed) << error;
  for (const int error : {EPERM, EACCES, ENOENT, EBUSY, ENOMEDIUM, ENOMEM, ENOTTY})
    EXPECT_EQ(outcome_of_error("x", error).result, Result::undecided) << error;
}

/// A block device of the kernel's own over a file; nothing where this may not be.
class LoopDevice {
 public:
  explicit LoopDevice(const std::string& file) {
    const Descriptor control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    const int number = control.get() < 0 ? -1 : ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return;
    name_ = "loop" + std::to_string(number);
    device_.reset(::open(("/dev/" + name_).c_str(), O_RDONLY | O_CLOEXEC));
    const Descriptor backing(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (device_.get() < 0 || backing.get() < 0 || ::ioctl(device_.get(), LOOP_SET_FD, backing.get()) != 0) name_.clear();
  }
  ~LoopDevice() {
    if (!name_.empty()) ::ioctl(device_.get(), LOOP_CLR_FD, 0);
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  Descriptor device_{-1};
};

TEST(Perform, ReadsABlockDevicePastTheCache) {
  const TemporaryDirectory directory;
  const auto file = (directory.path() / "disk").string();
  std::ofstream(file) << std::string(1 << 20, 'x');
  const LoopDevice loop(file);
  if (loop.name().empty()) GTEST_SKIP() << "no loop device may be made here";
  auto act = disk_act(loop.name());
  act.node = "/dev/" + loop.name();
  struct stat about {};
  ASSERT_EQ(::stat(act.node.c_str(), &about), 0);
  act.number = std::to_string(major(about.st_rdev)) + ":" + std::to_string(minor(about.st_rdev));
  const auto done = perform(act, {});
  EXPECT_EQ(done.result, Result::worked) << done.what;
  EXPECT_EQ(done.what, "4096 bytes came");
  act.number = "7:4711";
  EXPECT_EQ(perform(act, {}).result, Result::undecided);
}

short flags_of_lo() {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  return ::ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0 ? request.ifr_flags : short{-1};
}

/// A network namespace of its own has a loopback that is down.
TEST(Perform, BringsALinkUpAndTakesItDownAgain) {
  const auto outcome = run_apart(
      []() -> Outcome {
        if (::unshare(CLONE_NEWNET) != 0) return {Result::undecided, "no namespace"};
        if ((flags_of_lo() & IFF_UP) != 0) return {Result::undecided, "no namespace"};
        Act act;
        act.name = "lo";
        act.kind = Act::Kind::watch_link;
        if (try_link(act).result == Result::worked || (flags_of_lo() & IFF_UP) != 0)
          return {Result::failed, "watching changed it"};
        act.kind = Act::Kind::bring_up;
        auto done = try_link(act);
        if ((flags_of_lo() & IFF_UP) != 0) return {Result::failed, "it is still up"};
        return done;
      },
      milliseconds(60'000));
  ASSERT_TRUE(outcome);
  if (outcome->what == "no namespace") GTEST_SKIP() << "no network namespace may be made here";
  EXPECT_EQ(outcome->result, Result::worked) << outcome->what;
  EXPECT_EQ(outcome->what, "it has a link");
}

/// A disk controller with a disk of which nothing shows yet that it works: no capacity was seen.
struct Exercised {
  GuestView view;
  explicit Exercised(const std::string& text, Result result) : view(gather_guest(machine(text))) {
    view.functions.value().back().exercises = {{"was asked", result, "this came of it"}};
  }
};

const std::string hba_guest =
    replaced(replaced(without(nvme_guest, "/nvme0/"), "class=010802", "class=010700"), "driver=nvme", "driver=mpt3sas") +
    "link /sys/class/scsi_host/host2 ../../devices/pci0000:00/0000:00:02.1/0000:03:00.0/host2/scsi_host/host2\n"
    "text " +
    nvme_directory + "/host2/scsi_host/host2/state = running\n";
const std::string hba_manifest = replaced(nvme_manifest, "010802", "010700");

TEST(ExercisedFunction, RaisesWhatWasNotSeenAndRefutesWhatWas) {
  ASSERT_EQ(Judged(hba_manifest, hba_guest).status(Rung::function), Status::unknown);
  const Judged worked(hba_manifest, Exercised(hba_guest, Result::worked).view);
  EXPECT_EQ(worked.status(Rung::function), Status::pass);
  EXPECT_THAT(worked.summary(Rung::function), HasSubstr("exercised, this came of it"));
  EXPECT_EQ(Judged(hba_manifest, Exercised(hba_guest, Result::undecided).view).status(Rung::function), Status::unknown);
  EXPECT_EQ(Judged(hba_manifest, Exercised(hba_guest, Result::failed).view).status(Rung::function), Status::fail);
  const Judged failed(nvme_manifest, Exercised(nvme_guest, Result::failed).view);
  EXPECT_EQ(failed.status(Rung::function), Status::fail);
  EXPECT_THAT(failed.summary(Rung::function), HasSubstr("it was exercised and failed: this came of it"));
}

TEST(ExercisedFunction, ClearsNothingThatFailed) {
  const auto silent = replaced(nvme_guest, "  24:         11          6", "  24:          0          0");
  ASSERT_EQ(Judged(nvme_manifest, silent).status(Rung::function), Status::fail);
  EXPECT_EQ(Judged(nvme_manifest, Exercised(silent, Result::worked).view).status(Rung::function), Status::fail);
  const auto hba_silent = replaced(hba_guest, "  24:         11          6", "  24:          0          0");
  EXPECT_NE(Judged(hba_manifest, Exercised(hba_silent, Result::worked).view).status(Rung::function), Status::pass)
      << "an answer without an interrupt came by polling";
}

class ExercisingAgent : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto& [path, node] : parse_machine_text(nvme_guest, "test")) {
      const auto place = directory_.path() / path.substr(1);
      std::filesystem::create_directories(place.parent_path());
      if (node.kind == RecordedNode::Kind::link) std::filesystem::create_symlink(node.content, place);
      if (node.kind == RecordedNode::Kind::file) std::ofstream(place, std::ios::binary) << node.content;
    }
    std::filesystem::create_directories(directory_.path() / "dev");
  }
  ProcessResult run(const std::string& more) const {
    ProcessRequest request;
    request.program = AGENT;
    request.arguments = {"--root", directory_.path().string(), "--expect", "-"};
    for (const auto word : split_words(more)) request.arguments.emplace_back(word);
    request.input = nvme_manifest;
    request.deadline = std::chrono::seconds(60);
    return run_process(request);
  }
  TemporaryDirectory directory_;
};

TEST_F(ExercisingAgent, SaysFirstWhatItWillDo) {
  std::ofstream(directory_.path() / "dev/nvme0n1") << std::string(8192, 'x');
  const auto said = run("--exercise --dry-run");
  EXPECT_EQ(said.exit_code, 0) << said.errors;
  EXPECT_THAT(said.output, HasSubstr("0000:03:00.0: reads 4096 bytes of /dev/nvme0n1"));
  const auto done = run("--exercise -v");
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_EQ(done.errors, said.output);
  EXPECT_THAT(done.output, HasSubstr("4096 bytes came"));
  EXPECT_THAT(run("--exercise --format json").output, HasSubstr("\"source\": \"exercise\""));
}

TEST_F(ExercisingAgent, WithoutTheNodeNothingIsShown) {
  const auto done = run("--exercise --format json");
  EXPECT_EQ(done.exit_code, 0) << "what was seen before still counts";
  EXPECT_THAT(done.output, HasSubstr("cannot be opened: No such file or directory"));
}

TEST_F(ExercisingAgent, IsAskedForByNameOnly) {
  std::ofstream(directory_.path() / "dev/nvme0n1") << std::string(8192, 'x');
  EXPECT_THAT(run("-v").output, ::testing::Not(HasSubstr("exercise")));
  EXPECT_EQ(run("--dry-run").exit_code, 2);
  ProcessRequest request;
  request.program = AGENT;
  request.arguments = {"--exercise"};
  EXPECT_EQ(run_process(request).exit_code, 2);
}

}  // namespace
}  // namespace vfio_doctor
