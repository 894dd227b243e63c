// SPDX-License-Identifier: GPL-2.0-or-later
// The acts that ask a device node. Structures that no header of every distribution has are written out here.
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/descriptor.hpp"
#include "base/text.hpp"
#include "exercise/perform.hpp"

namespace vfio_doctor {
namespace {

using Result = GuestExercise::Result;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

/// struct drm_version of include/uapi/drm/drm.h, DRM_IOCTL_VERSION.
struct DrmVersion {
  int major, minor, patch;
  std::size_t name_length;
  char* name;
  std::size_t date_length;
  char* date;
  std::size_t description_length;
  char* description;
};
/// struct hda_verb_ioctl of include/sound/hda_hwdep.h, HDA_IOCTL_VERB_WRITE.
struct HdaVerb {
  std::uint32_t verb, answer;
};

template <class Request, class Argument>
int ask_as(int (*call)(int, Request, ...), int fd, unsigned long request, Argument* argument) {
  return call(fd, static_cast<Request>(request), argument);
}
/// glibc takes the request as unsigned long, musl as int.
template <class Argument>
int ask(int fd, unsigned long request, Argument* argument) {
  return ask_as(::ioctl, fd, request, argument);
}

}  // namespace

Outcome read_block(const Act& act, const Stage& stage) {
  Outcome refused;
  // A file that stands for a disk may lie on a file system that knows no O_DIRECT.
  const Descriptor disk(open_node(act, stage, stage.is_live ? O_RDONLY | O_DIRECT : O_RDONLY, refused));
  if (disk.get() < 0) return refused;
  void* memory = nullptr;
  if (::posix_memalign(&memory, act.bytes, act.bytes) != 0) return {Result::undecided, "no memory"};
  const std::unique_ptr<void, Free> block(memory);
  const auto count = ::pread(disk.get(), block.get(), act.bytes, 0);
  if (count < 0) return outcome_of_error("its first block cannot be read", errno);
  if (count == 0) return {Result::undecided, "nothing can be read from it: it is empty"};
  return {Result::worked, std::to_string(count) + " bytes came"};
}

Outcome ask_display(const Act& act) {
  Outcome refused;
  const Descriptor node(open_node(act, {}, O_RDWR, refused));
  if (node.get() < 0) return refused;
  std::array<char, 64> name{};
  DrmVersion version{};
  version.name = name.data();
  version.name_length = name.size() - 1;
  if (ask(node.get(), _IOWR('d', 0x00, DrmVersion), &version) != 0)
    return outcome_of_error("its driver does not answer", errno);
  return {Result::undecided, "its driver " + std::string(name.data()) +
                                 " answers; no engine was started, so that the device works is not shown by this"};
}

Outcome read_descriptor(const Act& act) {
  Outcome refused;
  const Descriptor device(open_node(act, {}, O_RDWR, refused));
  if (device.get() < 0) return refused;
  std::array<unsigned char, 18> answer{};
  usbdevfs_ctrltransfer transfer{};
  transfer.bRequestType = 0x80;  // from the device, standard, to the device (USB 2.0, table 9-2)
  transfer.bRequest = 6;         // GET_DESCRIPTOR
  transfer.wValue = 0x0100;      // the device's
  transfer.wLength = answer.size();
  transfer.timeout = 5000;
  transfer.data = answer.data();
  const int count = ask(device.get(), USBDEVFS_CONTROL, &transfer);
  if (count < 0) return outcome_of_error("it does not tell its descriptor", errno);
  const auto word = [&answer](std::size_t at) { return static_cast<unsigned>(answer[at] | answer[at + 1] << 8); };
  const auto id = hex_text(word(8), 4) + ":" + hex_text(word(10), 4);
  if (static_cast<std::size_t>(count) < answer.size())
    return {Result::failed, "its descriptor has only " + std::to_string(count) + " bytes"};
  if (!act.id.empty() && id != act.id) return {Result::failed, "it now calls itself " + id};
  return {Result::worked, "it told its descriptor"};
}

Outcome ask_codec(const Act& act) {
  Outcome refused;
  const Descriptor node(open_node(act, {}, O_RDWR, refused));
  if (node.get() < 0) return refused;
  // HDA specification 1.0a, 7.3.4.1: verb f00 (get parameter), parameter 0 (vendor and device id) of the root node.
  HdaVerb verb{0xf00U << 8, 0};
  if (ask(node.get(), _IOWR('H', 0x11, HdaVerb), &verb) != 0) return outcome_of_error("it does not answer", errno);
  const auto known = parse_unsigned(act.id.starts_with("0x") ? act.id.substr(2) : act.id, 16);
  if (verb.answer == 0xffffffff || verb.answer == 0) return {Result::failed, "it does not answer"};
  if (known && *known != verb.answer)
    return {Result::failed, "it calls itself " + hex_text(verb.answer, 8) + ", which it did not when it was found"};
  return {Result::worked, "it told its ids, " + hex_text(verb.answer, 8)};
}

}  // namespace vfio_doctor
