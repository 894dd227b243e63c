// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secrets.hpp"

#include <gtest/gtest.h>

#include "facts/platform/kernel_arguments.hpp"

namespace vfio_doctor {
namespace {

TEST(Secrets, AreMaskedBehindKeysThatSaySo) {
  for (const auto& [text, masked] :
       std::initializer_list<std::pair<std::string, std::string>>{{"rd.iscsi.password=kw81 quiet",
                                                                   "rd.iscsi.password=[masked] quiet"},
                                                                  {"RD.ISCSI.PASSWORD=kw81", "RD.ISCSI.PASSWORD=[masked]"},
                                                                  {"inst.sshpw=kw81 inst.vncpassword=kw82",
                                                                   "inst.sshpw=[masked] inst.vncpassword=[masked]"},
                                                                  {"systemd.set_credential=wifi:kw81",
                                                                   "systemd.set_credential=[masked]"},
                                                                  {"url=http://anna:kw81@mirror/x?token=kw82&v=1",
                                                                   "url=http://[masked]@mirror/x?token=[masked]&v=1"},
                                                                  {"netroot=iscsi:anna:kw81@192.0.2.7::3260::iqn",
                                                                   "netroot=iscsi:[masked]@192.0.2.7::3260::iqn"},
                                                                  {"install x tool --token kw81 --fast",
                                                                   "install x tool --token [masked] --fast"},
                                                                  {"--api-key=kw81", "--api-key=[masked]"},
                                                                  {R"({"clientSecret": "kw81 kw82", "a": 1})",
                                                                   R"({"clientSecret": "[masked]", "a": 1})"},
                                                                  {R"(pass="kw81 \"kw82" rest)", R"(pass="[masked]" rest)"},
                                                                  {"password: kw81", "password: [masked]"},
                                                                  {"psk=kw81,kw82", "psk=[masked]"},
                                                                  {"Authorization: Basic kw81==", "Authorization: [masked]"},
                                                                  {"grub.pbkdf2.sha512.10000.AB12", "grub.pbkdf2.[masked]"},
                                                                  {"It has rd.iscsi.password=kw81.",
                                                                   "It has rd.iscsi.password=[masked]."}}) {
    EXPECT_EQ(mask_secrets(text), masked);
    EXPECT_EQ(mask_secrets(masked), masked);
  }
}

TEST(Secrets, AreNotSeenWhereNoneAre) {
  for (const std::string text : {"keyboard=us",
                                 "pci-stub.ids=8086:24f3",
                                 "kvm.ignore_msrs=1",
                                 "rd.luks.key=/boot/x.key:UUID=1",
                                 "hotkey=1",
                                 "iommu.passthrough=1",
                                 "usbcore.authorized_default=2",
                                 "bypass=1",
                                 "compass: north",
                                 "IOAPIC pin: 3",
                                 "the key: see the page",
                                 "file:///etc/fstab",
                                 "video=DP-1:1024x768@60",
                                 "pci=resource_alignment=20@0000:03:00.0;12@0000:04:00.0",
                                 "user@host:/path",
                                 "password",
                                 "tokenize=1",
                                 "pwm=1",
                                 "author=x",
                                 "cryptkey=/dev/sda1:ext4:/key",
                                 "passthrough: on"})
    EXPECT_EQ(mask_secrets(text), text);
}

TEST(Secrets, OfACommandLineAreNotShown) {
  const auto arguments = KernelArguments::parse("\"luks.pw=kw81 kw82\" quiet");
  const auto& argument = arguments.all().front();
  EXPECT_EQ(shown_setting(argument.name, argument.value), "luks.pw=[masked]");
}

}  // namespace
}  // namespace vfio_doctor
