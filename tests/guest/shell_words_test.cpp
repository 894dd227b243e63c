// SPDX-License-Identifier: GPL-2.0-or-later
// Scripts that start QEMU: what stands in variables, lists and comments, and what only the shell knows.
#include "facts/domain/shell_words.hpp"

#include <gmock/gmock.h>

#include "base/input_error.hpp"
#include "facts/domain/other_forms.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

Domain script(const std::string& text) { return parse_domain(text, "start.sh", machine("")); }

std::string sources(const Domain& domain) {
  std::string all;
  for (const auto& device : domain.hostdevs)
    all += (all.empty() ? "" : " ") + device.source.text() + "@" + std::to_string(device.line);
  return all + (domain.unresolved.empty() ? "" : " and more") + (domain.faults.empty() ? "" : " and faults");
}

TEST(ShellWords, WhatStandsInVariablesIsTaken) {
  EXPECT_EQ(sources(script(
                "#!/bin/sh\nOPTS=\"-cpu host\"\nOPTS=\"$OPTS -device vfio-pci,host=41:00.0\"\nqemu-system-x86_64 $OPTS\n")),
            "0000:41:00.0@3");
  EXPECT_EQ(sources(script("O='-m 8G'\nO+=' -device vfio-pci,host=41:00.0'\nsudo qemu-system-x86_64 ${O}\n")),
            "0000:41:00.0@2");
  EXPECT_EQ(sources(script("args=(\n  -m 8G\n  -device vfio-pci,host=41:00.0\n)\nargs+=(-device \"vfio-pci,host=42:00.1\")\n"
                           "exec qemu-system-x86_64 \"${args[@]}\"\n")),
            "0000:41:00.0@3 0000:42:00.1@5");
  EXPECT_EQ(sources(script("GPU=41:00.0\nqemu-system-x86_64 -device vfio-pci,host=$GPU -device vfio-pci,host=${GPU%.0}.1\n")),
            "0000:41:00.0@2 and more");
  EXPECT_EQ(sources(script("declare -a list=( -device vfio-pci,host=41:00.0 )\nQEMU=/opt/qemu/bin/qemu-system-x86_64\n"
                           "$QEMU ${list[*]}\n")),
            "0000:41:00.0@1");
  EXPECT_EQ(sources(script("[Service]\nEnvironment=\"OPTS=-device vfio-pci,host=41:00.0\"\n"
                           "ExecStart=/usr/bin/qemu-system-x86_64 -M q35 $OPTS\n")),
            "0000:41:00.0@2");
}

TEST(ShellWords, WhatOnlyTheShellKnowsIsToldSo) {
  for (const auto* text : {"qemu-system-x86_64 -M q35 \"$@\"\n", "qemu-system-x86_64 -nographic $EXTRA\n",
                           "qemu-system-x86_64 -device vfio-pci,host=$GPU\n", "qemu-system-x86_64 -device $DEVICE\n",
                           "qemu-system-x86_64 -M q35 $(cat devices)\n", "qemu-system-x86_64 -readconfig $CONFIG\n"}) {
    const auto domain = script(text);
    EXPECT_FALSE(domain.unresolved.empty()) << text;
    EXPECT_TRUE(domain.faults.empty()) << text;
    EXPECT_TRUE(domain.takes_anything()) << text;
  }
  for (const auto* text :
       {"qemu-system-x86_64 -smp $(nproc) -m $RAM -drive file=$DISK,if=virtio -name \"$NAME\"\n",
        "qemu-system-x86_64 -m 1G & echo $! | tee pid\n",
        "qemu-system-x86_64 -device virtio-net-pci,mac=$MAC,netdev=n\necho $? \"$@\"\n", "qemu-system-x86_64 -m 8G # $OTHERS\n",
        "qemu-system-x86_64 -hda a.img `# the disk` \\\n -hdb b.img `# another`\n"})
    EXPECT_EQ(sources(script(text)), "") << text;
}

/// Which branch is run is not known: what any of them takes may be taken.
TEST(ShellWords, BranchesCountAllOfThem) {
  const std::string gpu = "  O=\"-m 4G -device vfio-pci,host=41:00.0\"\n", none = "  O=\"-vga virtio\"\n",
                    run = "qemu-system-x86_64 $O\n";
  EXPECT_EQ(sources(script("if [ \"$1\" = gpu ]; then\n" + gpu + "else\n" + none + "fi\n" + run)), "0000:41:00.0@2");
  EXPECT_EQ(sources(script("if [ \"$1\" = gpu ]; then\n" + gpu + "else\n" + gpu + "fi\n" + run)), "0000:41:00.0@4");
  EXPECT_EQ(sources(script("case $1 in\n gpu)\n" + gpu + "  ;;\n *)\n" + none + "  ;;\nesac\n" + run)), "0000:41:00.0@3");
  EXPECT_EQ(sources(script("O='-m 4G'\nif [ $x ]; then\n  O=\"$O -device vfio-pci,host=41:00.0\"\nfi\nO=\"$O -S\"\n" + run)),
            "0000:41:00.0@3");
  EXPECT_EQ(sources(script(gpu + none + run)), "") << "the last one counts where there is no branch";
  const auto choice =
      script("if true; then\n  G=41:00.0\nelse\n  G=42:00.0\nfi\nqemu-system-x86_64 -device vfio-pci,host=$G\n");
  EXPECT_EQ(choice.unresolved.size(), 1u);
  EXPECT_TRUE(choice.faults.empty());
}

TEST(ShellWords, TheCommandThatStartsTheGuestCounts) {
  EXPECT_EQ(sources(
                script("need qemu-system-x86_64 socat\nL=41:00.0\nqemu-system-x86_64 -device vfio-pci,host=$L\necho -device "
                       "vfio-pci,host=$x\n")),
            "0000:41:00.0@3");
  EXPECT_EQ(sources(script(
                "if true; then\n qemu-system-x86_64 -m 1G\nelse\n qemu-system-x86_64 -device vfio-pci,host=41:00.0\nfi\n")),
            "0000:41:00.0@4");
  EXPECT_EQ(sources(
                script("if true; then\n kvm -device vfio-pci,host=41:00.0\nelse\n kvm -device vfio-pci,host=42:00.0\nfi\n")),
            "0000:41:00.0@2 and more");
  EXPECT_EQ(sources(script("qemu-system-x86_64\n-m 1G\n-device\nvfio-pci,host=41:00.0\n")), "0000:41:00.0@4") << "one a line";
  const auto counted = script(
      "qemu-system-x86_64 -device pcie-root-port,id=p$i -device pcie-root-port,id=p$i -device "
      "vfio-pci,host=41:00.0,bus=p1\n");
  EXPECT_TRUE(counted.faults.empty()) << counted.faults.front().what;
}

TEST(ShellWords, ACommandMayBeOneWord) {
  EXPECT_EQ(sources(script("bash -c \"qemu-system-x86_64 -M q35 -device vfio-pci,host=41:00.0\"\n")), "0000:41:00.0@1");
  EXPECT_EQ(sources(script("O='-device vfio-pci,host=41:00.0'\nscreen -dmS vm sh -c \"exec qemu-system-x86_64 $O\"\n")),
            "0000:41:00.0@2");
}

TEST(ShellWords, WhatIsCommentedOutIsNotTaken) {
  EXPECT_EQ(sources(script("args=(\n  # -device vfio-pci,host=3e:00.0\n  -device vfio-pci,host=41:00.0 # the card\n)\n"
                           "qemu-system-x86_64 \"${args[@]}\"\n")),
            "0000:41:00.0@3");
  EXPECT_EQ(sources(script("# OPTS=\"-device vfio-pci,host=41:00.0\"\nqemu-system-x86_64 -M q35 -append 'a#b'\n")), "");
  EXPECT_EQ(sources(script("A='-device vfio-pci,host=41:00.0'\nB='-m 8G'\nqemu-system-x86_64 $B\n")), "") << "nobody uses it";
}

TEST(ShellWords, APlainNameIsAProgramOnlyWhereACommandBegins) {
  for (const auto* text :
       {"virsh start --type kvm\n", "ansible-playbook kvm.yml kvm\n", "virsh attach-device wind qemu --live\n"})
    EXPECT_THROW(script(text), InputError) << text;
  for (const auto* text : {"kvm -device vfio-pci,host=41:00.0\n", "sudo kvm -device vfio-pci,host=41:00.0\n",
                           "cd / && kvm -device vfio-pci,host=41:00.0\n", "/usr/bin/kvm -device vfio-pci,host=41:00.0\n"})
    EXPECT_EQ(sources(script(text)), "0000:41:00.0@1") << text;
  EXPECT_EQ(sources(script("modprobe vfio-pci\nkvm -device vfio-pci,host=41:00.0\n")), "0000:41:00.0@2");
}

/// What is no definition that is read here takes nothing that could be seen, and is not said to take nothing.
TEST(ShellWords, OtherFilesAreRefusedOrHavePartsThatAreNotRead) {
  const auto parsed = [](const std::string& text, const std::string& name) { return parse_domain(text, name, machine("")); };
  EXPECT_THROW(parsed("guest_os=\"x\"\nextra_args=\"-device vfio-pci,host=41:00.0\"\n", "quick.conf"), InputError);
  EXPECT_THROW(parsed("loader=\"uefi\"\npassthru0=\"65/0/0\"\n", "other.conf"), InputError);
  EXPECT_THROW(parsed("[pci]\nalias = { \"vendor_id\":\"8086\" }\n", "nova.conf"), InputError);
  EXPECT_THROW(parsed("vm:\n  cards:\n    - \"0000:41:00.0\"\n", "vm.yaml"), InputError);
  EXPECT_EQ(parsed("cores: 4\nnet0: virtio,bridge=vmbr0\n", "100.conf").hostdevs.size(), 0u);
  const auto unread = [&](const std::string& text) { return parsed(text, "vm.yaml").unresolved.size(); };
  EXPECT_EQ(unread("services:\n  vm:\n    environment:\n      ARGUMENTS: \"-device vfio-pci,host=41:00.0\"\n"), 1u);
  EXPECT_EQ(unread("config:\n  raw.qemu.conf: |-\n    [device \"x\"]\n    driver = \"vfio-pci\"\n    host = \"41:00.0\"\n"),
            1u);
  EXPECT_EQ(unread("kind: VirtualMachine\nmetadata:\n  annotations:\n    hooks.kubevirt.io/hookSidecars: '[{}]'\n"), 1u);
  EXPECT_EQ(unread("devices:\n  root:\n    type: disk\n    path: /\n"), 0u);
  const auto raw = parsed("config:\n  raw.qemu: -device vfio-pci,host=41:00.0\ndevices:\n  root:\n    type: disk\n", "vm.yaml");
  EXPECT_EQ(sources(raw), "0000:41:00.0@2");
}

/// A running QEMU's words went through no shell.
TEST(ShellWords, WordsOfARunningProgramAreTakenAsTheyStand) {
  const std::string running("qemu-system-x86_64\0-name\0$x\0-device\0vfio-pci,host=41:00.0\0", 58);
  const auto domain = parse_qemu_command_line(running, "/proc/9/cmdline");
  EXPECT_EQ(domain.hostdevs.size(), 1u);
  EXPECT_EQ(domain.name, "$x");
}

}  // namespace
}  // namespace vfio_doctor
