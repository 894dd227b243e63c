// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <zlib.h>

#include "facts/iommu/vfio.hpp"
#include "facts/platform/platform.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using testing::machine;

std::string packed(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Kernel with_config_gz(const std::string& bytes) {
  return gather_kernel(MemoryRoot({{"/proc/config.gz", {RecordedNode::Kind::file, bytes}}}));
}

TEST(KernelFacts, ReadsTheVersion) {
  const auto version = [](const std::string& release) {
    return gather_kernel(machine("text /proc/sys/kernel/osrelease = " + release)).version;
  };
  EXPECT_TRUE(version("6.1.0-18-amd64").is(KernelVersion{6, 1}));
  EXPECT_TRUE(version("5.19-rc3").is(KernelVersion{5, 19}));
  EXPECT_TRUE(version("6.12").is(KernelVersion{6, 12}));
  for (const std::string rubbish : {"6", "x.y", "6.", "99999999999.1.0", "../../etc", "."})
    EXPECT_TRUE(version(rubbish).is_unreadable()) << rubbish;
  EXPECT_TRUE(
      gather_kernel(machine("text /proc/version = Linux version 6.8.1-arch1 (x@y) #1")).version.is(KernelVersion{6, 8}));
  EXPECT_TRUE(gather_kernel(machine("dir /proc")).version.is_absent());
}

TEST(KernelFacts, ReadsTheConfiguration) {
  const auto kernel = gather_kernel(
      machine("text /proc/sys/kernel/osrelease = 6.8.0\nfile /boot/config-6.8.0\n| # CONFIG_INTEL_IOMMU_DEFAULT_ON is not set\n"
              "| CONFIG_VFIO_PCI=m\n| CONFIG_IOMMU_SUPPORT=y\n| CONFIG_SOUND=m\n"));
  ASSERT_TRUE(kernel.config.has_value());
  EXPECT_EQ(kernel.config->at("VFIO_PCI"), "m");
  EXPECT_FALSE(kernel.config->contains("INTEL_IOMMU_DEFAULT_ON"));
  EXPECT_FALSE(kernel.config->contains("SOUND")) << "only what some check asks for";
  EXPECT_EQ(kernel.config_source, "/boot/config-6.8.0");
}

TEST(KernelFacts, ReadsThePackedConfiguration) {
  const auto kernel = with_config_gz(packed("CONFIG_VFIO_PCI=y\n"));
  EXPECT_EQ(kernel.config->at("VFIO_PCI"), "y");
  EXPECT_EQ(kernel.config_source, "/proc/config.gz");
}

TEST(KernelFacts, BrokenOrEndlessPackedConfigurationsAreUnreadable) {
  const auto whole = packed("CONFIG_VFIO_PCI=y\n" + std::string(100'000, '#'));
  EXPECT_TRUE(with_config_gz(whole.substr(0, whole.size() / 2)).config.is_unreadable());
  EXPECT_TRUE(with_config_gz("no gzip").config.is_unreadable());
  EXPECT_TRUE(with_config_gz("").config.is_unreadable());
  EXPECT_TRUE(with_config_gz(packed(std::string(64 << 20, 'x'))).config.is_unreadable()) << "64 MB out of a few kB";
}

TEST(KernelFacts, AReleaseThatIsAPathIsNotFollowed) {
  const auto kernel = gather_kernel(
      machine("text /proc/sys/kernel/osrelease = 6.1/../../etc/x\ntext /boot/config-6.1/../../etc/x = CONFIG_VFIO_PCI=y\n"));
  EXPECT_TRUE(kernel.config.is_absent());
}

TEST(KernelFacts, KeepsLogLinesThatMatter) {
  const auto kernel = gather_kernel(
      machine("file /run/vfio-doctor/kernel.log\n| <6>[    0.012345] DMAR: IOMMU enabled\n| [    1.0] usb 1-1: new device\n"
              "| [    2.5] AMD-Vi: Interrupt remapping enabled\n| Unknown kernel command line parameters \"x\"\n"));
  EXPECT_THAT(kernel.log.value(), ElementsAre("DMAR: IOMMU enabled", "AMD-Vi: Interrupt remapping enabled",
                                              "Unknown kernel command line parameters \"x\""));
  EXPECT_TRUE(gather_kernel(machine("unreadable /run/vfio-doctor/kernel.log Operation not permitted")).log.is_unreadable());
}

TEST(KernelFacts, RubbishLogsAreBounded) {
  std::string log = "file /run/vfio-doctor/kernel.log\n";
  for (int i = 0; i < 30'000; ++i) log += "| DMAR: again\n";
  log += "| DMAR: " + std::string(10'000, 'x') + "\n";
  const auto kernel = gather_kernel(machine(log));
  EXPECT_LE(kernel.log->size(), 20'000u);
  for (const auto& line : kernel.log.value()) EXPECT_LE(line.size(), 400u);
}

TEST(KernelFacts, TheCommandLine) {
  EXPECT_TRUE(gather_kernel(machine("dir /proc")).arguments.is_absent());
  EXPECT_TRUE(gather_kernel(machine("unreadable /proc/cmdline Permission denied")).arguments.is_unreadable());
  EXPECT_TRUE(gather_kernel(machine("text /proc/cmdline = intel_iommu=on")).arguments->contains({"intel_iommu", "on"}));
}

VfioFacts vfio(const std::string& text) { return gather_vfio(machine(text), std::string("6.8.0")); }

TEST(Vfio, ModulesAreMatchedByTheirWholeName) {
  EXPECT_FALSE(vfio("dir /sys/module/vfio_pci_core").loaded.at("vfio_pci"));
  EXPECT_TRUE(vfio("dir /sys/module/vfio_pci").loaded.at("vfio_pci"));
  const std::string dep = "text /lib/modules/6.8.0/modules.dep = ";
  EXPECT_TRUE(vfio(dep + "kernel/drivers/vfio/pci/vfio-pci.ko.zst: x.ko").pci_driver_installed.is(true));
  EXPECT_TRUE(vfio(dep + "kernel/drivers/vfio/pci/vfio-pci-core.ko: vfio-pci.ko").pci_driver_installed.is(false));
  EXPECT_TRUE(
      vfio("text /lib/modules/6.8.0/modules.builtin = kernel/drivers/vfio/pci/vfio-pci.ko").pci_driver_installed.is(true));
  EXPECT_TRUE(vfio("dir /lib").pci_driver_installed.is_unreadable());
}

TEST(Vfio, ParametersAreYesNoOrNotKnown) {
  const auto unsafe = [](const std::string& value) {
    return vfio("text /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = " + value).allow_unsafe_interrupts;
  };
  EXPECT_TRUE(unsafe("Y").is(true));
  EXPECT_TRUE(unsafe("0").is(false));
  EXPECT_TRUE(unsafe("").is_unreadable());
  EXPECT_TRUE(unsafe("yes").is_unreadable());
  EXPECT_TRUE(vfio("dir /sys").allow_unsafe_interrupts.is_absent());
}

TEST(Vfio, OptionsOfModprobe) {
  const auto option = [](const std::string& text) { return vfio(text).modprobe_unsafe_interrupts; };
  EXPECT_TRUE(option("text /etc/modprobe.d/v.conf = options vfio-iommu-type1 allow_unsafe_interrupts=1").is("1"));
  EXPECT_TRUE(option("text /etc/modprobe.d/v.txt = options vfio_iommu_type1 allow_unsafe_interrupts=1").is_absent());
  EXPECT_TRUE(option("text /etc/modprobe.d/v.conf = # options vfio_iommu_type1 allow_unsafe_interrupts=1").is_absent());
  EXPECT_TRUE(option("text /etc/modprobe.d/v.conf = options vfio_iommu_type1 not_allow_unsafe_interrupts=1").is_absent());
}

}  // namespace
}  // namespace vfio_doctor
