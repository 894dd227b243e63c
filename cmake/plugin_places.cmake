# SPDX-License-Identifier: GPL-2.0-or-later

# Where plugins are looked for: three places whatever the prefix, so that who packages a plugin need not know how this program
# was built, and the one of this prefix. An earlier place wins over a later one with a plugin of the same name, so that an
# administrator can replace what a package brought.
set(places /etc/vfio-doctor/checks.d /usr/local/lib/vfio-doctor/checks.d /usr/lib/vfio-doctor/checks.d
    ${CMAKE_INSTALL_PREFIX}/lib/vfio-doctor/checks.d)
list(REMOVE_DUPLICATES places)
list(JOIN places "\", \"" VFIO_DOCTOR_PLUGIN_PLACES)
set(VFIO_DOCTOR_PLUGIN_PLACES "\"${VFIO_DOCTOR_PLUGIN_PLACES}\"")
