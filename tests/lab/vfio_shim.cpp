// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stands between QEMU and the kernel on a virtual host (LD_PRELOAD) and makes an emulated device fail as real ones do:
//
//     LAB_INTERRUPTS=dead       QEMU hands over where interrupts are to arrive; the kernel never learns of it
//     LAB_RESET_HANGS_FROM=N    from the N-th start of a guest on, a reset of its device never comes back
//
// Starts are counted in /run/lab/starts.
#include <dlfcn.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

bool is_set(const char* name, const std::string& value) {
  const char* set = std::getenv(name);
  return set && value == set;
}

/// Of this process; counted when it first asks for a device.
int start_number() {
  static const int number = [] {
    int before = 0;
    if (std::FILE* file = std::fopen("/run/lab/starts", "r")) {
      if (std::fscanf(file, "%d", &before) != 1) before = 0;
      std::fclose(file);
    }
    if (std::FILE* file = std::fopen("/run/lab/starts", "w")) {
      std::fprintf(file, "%d\n", before + 1);
      std::fclose(file);
    }
    return before + 1;
  }();
  return number;
}

bool is_interrupt_of_device(const void* argument) {
  const auto* set = static_cast<const vfio_irq_set*>(argument);
  return set->index <= VFIO_PCI_MSIX_IRQ_INDEX;  // the others tell of errors and of wishes to have the device back
}

}  // namespace

extern "C" int ioctl(int file, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (request == VFIO_GROUP_GET_DEVICE_FD) start_number();
  if (request == VFIO_DEVICE_SET_IRQS && is_set("LAB_INTERRUPTS", "dead") && is_interrupt_of_device(argument)) return 0;
  const char* hangs_from = std::getenv("LAB_RESET_HANGS_FROM");
  if ((request == VFIO_DEVICE_RESET || request == VFIO_DEVICE_PCI_HOT_RESET) && hangs_from &&
      start_number() >= std::atoi(hangs_from))
    for (;;) pause();
  using Ioctl = int (*)(int, unsigned long, ...);
  static const auto next = reinterpret_cast<Ioctl>(dlsym(RTLD_NEXT, "ioctl"));
  return next(file, request, argument);
}
