// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/archive/libarchive.hpp"

#include <dlfcn.h>

#include <string>

#include "base/input_error.hpp"

namespace vfio_doctor {
namespace {

#ifdef VFIO_DOCTOR_LIBARCHIVE
/// Never closed: what it hands out lives as long as the program.
void* open_library() {
  void* library = ::dlopen(VFIO_DOCTOR_LIBARCHIVE, RTLD_NOW | RTLD_LOCAL);
  if (!library) throw InputError(std::string("archives need libarchive, which cannot be loaded: ") + ::dlerror());
  return library;
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (!function) throw InputError(std::string("archives need libarchive, and this one is another: ") + ::dlerror());
}

LibArchive load() {
  LibArchive found{};
  void* library = open_library();
#define VFIO_DOCTOR_FIND(name) find(library, #name, found.name);
  VFIO_DOCTOR_LIBARCHIVE_FUNCTIONS(VFIO_DOCTOR_FIND)
  VFIO_DOCTOR_LIBARCHIVE_MORE_FUNCTIONS(VFIO_DOCTOR_FIND)
#undef VFIO_DOCTOR_FIND
  return found;
}
#else
LibArchive load() {
#define VFIO_DOCTOR_TAKE(name) ::name,
#define VFIO_DOCTOR_LEAVE(name) nullptr,
  return {VFIO_DOCTOR_LIBARCHIVE_FUNCTIONS(VFIO_DOCTOR_TAKE) VFIO_DOCTOR_LIBARCHIVE_MORE_FUNCTIONS(VFIO_DOCTOR_LEAVE)};
#undef VFIO_DOCTOR_TAKE
#undef VFIO_DOCTOR_LEAVE
}
#endif

}  // namespace

const LibArchive& libarchive() {
  static const LibArchive library = load();
  return library;
}

}  // namespace vfio_doctor
