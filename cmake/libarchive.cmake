# SPDX-License-Identifier: GPL-2.0-or-later

# Only who reads or writes a snapshot, or reads an initial RAM disk, loads libarchive (base/archive/libarchive.hpp); the static program
# holds it.
if(VFIO_DOCTOR_STATIC)
  target_link_libraries(base_archive PUBLIC PkgConfig::libarchive)
  return()
endif()
# The name under which programs of this system load it: libarchive.so.13 is what libarchive.so.13.6.2 stands behind.
find_library(LIBARCHIVE_FILE archive HINTS ${libarchive_LIBRARY_DIRS} REQUIRED)
get_filename_component(libarchive_name ${LIBARCHIVE_FILE} REALPATH)
get_filename_component(libarchive_name ${libarchive_name} NAME)
string(REGEX MATCH "^libarchive\\.so\\.[0-9]+" libarchive_soname "${libarchive_name}")
if(NOT libarchive_soname)
  message(FATAL_ERROR "${LIBARCHIVE_FILE}: not a shared libarchive with a version")
endif()
target_include_directories(base_archive SYSTEM PUBLIC ${libarchive_INCLUDE_DIRS})
set_source_files_properties(base/archive/libarchive.cpp PROPERTIES COMPILE_DEFINITIONS VFIO_DOCTOR_LIBARCHIVE="${libarchive_soname}")
target_link_libraries(base_archive PRIVATE ${CMAKE_DL_LIBS})
