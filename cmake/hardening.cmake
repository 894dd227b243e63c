# SPDX-License-Identifier: GPL-2.0-or-later
#
# Both programs parse what strangers wrote, as root: what the compiler and the linker offer against a slip there is on by
# default. A distribution that sets the same flags itself (dpkg-buildflags, %optflags) keeps its own where they differ.
# tests/hardening reads the result from the programs.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)

option(VFIO_DOCTOR_HARDENING "Build with what the compiler and the linker offer against exploitation" ON)
if(NOT VFIO_DOCTOR_HARDENING)
  return()
endif()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)  # read by the test

function(harden_if_known flag)
  string(MAKE_C_IDENTIFIER "takes${flag}" known)
  check_cxx_compiler_flag(${flag} ${known})
  if(${known})
    add_compile_options(${flag})
  endif()
endfunction()
harden_if_known(-fPIE)  # not CMake's property, which would make slower -fPIC of it in the libraries
harden_if_known(-fstack-protector-strong)
harden_if_known(-fstack-clash-protection)
harden_if_known(-fcf-protection)  # x86 alone
add_compile_definitions(_GLIBCXX_ASSERTIONS)

# Needs optimization, hides errors from sanitizers, and must not be defined twice.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}} $ENV{CPPFLAGS}")
if(flags MATCHES "-O[1-3sgz]|-Ofast" AND NOT VFIO_DOCTOR_SANITIZE AND NOT flags MATCHES "_FORTIFY_SOURCE|-fhardened")
  set(CMAKE_REQUIRED_FLAGS "-O1 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_cxx_source_compiles("#include <cstring>
    int main(int, char** words) { char text[8]; std::strncpy(text, words[0], 7); return text[0]; }" takes_fortify_3)
  unset(CMAKE_REQUIRED_FLAGS)
  # Some compilers define it of themselves: take that away first.
  add_compile_options(-U_FORTIFY_SOURCE $<IF:$<BOOL:${takes_fortify_3}>,-D_FORTIFY_SOURCE=3,-D_FORTIFY_SOURCE=2>)
endif()

set(hardened_linking LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
add_link_options(${hardened_linking} $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:$<IF:$<BOOL:${VFIO_DOCTOR_STATIC}>,-static-pie,-pie>>)
