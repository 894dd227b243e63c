# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed; the guest agent's own room installs it.

install(TARGETS vfio-doctor)
install(FILES docs/man/vfio-doctor.1 docs/man/vfio-guest-agent.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(program vfio-doctor vfio-guest-agent)
  install(FILES completions/${program}.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${program})
  install(FILES completions/${program}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  install(FILES completions/${program}.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _${program})
endforeach()

# The place for plugins that is this prefix's own; cmake/plugin_places.cmake has the others.
install(DIRECTORY DESTINATION lib/vfio-doctor/checks.d
        DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# What people read, and what programs read of ours.
file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/checks/*/*.md)
file(GLOB schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/schema/*.json)
install(FILES README.md docs/verdicts.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR}/checks)

# For people who write plugins or read reports with a program (component dev).
include(CMakePackageConfigHelpers)
set(config_directory ${CMAKE_INSTALL_DATADIR}/cmake/vfio-doctor)
configure_file(cmake/vfio-doctor.pc.in ${CMAKE_BINARY_DIR}/vfio-doctor.pc @ONLY)
configure_package_config_file(cmake/vfio-doctor-config.cmake.in ${CMAKE_BINARY_DIR}/vfio-doctor-config.cmake
  INSTALL_DESTINATION ${config_directory} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/vfio-doctor-config-version.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_BINARY_DIR}/vfio-doctor-config.cmake ${CMAKE_BINARY_DIR}/vfio-doctor-config-version.cmake
        DESTINATION ${config_directory} COMPONENT dev)
install(FILES ${CMAKE_BINARY_DIR}/vfio-doctor.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig COMPONENT dev)
install(FILES include/vfio_doctor_plugin.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
install(FILES docs/plugins.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev)
install(FILES ${schemas} ${facts_schema} DESTINATION ${CMAKE_INSTALL_DATADIR}/vfio-doctor/schema COMPONENT dev)

# `cmake --build build --target uninstall` takes away what the last install put there.
add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt
                  -P ${CMAKE_SOURCE_DIR}/cmake/uninstall.cmake VERBATIM)
