# SPDX-License-Identifier: GPL-2.0-or-later
# What `cmake --install` puts where, that a plugin can be built with CMake and with pkg-config from it, and that `uninstall` takes
# all of it away again.
# usage: install_test.sh CMAKE BUILD_DIRECTORY COMPILER
set -eu
cmake=$1 build=$2 compiler=$3
fail() { echo "FAILED: $1" >&2; exit 1; }
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# With DESTDIR, as a packager does it; the build directory stays as it is but for its list of installed files.
prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
DESTDIR=$directory "$cmake" --install "$build" >"$directory/log" || { tail "$directory/log"; fail "cmake --install"; }
root=$directory$prefix
for file in bin/vfio-doctor bin/vfio-guest-agent share/man/man1/vfio-doctor.1 share/man/man1/vfio-guest-agent.1 \
    share/bash-completion/completions/vfio-doctor share/bash-completion/completions/vfio-guest-agent \
    share/fish/vendor_completions.d/vfio-doctor.fish share/zsh/site-functions/_vfio-doctor share/zsh/site-functions/_vfio-guest-agent \
    share/vfio-doctor/schema/report-1.json share/vfio-doctor/schema/facts-1.json share/doc/vfio-doctor/verdicts.md \
    share/doc/vfio-doctor/checks/iommu_active.md share/doc/vfio-doctor/plugins.md include/vfio_doctor_plugin.hpp \
    share/pkgconfig/vfio-doctor.pc share/cmake/vfio-doctor/vfio-doctor-config.cmake; do
  [ -f "$root/$file" ] || fail "$file is not installed"
done
[ -d "$root/lib/vfio-doctor/checks.d" ] || fail "the directory for plugins is not there"

# A program that finds the header by way of what was installed.
mkdir "$directory/plugin"
cat >"$directory/plugin/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(plugin CXX)
find_package(vfio-doctor REQUIRED)
add_executable(plugin plugin.cpp)
target_link_libraries(plugin PRIVATE vfio-doctor::plugin)
message(STATUS "checks: ${vfio-doctor_CHECKS_DIR}")
END
cat >"$directory/plugin/plugin.cpp" <<'END'
#include <vfio_doctor_plugin.hpp>
int main() { return vfio_doctor_plugin::protocol == 1 ? 0 : 1; }
END
"$cmake" -G Ninja -S "$directory/plugin" -B "$directory/plugin/build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$root" \
  >"$directory/plugin.log" 2>&1 && "$cmake" --build "$directory/plugin/build" >>"$directory/plugin.log" 2>&1 ||
  { tail -n 20 "$directory/plugin.log"; fail "find_package(vfio-doctor)"; }
grep -q "checks: /usr/lib/vfio-doctor/checks.d" "$directory/plugin.log" || fail "vfio-doctor_CHECKS_DIR"
"$directory/plugin/build/plugin" || fail "the plugin does not run"
export PKG_CONFIG_PATH=$root/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$directory
[ "$(pkg-config --variable=checksdir vfio-doctor)" != "" ] || fail "pkg-config --variable=checksdir"
"$compiler" -std=c++17 $(pkg-config --cflags vfio-doctor) -fsyntax-only "$directory/plugin/plugin.cpp" || fail "pkg-config --cflags"
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR

DESTDIR=$directory "$cmake" --build "$build" --target uninstall >"$directory/log" || { tail "$directory/log"; fail uninstall; }
left=$(find "$root" -type f -o -type l)
[ -z "$left" ] || fail "uninstall leaves: $left"
echo ok
