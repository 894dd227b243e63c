# SPDX-License-Identifier: GPL-2.0-or-later

# A room is a folder of sources with a static library of its own, named after the folder ('/' written '_').
#   add_room(FOLDER [ON ROOM...] [FILES HEADER...] [SOURCES FILE...])
# ON: the rooms it may include from, and those that they may include from. FILES: single headers besides. Everything else
# is a wall: an include across it is a build error (cmake/check_walls.cmake). SOURCES: made by the build.
# The arrows of the whole house stand in CMakeLists.txt.
function(add_room folder)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "ON;FILES;SOURCES")
  string(REPLACE "/" "_" target ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.hpp)
  set(allowed ${folder} ${ROOM_FILES})
  set(libraries "")
  foreach(room ${ROOM_ON})
    string(REPLACE "/" "_" library ${room})
    list(APPEND libraries ${library})
    get_property(reach GLOBAL PROPERTY ROOM_REACH_${room})
    if(NOT reach)
      message(FATAL_ERROR "${folder} stands on ${room}, which is no room yet: the arrows run one way")
    endif()
    list(APPEND allowed ${reach})
  endforeach()
  list(REMOVE_DUPLICATES allowed)
  set_property(GLOBAL PROPERTY ROOM_REACH_${folder} "${allowed}")
  list(JOIN allowed " " words)
  set_property(GLOBAL APPEND_STRING PROPERTY ROOM_ARROWS "${folder}: ${words}\n")
  check_walls(${target} "${allowed}" ${sources} ${headers})
  add_library(${target} STATIC ${sources} ${headers} ${ROOM_SOURCES} ${CMAKE_BINARY_DIR}/walls/${target})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC ${libraries})
endfunction()

# Before anything of TARGET is compiled, every include of FILES must lie in ALLOWED.
function(check_walls target allowed)
  set(stamp ${CMAKE_BINARY_DIR}/walls/${target})
  add_custom_command(
    OUTPUT ${stamp}
    COMMAND ${CMAKE_COMMAND} "-DALLOWED=${allowed}" "-DFILES=${ARGN}" -DSTAMP=${stamp} -DROOT=${CMAKE_SOURCE_DIR}
            -P ${CMAKE_SOURCE_DIR}/cmake/check_walls.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/check_walls.cmake
    COMMENT "Walls of ${target}"
    VERBATIM)
endfunction()

# add_check_group(GROUP ON ROOM...): the room checks/GROUP; each table NAME.tsv in it is there as the text NAME_table.
function(add_check_group group)
  file(GLOB tables CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/checks/${group}/*.tsv)
  set(made "")
  foreach(table ${tables})
    get_filename_component(name ${table} NAME_WE)
    embed_text(${table} ${CMAKE_BINARY_DIR}/pages/table_${group}_${name}.cpp ${name}_table)
    list(APPEND made ${CMAKE_BINARY_DIR}/pages/table_${group}_${name}.cpp)
  endforeach()
  add_room(checks/${group} ${ARGN} SOURCES ${made})
endfunction()

# Writes OUTPUT, a C++ source that defines VARIABLE (std::string_view in namespace vfio_doctor) with the text of INPUT.
function(embed_text input output variable)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DVARIABLE=${variable}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake
    DEPENDS ${input} ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake
    VERBATIM)
endfunction()
