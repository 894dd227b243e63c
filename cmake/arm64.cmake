# SPDX-License-Identifier: GPL-2.0-or-later
# To build the guest agent, which stands on no library, for arm64 on another machine:
#   cmake --preset release -B build-arm64 -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake && cmake --build build-arm64 -t vfio-guest-agent
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# What the build looks for, and the agent does not link, may be this machine's.
file(GLOB this_machine /usr/lib/*-linux-gnu/cmake /usr/lib/*-linux-gnu)
set(CMAKE_PREFIX_PATH ${this_machine})
set(CMAKE_LIBRARY_PATH ${this_machine})
