# SPDX-License-Identifier: GPL-2.0-or-later
# Runs at build time: fails where one of FILES includes a header of the project that lies in none of ALLOWED (folders,
# which stand for their own files and not for folders in them, and single headers). Writes STAMP when all is well.
cmake_minimum_required(VERSION 3.22)
foreach(file ${FILES})
  file(STRINGS ${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*\"[^\"]+/[^\"]+\"")
  foreach(line ${lines})
    string(REGEX REPLACE ".*\"([^\"]+)\".*" "\\1" header "${line}")
    get_filename_component(folder ${header} DIRECTORY)
    if(NOT folder IN_LIST ALLOWED AND NOT header IN_LIST ALLOWED)
      file(RELATIVE_PATH name ${ROOT} ${file})
      string(REPLACE ";" " " words "${ALLOWED}")
      message(FATAL_ERROR "${name} includes ${header}: that is across a wall. It may include from: ${words}")
    endif()
  endforeach()
endforeach()
file(WRITE ${STAMP} "")
