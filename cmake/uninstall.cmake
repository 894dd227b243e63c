# SPDX-License-Identifier: GPL-2.0-or-later
# Removes every file that MANIFEST, which `cmake --install` writes, names; below $DESTDIR where that is set, as installing does.
# Directories stay: others may have put something there.
if(NOT EXISTS ${MANIFEST})
  message(FATAL_ERROR "Nothing was installed from this build directory: there is no ${MANIFEST}")
endif()
file(STRINGS ${MANIFEST} files)
foreach(file ${files})
  set(file "$ENV{DESTDIR}${file}")
  if(EXISTS "${file}" OR IS_SYMLINK "${file}")
    message(STATUS "Removing ${file}")
    file(REMOVE "${file}")
  endif()
endforeach()
