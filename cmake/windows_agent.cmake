# SPDX-License-Identifier: GPL-2.0-or-later
# The agent for Windows guests, cross-compiled; see guest-agent/windows.
option(VFIO_DOCTOR_WINDOWS_AGENT "Build vfio-guest-agent.exe too (needs g++-mingw-w64-x86-64-posix)" OFF)
if(NOT VFIO_DOCTOR_WINDOWS_AGENT)
  return()
endif()
find_program(MINGW_COMPILER x86_64-w64-mingw32-g++-posix REQUIRED)
include(ExternalProject)
get_target_property(json_headers nlohmann_json::nlohmann_json INTERFACE_INCLUDE_DIRECTORIES)
list(GET json_headers 0 json_headers)
if(NOT EXISTS ${json_headers}/nlohmann/json.hpp)
  find_path(json_headers nlohmann/json.hpp REQUIRED)
endif()
# Beside the host's own headers, which the other compiler must not see.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/windows-json)
file(CREATE_LINK ${json_headers}/nlohmann ${CMAKE_BINARY_DIR}/windows-json/nlohmann SYMBOLIC)
ExternalProject_Add(windows-agent
  SOURCE_DIR ${CMAKE_SOURCE_DIR}/guest-agent/windows
  BINARY_DIR ${CMAKE_BINARY_DIR}/guest-agent/windows
  CMAKE_ARGS -DCMAKE_TOOLCHAIN_FILE=${CMAKE_SOURCE_DIR}/cmake/mingw_w64.cmake -DMADE=${CMAKE_BINARY_DIR}/made
             -DJSON_HEADERS=${CMAKE_BINARY_DIR}/windows-json -DVFIO_DOCTOR_WERROR=${VFIO_DOCTOR_WERROR}
             -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
  BUILD_BYPRODUCTS ${CMAKE_BINARY_DIR}/guest-agent/windows/vfio-guest-agent.exe
  BUILD_ALWAYS ON INSTALL_COMMAND "" DEPENDS facts_guest)
install(FILES ${CMAKE_BINARY_DIR}/guest-agent/windows/vfio-guest-agent.exe DESTINATION ${CMAKE_INSTALL_DATADIR}/vfio-doctor)
