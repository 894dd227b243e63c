# SPDX-License-Identifier: GPL-2.0-or-later

# Debian and openSUSE install <kainjow/mustache.hpp>, Arch, Fedora and Alpine <mustache.hpp>: the same file.
find_path(MUSTACHE_INCLUDE_DIR NAMES kainjow/mustache.hpp mustache.hpp REQUIRED)
if(NOT EXISTS ${MUSTACHE_INCLUDE_DIR}/kainjow/mustache.hpp)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/mustache/kainjow)
  file(CREATE_LINK ${MUSTACHE_INCLUDE_DIR}/mustache.hpp ${CMAKE_BINARY_DIR}/mustache/kainjow/mustache.hpp SYMBOLIC)
  set(MUSTACHE_INCLUDE_DIR ${CMAKE_BINARY_DIR}/mustache CACHE PATH "" FORCE)
endif()
