# SPDX-License-Identifier: GPL-2.0-or-later

# VFIO_DOCTOR_VERSION_TEXT: what --version says. In a checkout it comes from git: the tag, and behind it how many commits
# have followed and which one this is ("0.2.0", "0.2.0+14.g1a2b3c4", "...+dirty"). A release tarball has no git; scripts/release
# puts the text into the file VERSION. Without either it is the project's version, which then stands for no commit.
function(find_version_text result)
  if(EXISTS ${CMAKE_SOURCE_DIR}/VERSION)
    file(STRINGS ${CMAKE_SOURCE_DIR}/VERSION text LIMIT_COUNT 1)
    set(${result} ${text} PARENT_SCOPE)
    return()
  endif()
  set(${result} ${PROJECT_VERSION} PARENT_SCOPE)
  find_program(GIT_PROGRAM git)
  if(NOT GIT_PROGRAM OR NOT EXISTS ${CMAKE_SOURCE_DIR}/.git)
    return()
  endif()
  execute_process(COMMAND ${GIT_PROGRAM} describe --tags --always --dirty=+dirty --match "v[0-9]*" --abbrev=7
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    return()
  endif()
  # A new commit moves HEAD: configure again then, so that no build carries another one's name.
  execute_process(COMMAND ${GIT_PROGRAM} rev-parse --git-path logs/HEAD WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    OUTPUT_VARIABLE moves OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  get_filename_component(moves "${moves}" ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  if(EXISTS ${moves})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${moves})
  endif()
  if(text MATCHES "^v([0-9.]+)-([0-9]+)-(g[0-9a-f]+)(.*)$")
    string(CONCAT text "${CMAKE_MATCH_1}+${CMAKE_MATCH_2}.${CMAKE_MATCH_3}" "${CMAKE_MATCH_4}")
  elseif(text MATCHES "^v([0-9].*)$")
    set(text ${CMAKE_MATCH_1})
  else()
    set(text ${PROJECT_VERSION}+g${text})
  endif()
  set(${result} ${text} PARENT_SCOPE)
endfunction()

find_version_text(VFIO_DOCTOR_VERSION_TEXT)
message(STATUS "vfio-doctor ${VFIO_DOCTOR_VERSION_TEXT}")
