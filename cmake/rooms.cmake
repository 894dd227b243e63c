# SPDX-License-Identifier: GPL-2.0-or-later

# A room's headers are found as "room/header.hpp" only by those who link the room: each room gets an include
# directory of its own that holds nothing but a link to it. An include against the arrows is a build error.
function(add_room_headers target room)
  set(door ${CMAKE_BINARY_DIR}/rooms/${room})
  file(MAKE_DIRECTORY ${door})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${room} ${door}/${room} SYMBOLIC)
  target_include_directories(${target} PUBLIC ${door})
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
