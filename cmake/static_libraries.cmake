# SPDX-License-Identifier: GPL-2.0-or-later

# With VFIO_DOCTOR_STATIC the program is one file that needs nothing of the machine it runs on: the archives (.a) of the libraries
# take the place of the shared ones, under the same target names; --version says so. Of libarchive only tar, gzip and
# zstd are used there, so of all the libraries that it can use only zlib and libzstd are linked.
if(NOT ZLIB_VERSION)
  set(ZLIB_VERSION ${ZLIB_VERSION_STRING})  # before CMake 3.26; for --version
endif()
if(NOT libseccomp_FOUND)
  set(libseccomp_VERSION "not used")
endif()
set(linking "")
set(spdlog spdlog::spdlog)
if(NOT VFIO_DOCTOR_STATIC)
  return()
endif()

function(find_archive variable file)
  find_library(${variable} ${file} REQUIRED)
endfunction()
find_archive(LIBARCHIVE_ARCHIVE libarchive.a)
find_archive(LIBZSTD_ARCHIVE libzstd.a)
find_archive(ZLIB_ARCHIVE libz.a)
find_archive(NETTLE_ARCHIVE libnettle.a)
set_property(TARGET PkgConfig::libarchive PROPERTY INTERFACE_LINK_LIBRARIES ${LIBARCHIVE_ARCHIVE} ${LIBZSTD_ARCHIVE} ${ZLIB_ARCHIVE})
set_property(TARGET PkgConfig::nettle PROPERTY INTERFACE_LINK_LIBRARIES ${NETTLE_ARCHIVE})
set_property(TARGET PkgConfig::libzstd PROPERTY INTERFACE_LINK_LIBRARIES ${LIBZSTD_ARCHIVE})
set_property(TARGET ZLIB::ZLIB PROPERTY IMPORTED_LOCATION ${ZLIB_ARCHIVE})
set_property(TARGET pugixml::pugixml PROPERTY INTERFACE_LINK_LIBRARIES pugixml::static)

if(libseccomp_FOUND)
  find_archive(LIBSECCOMP_ARCHIVE libseccomp.a)
  set_property(TARGET PkgConfig::libseccomp PROPERTY INTERFACE_LINK_LIBRARIES ${LIBSECCOMP_ARCHIVE})
endif()

# libpci has no archive; see there.
set(libpci_VERSION "not used")
set(linking "; all of it static")
set_target_properties(PkgConfig::libpci PROPERTIES INTERFACE_LINK_LIBRARIES "" INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_SOURCE_DIR}/cmake/static)

# spdlog and fmt come as headers alone: distributions have no archives of them.
find_package(fmt REQUIRED)
set(spdlog spdlog::spdlog_header_only)
set_property(TARGET spdlog::spdlog_header_only PROPERTY INTERFACE_LINK_LIBRARIES Threads::Threads fmt::fmt-header-only)
